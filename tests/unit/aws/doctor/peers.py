"""Servers on loopback, right and wrong ones: every connection in a thread of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders import Files

Says = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NOTHING = b""
PATIENCE = 10.0


@dataclass(frozen=True)
class Tls:
    """How a server speaks TLS: its certificate, and whom it asks for one."""

    server: Files
    clients: Path | None = None  #: CAs; None: no certificate is asked for
    is_optional: bool = False
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    alpn: tuple[str, ...] = ()
    knows: str = ""  #: the only name that it knows
    crl: Path | None = None

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
        made.load_cert_chain(self.server.pem, self.server.key)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made.minimum_version, made.maximum_version = self.oldest, self.newest
        if self.clients:
            made.load_verify_locations(self.clients)
            made.verify_mode = ssl.CERT_OPTIONAL if self.is_optional else ssl.CERT_REQUIRED
        if self.crl:
            made.load_verify_locations(self.crl)
            made.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        if self.alpn:
            made.set_alpn_protocols(list(self.alpn))
        if self.knows:
            made.sni_callback = self._sni
        return made

    def _sni(self, _: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        return (
            None if name == self.knows else ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        )


@contextlib.contextmanager
def listening(says: Says, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A server that does *says* with each connection; its port."""
    listener = socket.create_server((address, port), backlog=50)
    open_: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            says(connection)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
        for connection in open_:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def speaking(tls: Tls, says: Callable[[ssl.SSLSocket], None]) -> Says:
    """The handshake first, then *says*."""
    context = tls.context()

    def shake(connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with context.wrap_socket(connection, server_side=True) as secured:
            says(secured)

    return shake


def answering(answer: bytes, *, anonymous: bytes = NOTHING) -> Callable[[ssl.SSLSocket], None]:
    """Reads a request, and says *answer* to who has a certificate, *anonymous* to who has none."""
    return by_path({}, answer, anonymous)


def by_path(
    answers: dict[str, bytes], otherwise: bytes, anonymous: bytes = NOTHING
) -> Callable[[ssl.SSLSocket], None]:
    """The same, with an answer for each path."""

    def says(connection: ssl.SSLSocket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(9999)
            if not more:
                return
            request += more
        path = request.split(b" ")[1].decode()
        known = connection.getpeercert(binary_form=True) is not None
        connection.sendall(answers.get(path, otherwise) if known else anonymous)
        with contextlib.suppress(OSError):
            connection.unwrap()

    return says


def silent(connection: socket.socket) -> None:
    """Listens until the other side gives up."""
    while connection.recv(9999):
        pass


def dripping(answer: bytes, seconds: float = 0.02) -> Callable[[socket.socket], None]:
    """One octet at a time: no read is ever long in coming."""

    def says(connection: socket.socket) -> None:
        for octet in answer:
            connection.sendall(bytes([octet]))
            time.sleep(seconds)

    return says


def endless(connection: socket.socket) -> None:
    """Headers that never end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An answer as it is on the wire."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


def gateway(status: str, body: bytes, kind: str = "") -> bytes:
    """An answer that API Gateway makes by itself."""
    headers = ["Content-Type: application/json", "x-amzn-RequestId: 1b2c"]
    return response(status, body, *headers, *([f"x-amzn-ErrorType: {kind}"] if kind else []))


def problem(status: str, slug: str) -> bytes:
    """An answer of this project's service."""
    body = f'{{"type": "urn:problem-type:{slug}", "title": "A problem"}}\n'.encode()
    return response(status, body, "Content-Type: application/problem+json")
