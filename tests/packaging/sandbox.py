"""The built function under AWS's own runtime client, as plain processes that can be frozen."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from proxy.client_cert import ClientCert
from proxy.events import event
from proxy.gateway import new_call
from proxy.request import Request, Settings
from stack import runtime
from tests.conftest import free_port, missing
from tests.packaging import package
from tests.packaging.test_contents import pins
from tests.unit.aws.publisher_servers import Reply, serving
from tests.unit.aws.publisher_servers import Request as Asked

HANDLER = "service.lambda_handler.handler"
#: What Lambda's runtime for Python brings, and what that needs.
RUNTIME = (
    *("awslambdaric", "simplejson", "snapshot-restore-py", "boto3", "botocore", "jmespath"),
    *("python-dateutil", "s3transfer", "six", "urllib3"),
)
_PATIENCE = 60.0
Invoke = Callable[[dict[str, Any]], dict[str, Any]]


def install_runtime(folder: Path) -> Path:
    """Put AWS's runtime client and boto3 into *folder*, for the runtime's Python."""
    versions = {**pins("requirements.txt"), **pins("aws/requirements.txt")}
    wanted = [f"{name}=={versions[name]}" for name in RUNTIME]
    pip = [package.runtime_python(), "-m", "pip", "install", "-q", "--no-deps"]
    command = [*pip, "--disable-pip-version-check", "--target", str(folder), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@dataclass
class Sandbox:
    """Processes in a group of their own, that are asked by *invoke*."""

    process: subprocess.Popen[bytes]
    log: Path
    invoke: Invoke

    def answer(self, leaf: x509.Certificate | None, path: str = "/whoami") -> tuple[int, Any]:
        """Status and JSON of what the function answers to a REST API's event."""
        shown = None if leaf is None else ClientCert.from_certificate(leaf)
        request = Request("GET", path, (("Host", "api.example.com"),), b"", "192.0.2.1", shown)
        made = event(request, Settings(), new_call(datetime.now(UTC)))
        assert made is not None
        answered = self.invoke(made)
        return answered["statusCode"], json.loads(answered["body"])

    def says(self, leaf: x509.Certificate) -> str:
        """What a client gets: "200", or the slug of the refusal."""
        status, said = self.answer(leaf)
        return str(status) if status == 200 else str(said["type"]).rpartition(":")[2]

    def health(self) -> str:
        """The state of revocation, as /health has it."""
        return str(self.answer(None, "/health")[1]["revocation"]["state"])

    def freeze(self) -> None:
        """Stop all of it, as Lambda does between two requests."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def problems(self) -> str:
        """What the service has logged about its sources."""
        lines = self.log.read_text().splitlines()
        return "\n".join(line for line in lines if '"problems"' in line)


@contextmanager
def emulated(task: Path, env: Mapping[str, str], log: Path) -> Iterator[Sandbox]:
    """The function in *task* under AWS's emulator."""
    if not runtime.RIE.exists():
        missing(f"{runtime.RIE} is not there: python -m stack test")
    port, api = free_port(), free_port()
    words = [str(runtime.RIE), "--log-level", "error"]
    words += ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    words += ["--runtime-api-address", f"127.0.0.1:{api}"]
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"

    def invoke(asked: dict[str, Any]) -> dict[str, Any]:
        return dict(json.loads(_post(url, json.dumps(asked).encode())))

    with _running([*words, *_client()], task, env, log) as process:
        yield Sandbox(process, log, invoke)


class SnapStart:
    """Lambda's Runtime API, which holds a function at its snapshot until it is restored."""

    def __init__(self) -> None:
        self.snapshot, self.restored = threading.Event(), threading.Event()
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.errors: list[str] = []

    def invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.events.put(asked)
        return self.answers.get(timeout=_PATIENCE)

    def reply(self, asked: Asked) -> Reply | None:
        """As https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html has it."""
        path = asked.target.removeprefix("/2018-06-01/runtime")
        if path == "/restore/next":
            self.snapshot.set()
            self.restored.wait(_PATIENCE)
            return Reply(200)
        if path == "/invocation/next":
            headers = {
                "lambda-runtime-aws-request-id": "1",
                "lambda-runtime-deadline-ms": str(int(time.time() + 28) * 1000),
                "lambda-runtime-invoked-function-arn": "arn:aws:lambda:::function:f",
                "content-type": "application/json",
            }
            return Reply(200, headers, json.dumps(self.events.get()).encode())
        if path.endswith("/response"):
            self.answers.put(json.loads(asked.body))
        else:
            self.errors.append(f"{path}: {asked.body.decode()}")
        return Reply(202)


@contextmanager
def snapshot(task: Path, env: Mapping[str, str], log: Path) -> Iterator[tuple[Sandbox, SnapStart]]:
    """The function at the moment at which Lambda takes a snapshot of it, frozen."""
    lambda_, port = SnapStart(), free_port()
    more = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
    more["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    with (
        serving(port, lambda_.reply),
        _running(_client(), task, {**env, **more}, log) as process,
    ):
        assert lambda_.snapshot.wait(_PATIENCE), log.read_text()
        sandbox = Sandbox(process, log, lambda_.invoke)
        sandbox.freeze()
        yield sandbox, lambda_
        lambda_.restored.set()


def restore(sandbox: Sandbox, lambda_: SnapStart) -> None:
    """Go on from the snapshot."""
    sandbox.thaw()
    lambda_.restored.set()


def _client() -> list[str]:
    return [package.runtime_python(), "-m", "awslambdaric", HANDLER]


@contextmanager
def _running(
    words: list[str], task: Path, env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=task,
            env={"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": str(task), **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_PATIENCE)


def _post(url: str, body: bytes) -> bytes:
    """Once the emulator listens; it is asked again until it does."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, body, timeout=_PATIENCE) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            assert time.monotonic() < deadline
            time.sleep(0.05)
