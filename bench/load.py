"""python -m bench.load: asks on keep-alive connections, and says in JSON how it went.

A process of its own. Every connection has one request under way; while the answer of one is
read, those of the others are in the making, so the server never waits for us.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import ssl
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Connection:
    """One connection; opened anew after a server has ended it. Without *context*: no TLS."""

    def __init__(self, context: ssl.SSLContext | None, port: int, path: str = "/whoami") -> None:
        self._context = context
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode()
        self._socket = self._open()

    def ask(self) -> None:
        """Send one request."""
        self._socket.sendall(self._request)

    def read(self) -> bytes:
        """Return the body of one answer of status 200; RuntimeError for any other."""
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head = bytes(received[: end + 2])
        length = _LENGTH.search(head)
        if length is None or not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"expected 200 with a length, got {head!r}")
        whole = end + 4 + int(length[1])
        while len(received) < whole:
            received += self._receive()
        if b"\r\nConnection: close\r\n" in head:
            self.close()
            self._socket = self._open()
        return bytes(received[end + 4 : whole])

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def _open(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_hostname="localhost")

    def _receive(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data


def client_context(pki_home: Path) -> ssl.SSLContext:
    """TLS as the client `billing` of the PKI in *pki_home*."""
    context = ssl.create_default_context(cafile=pki_home / "ca.pem")
    context.load_cert_chain(pki_home / "clients/billing.pem", pki_home / "clients/billing.key")
    return context


def run(connections: Sequence[Connection], seconds: float) -> dict[str, float]:
    """Keep all *connections* busy for *seconds*; answers per second, and our own CPU share."""
    for connection in connections:
        connection.ask()
    count, started, cpu = 0, time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - started) < seconds:
        for connection in connections:
            connection.read()
            connection.ask()
        count += len(connections)
    result = {"rate": count / elapsed, "share": (time.process_time() - cpu) / elapsed}
    for connection in connections:
        connection.read()
        connection.close()
    return result


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--pki-home", type=Path, help="without it: over plain HTTP")
    parser.add_argument("--path", default="/whoami")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    context = client_context(asked.pki_home) if asked.pki_home else None
    connections = [Connection(context, asked.port, asked.path) for _ in range(asked.connections)]
    json.dump(run(connections, asked.seconds), sys.stdout)


if __name__ == "__main__":
    main()
