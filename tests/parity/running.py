"""The real fronts as processes on free loopback ports, with the echo behind them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.programs import VENV
from stack.runtime import RIE
from stack.settings import ROOT
from tests.conftest import Pki, free_port, missing, require
from tests.e2e.wire import PATIENCE
from tests.parity import bearer
from tests.parity.application import ALLOW
from tests.parity.fronts import API_GATEWAY_ENV

PYTHON = VENV / "bin/python"
APPLICATION = "tests.parity.application"


@dataclass(frozen=True)
class Program:
    """A process that this one has started."""

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for *true*, as long as the program runs."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.01)

    def end(self) -> None:
        """End it, and what it has started, by the session that start() made."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)


@contextmanager
def program(
    log: Path, words: Sequence[str | Path], env: Mapping[str, str] = {}
) -> Iterator[Program]:
    """Run *words*, from the root of the repository; ended by its pid."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "WORKERS": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started = Program(process, log)
    try:
        yield started
    finally:
        started.end()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="parity") as name:
        yield Path(name)


@contextmanager
def service(run_dir: Path, more: Mapping[str, str] = {}) -> Iterator[Path]:
    """gunicorn with the echo; its socket. *more*: of its environment."""
    path = run_dir / "service.sock"
    env = {**ALLOW, **bearer.ENV, "BIND": f"unix:{path}", "CLIENT_CERT_SOURCE": "alb-verify"}
    env |= more
    words: list[str | Path] = [VENV / "bin/gunicorn", "-c", ROOT / "service/gunicorn.conf.py"]
    with program(
        run_dir / "service.log",
        [*words, f"{APPLICATION}:wsgi()"],
        {**env, "TRUSTED_PROXIES": "unix"},
    ) as started:
        started.until(path.exists)
        yield path


@contextmanager
def function(run_dir: Path, more: Mapping[str, str] = {}) -> Iterator[str]:
    """The echo under AWS's runtime client and runtime emulator; the URL to invoke it by.

    *more*: of its environment.
    """
    if not RIE.exists():
        missing(f"{RIE} is not there: python -m stack venv")
    port, api_port = free_port(), free_port()
    words: list[str | Path] = [RIE, "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    words += ["--runtime-api-address", f"127.0.0.1:{api_port}"]
    words += [PYTHON, "-m", "awslambdaric", f"{APPLICATION}.handler"]
    with program(run_dir / "function.log", words, {**API_GATEWAY_ENV, **more}) as started:
        started.until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"


@contextmanager
def gateway(
    run_dir: Path,
    truststore: Path,
    invoke: str,
    payload: str = "1.0",
    *options: str,
    more: Mapping[str, str] = {},
) -> Iterator[Program]:
    """`python -m proxy gateway` on gateway.sock; *more*: of its environment."""
    path = run_dir / "gateway.sock"
    words: list[str | Path] = [PYTHON, "-m", "proxy", "gateway", "--socket", path]
    words += ["--truststore", truststore, "--invoke", invoke, "--payload", payload]
    words += ["--binary-media-types", "*/*", *options]
    with program(run_dir / "gateway.log", words, {**API_GATEWAY_ENV, **more}) as started:
        started.until(path.exists)
        yield started


@dataclass(frozen=True)
class Ports:
    """Where nginx listens."""

    alb: int
    api_gateway: int


@contextmanager
def nginx(
    run_dir: Path, pki: Pki, truststore: Path, service: Path, gateway: Path
) -> Iterator[Ports]:
    """proxy/run start, with both fronts."""
    require("nginx")
    ports = Ports(free_port(), free_port())
    env = {
        "ALB_LISTEN": f"127.0.0.1:{ports.alb}",
        "API_GATEWAY_LISTEN": f"127.0.0.1:{ports.api_gateway}",
        "SERVICE": f"unix:{service}",
        "GATEWAY": f"unix:{gateway}",
        "RUN_DIR": str(run_dir / "proxy"),
        "TRUSTSTORE": str(truststore),
        "SERVER_PEM": str(pki.home / "server/localhost.pem"),
        "SERVER_KEY": str(pki.home / "server/localhost.key"),
    }
    pid = run_dir / "proxy/nginx.pid"
    with program(run_dir / "proxy.log", [ROOT / "proxy/run", "start"], env) as started:
        # nginx writes its pid after it has opened its ports.
        started.until(lambda: pid.exists() and bool(pid.read_text().strip()))
        yield ports


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
