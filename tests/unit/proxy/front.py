"""A gateway on a real unix socket, and clients that say exactly what nginx would, or worse."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxy.gateway import Gateway
from proxy.limits import LARGEST_BODY
from proxy.server import Server
from tests.builders import Holder
from tests.unit.proxy.requests_made import client, escaped

PATIENCE = 20.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


def as_nginx(
    line: str = "GET /v1/x",
    *more: str,
    holder: Holder | None = None,
    address: str = "203.0.113.7",
    body: bytes = b"",
    host: bool = True,
) -> bytes:
    """A request as nginx hands it over."""
    headers = [f"X-Gateway-Client-Cert: {escaped(holder or client())}"]
    headers += [f"X-Gateway-Client-Address: {address}"]
    headers += ["Host: localhost"] if host else []
    headers += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([f"{line} HTTP/1.1", *headers, *more, "", ""]).encode() + body


class Connection:
    """One connection to the gateway, kept open."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, *, head: bool = False) -> Answer:
        status_line = self._stream.readline().decode()
        assert status_line.startswith("HTTP/1.1 "), status_line
        headers = {}
        while (line := self._stream.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if head else int(headers.get("content-length", "0"))
        return Answer(int(status_line.split()[1]), headers, self._stream.read(length))

    def ask(self, data: bytes) -> Answer:
        self.send(data)
        return self.answer(head=data.startswith(b"HEAD"))

    def is_closed(self) -> bool:
        return self._stream.read(1) == b""

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@dataclass(frozen=True)
class Front:
    """A gateway that serves."""

    path: Path
    server: Server

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        connection = Connection(self.path)
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, data: bytes) -> Answer:
        with self.connected() as connection:
            return connection.ask(data)


@contextmanager
def served(gateway: Gateway) -> Iterator[Front]:
    """*gateway* on a socket of its own; stopped in the end."""
    # pytest's own folders can be too deep for a socket's path.
    folder = Path(tempfile.mkdtemp(prefix="gw"))
    server = Server(folder / "s", gateway.handle, largest_body=LARGEST_BODY)
    thread = threading.Thread(target=server.serve, args=(PATIENCE,))
    thread.start()
    try:
        yield Front(folder / "s", server)
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        shutil.rmtree(folder)


def echo(event: Any, _context: Any) -> Any:
    return {"statusCode": 200, "body": json.dumps(event)}


def saying(answer: Any) -> Callable[[Any, Any], Any]:
    return lambda _event, _context: answer
