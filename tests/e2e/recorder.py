"""A server that answers with the very bytes that reached it, and a proxy in front of it."""

from __future__ import annotations

import os
import shutil
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

from stack.settings import ROOT
from tests.builders import Files
from tests.conftest import Pki, free_port, require
from tests.e2e import wire


@dataclass(frozen=True)
class Received:
    """One request as the service would get it."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Received:
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        return cls(line, [(k, v[1:]) for k, _, v in (h.partition(":") for h in lines)], body)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def identity(self) -> dict[str, str]:
        """Every header that could say who the client is, however it is spelled."""
        return {
            name: value
            for name, value in self.headers
            if name.lower().replace("_", "-").startswith(("x-amzn-mtls", "x-amzn-tls"))
        }


class Recorder:
    """Listens on a unix socket; keeps what came, and sends it back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received: list[bytes] = []
        received = self.received

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while raw := _request(self.rfile):
                    received.append(raw)
                    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(raw)
                    self.wfile.write(head if raw.startswith(b"HEAD ") else head + raw)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self._server = Server(str(path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _request(stream: BufferedIOBase) -> bytes:
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        raw += line
    lengths = [
        int(line.split(b":")[1])
        for line in raw.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    return raw + stream.read(sum(lengths))


@dataclass(frozen=True)
class Proxy:
    """The project's nginx, alone, in front of a recorder."""

    port: int
    run_dir: Path
    recorder: Recorder
    ca: Path

    def send(self, request: bytes, client: Files | None) -> Received:
        """What arrived of *request*, which must reach the service."""
        answer = wire.ask(self.port, wire.tls(self.ca, client), request)
        assert answer is not None
        assert answer.status == 200, answer
        return Received.parse(answer.body)


@contextmanager
def proxy_alone(
    pki: Pki,
    folder: Path,
    mtls_mode: str = "verify",
    *,
    conf: Path = ROOT / "proxy",
    more: Mapping[str, str] = {},
) -> Iterator[Proxy]:
    """Run *conf*/run start; ended by its pid."""
    require("nginx")
    recorder = Recorder(folder / "service.sock")
    port = free_port()
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            [conf / "run", "start"],
            env={**environment(pki, folder, port, mtls_mode), **more},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(process, folder)
        yield Proxy(port, folder, recorder, pki.ca)
    finally:
        process.terminate()
        process.wait(wire.PATIENCE)
        recorder.close()


def copy_of_conf(folder: Path) -> Path:
    """The proxy's own files, to be broken."""
    return Path(shutil.copytree(ROOT / "proxy", folder / "proxy"))


def environment(pki: Pki, folder: Path, port: int, mtls_mode: str) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "WORKERS": "1",
        "ALB_LISTEN": f"127.0.0.1:{port}",
        "MTLS_MODE": mtls_mode,
        "RUN_DIR": str(folder / "proxy-run"),
        "SERVICE": f"unix:{folder}/service.sock",
        "TRUSTSTORE": str(pki.truststore),
        "SERVER_PEM": str(pki.home / "server/localhost.pem"),
        "SERVER_KEY": str(pki.home / "server/localhost.key"),
    }


def _wait_for(process: subprocess.Popen[bytes], folder: Path) -> None:
    pid_file = folder / "proxy-run/nginx.pid"
    deadline = time.monotonic() + wire.PATIENCE
    # nginx writes its pid after it has opened its ports.
    while not (pid_file.exists() and pid_file.read_text().strip()):
        assert process.poll() is None, (folder / "proxy.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
