"""Requests per second of our local API Gateway against `sam local start-api`."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stack.errors import StackError
from stack.programs import run
from stack.settings import ROOT, Settings

from .gateway import IN_EMULATOR, IN_PROCESS
from .load import Connection
from .load_turns import CONNECTIONS, load, turn
from .results import Compared, Section, take_turns
from .servers import Front, Servers, free_port

TARGET = 50.0
IMAGE = "public.ecr.aws/lambda/python:3.13"
TITLE = "The local API Gateway against SAM"
ABOUT_ABSENCE = """\
Not measured. It takes Docker with the image `{image}`, and
`SAM=path/to/sam make bench` (aws-sam-cli in a virtual environment of its own)."""
ABOUT = """\
The same function here and in `sam local start-api` ({version}), both warm: `GET /health`, because
SAM cannot hand over a client certificate, on {connections} connections with one request under way
on each. **9443** is over mTLS, and its connections are kept; **sam** is over plain HTTP with
`--warm-containers EAGER --skip-pull-image`, the service and its pinned requirements are in
`{image}`, and it closes each connection."""
_ASKED = ("--path", "/health")
_PATIENCE = 120.0  # seconds: it builds an image of its own
# AWS's image has a bootstrap; one that was made to stand in for it may have only what it starts.
_BOOTSTRAP = """\
#!/bin/sh
[ ! -x /var/runtime/bootstrap ] || exec /var/runtime/bootstrap
exec python3 -m awslambdaric "$_HANDLER"
"""


def require(sam: str) -> None:
    """Raise StackError unless *sam* is a program, and Docker has the image."""
    if shutil.which(sam) is None:
        raise StackError(f"SAM is {sam!r}, which is no program", "SAM=path/to/sam make bench")
    if run("docker", "image", "inspect", IMAGE).returncode:
        raise StackError(f"SAM is set, but Docker has no {IMAGE}", f"docker pull {IMAGE}")


def absent() -> Section:
    """What the page says where it is not measured."""
    return Section(TITLE, ABOUT_ABSENCE.format(image=IMAGE), "", [])


def measure(sam: str, servers: Servers, *, pairs: int, seconds: float) -> Section:
    """Start SAM, warm all up, and take the turns."""
    sam = str(Path(shutil.which(sam) or sam).absolute())
    version = run(sam, "--version").stdout.strip()
    about = ABOUT.format(version=version, connections=CONNECTIONS, image=IMAGE)
    fronts = {IN_EMULATOR: servers.emulator, IN_PROCESS: servers.gateway}
    with _running(sam) as port:
        load(port, 1.0, *_ASKED)
        measured = {what: front for what, front in fronts.items() if front is not None}
        sams, *ours = take_turns(
            pairs,
            lambda: load(port, seconds, *_ASKED)["rate"],
            *(partial(_rate, servers, front, seconds) for front in measured.values()),
        )
    targets = {IN_EMULATOR: TARGET}
    rows = [
        Compared(what, rates, sams, targets.get(what))
        for what, rates in zip(measured, ours, strict=True)
    ]
    return Section(TITLE, about, "requests per second", rows, names=("9443", "sam"))


def _rate(servers: Servers, front: Front, seconds: float) -> float:
    return turn(servers.pki_home, front, seconds, *_ASKED).rate


@contextmanager
def _running(sam: str) -> Iterator[int]:
    port = free_port()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory(prefix="bench-sam-")))
        _make_function(folder / "function")
        (folder / "template.json").write_text(json.dumps(_template()))
        command = [sam, "local", "start-api", "--template", str(folder / "template.json")]
        command += ["--warm-containers", "EAGER", "--skip-pull-image", "--invoke-image", IMAGE]
        command += ["--port", str(port)]
        kept = {k: v for k, v in os.environ.items() if k == "PATH" or k.startswith("DOCKER_")}
        env = {**kept, "HOME": str(folder), "SAM_CLI_TELEMETRY": "0", "LANG": "C.UTF-8"}
        log = folder / "sam.log"
        with log.open("wb") as output:
            child = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
        ends.callback(child.wait, _PATIENCE)
        ends.callback(child.send_signal, signal.SIGINT)  # then it removes its containers
        _wait(port, child, log)
        yield port


def _make_function(folder: Path) -> None:
    """Put the service and its requirements, for the image's Python, into *folder*."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    pip += ["--target", str(folder), "--python-version", "3.13", "--only-binary", ":all:"]
    for libc in ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014"):
        pip += ["--platform", f"{libc}_{_machine('aarch64')}"]
    done = run(*pip, "-r", ROOT / "service/requirements.txt")
    if done.returncode:
        raise RuntimeError(f"pip failed: {done.stderr}")
    shutil.copytree(ROOT / "service", folder / "service")
    (folder / "bootstrap").write_text(_BOOTSTRAP)
    (folder / "bootstrap").chmod(0o755)


def _template() -> dict[str, Any]:
    function = {
        "CodeUri": "function",
        "Handler": "service.lambda_handler.handler",
        "Runtime": "python3.13",
        "Architectures": [_machine("arm64")],
        "Timeout": 29,
        "Environment": {"Variables": {**Settings().allow, "CLIENT_CERT_SOURCE": "api-gateway"}},
        "Events": {"Api": {"Type": "Api", "Properties": {"Path": "/{proxy+}", "Method": "ANY"}}},
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"ApiFunction": {"Type": "AWS::Serverless::Function", "Properties": function}},
    }


def _machine(arm: str) -> str:
    return arm if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def _wait(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers."""
    deadline = time.monotonic() + _PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        try:
            connection = Connection(None, port, "/health")
        except OSError:
            time.sleep(0.2)
            continue
        connection.ask()
        connection.read()
        connection.close()
        return
    raise RuntimeError(f"sam did not start: {log.read_text()}")
