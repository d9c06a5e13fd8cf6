"""Clients that send whatever they are told, and say exactly what came back."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from tests.builders import Files

#: Not measured, only waited for: a peer that says nothing for so long is a failure of its own.
PATIENCE = 20.0
WHOAMI = b"GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The slug of a problem, after which nothing else may be asked."""
        assert self.headers["content-type"] == "application/problem+json"
        return str(self.json()["type"]).removeprefix("urn:problem-type:")


def tls(
    ca: Path,
    client: Files | None = None,
    *,
    version: ssl.TLSVersion | None = None,
    ciphers: str = "ALL",
    alpn: Sequence[str] = ("http/1.1",),
) -> ssl.SSLContext:
    """A context that trusts *ca* and would present anything, however weak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.set_alpn_protocols(list(alpn))
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if client is not None:
        context.load_cert_chain(client.pem, client.key)
    return context


def connect(port: int, context: ssl.SSLContext, session: Any = None) -> ssl.SSLSocket:
    """A connection whose handshake is done on this side; OSError where it is refused already."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    # In TLS 1.3 the server has nothing to say before the request: Nagle would wait for its ACK.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return context.wrap_socket(plain, server_hostname="localhost", session=session)
    except BaseException:
        plain.close()
        raise


def exchange(port: int, context: ssl.SSLContext, request: bytes) -> bytes:
    """Every byte that came back until the peer closed; b"" where it closed without any."""
    received = b""
    try:
        with closing(connect(port, context)) as connection:
            connection.sendall(request)
            while more := connection.recv(65536):
                received += more
    except TimeoutError:
        raise
    except OSError:
        pass
    return received


def exchange_unix(path: Path, request: bytes) -> bytes:
    """The same over a unix socket, without TLS."""
    received = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(request)
        try:
            while more := connection.recv(65536):
                received += more
        except ConnectionResetError:
            pass
    return received


def answers(received: bytes) -> list[Answer]:
    """The responses in *received*, one after the other."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if " 100 " not in status_line:
            found.append(Answer(int(status_line.split()[1]), headers, rest[:length]))
        received = rest[length:]
    return found


def ask(port: int, context: ssl.SSLContext, request: bytes = WHOAMI) -> Answer | None:
    """The first answer, or None where the connection was closed without one."""
    return next(iter(answers(exchange(port, context, request))), None)


def ask_h2(
    port: int,
    context: ssl.SSLContext,
    headers: Sequence[tuple[str, str]],
    body: bytes = b"",
    trailers: Sequence[tuple[str, str]] = (),
    *,
    patience: float = PATIENCE,
) -> Answer | None:
    """The answer to one HTTP/2 request, sent without any check; None where none came.

    nginx's 444 resets the stream of a good request and forgets that of a malformed one; the
    connection stays. Who expects that has *patience* for so many seconds alone.
    """
    try:
        with closing(connect(port, context)) as connection:
            assert connection.selected_alpn_protocol() == "h2"
            connection.settimeout(patience)
            return _Stream(connection).ask(headers, body, trailers)
    except TimeoutError:
        if patience == PATIENCE:
            raise
        return None
    except (OSError, h2.exceptions.ProtocolError):
        return None


def whoami_h2(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """The headers of an honest GET /whoami, and *more*."""
    honest = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost")]
    return [*honest, (":path", "/whoami"), *more]


class _Stream:
    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        config = h2.config.H2Configuration(
            header_encoding="latin-1",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self._h2 = h2.connection.H2Connection(config)
        self._answer: dict[str, str] | None = None
        self._body = b""
        self._done = False

    def ask(
        self,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        trailers: Sequence[tuple[str, str]],
    ) -> Answer | None:
        self._h2.initiate_connection()
        self._h2.send_headers(1, _encoded(headers), end_stream=not body and not trailers)
        self._flush()
        self._send(body, end=not trailers)
        if trailers:
            self._h2.send_headers(1, _encoded(trailers), end_stream=True)
        self._flush()
        while not self._done:
            self._receive()
        if self._answer is None:
            return None
        return Answer(int(self._answer[":status"]), self._answer, self._body)

    def _send(self, body: bytes, *, end: bool) -> None:
        while body and not self._done:
            room = min(self._h2.local_flow_control_window(1), self._h2.max_outbound_frame_size)
            if room == 0:
                self._receive()
                continue
            self._h2.send_data(1, body[:room], end_stream=end and len(body) <= room)
            body = body[room:]
            self._flush()

    def _receive(self) -> None:
        data = self._connection.recv(65536)
        self._done = not data
        for event in self._h2.receive_data(data):
            match event:
                case h2.events.ResponseReceived():
                    self._answer = {str(k): str(v) for k, v in event.headers}
                case h2.events.DataReceived():
                    self._body += event.data
                    self._h2.acknowledge_received_data(event.flow_controlled_length, 1)
                case h2.events.StreamEnded() | h2.events.StreamReset():
                    self._done = True
                case h2.events.ConnectionTerminated():
                    self._done = True
        self._flush()

    def _flush(self) -> None:
        self._connection.sendall(self._h2.data_to_send())


def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]
