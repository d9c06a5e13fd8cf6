"""The two that the publisher talks to, as servers whose answers a test chooses."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import free_port

SIGNED = "X-Amz-Signature=do-not-log-me"


@dataclass(frozen=True)
class Request:
    """What came: the names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What goes back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Answering = Callable[[Request], Reply | None]


class _Handler(BaseHTTPRequestHandler):
    """Answers every method alike; hangs up where the reply is None."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        self.close_connection = True
        if (reply := self.server.answering(request)) is None:
            return
        self.send_response_only(reply.status)
        sent = {"content-length": str(len(reply.body)), **reply.headers, "connection": "close"}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answering: Answering

    def handle_error(self, *_: Any) -> None:
        """A client that has gone meanwhile is no news."""


@contextmanager
def serving(port: int, reply: Answering, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that answers with *reply*, or hangs up where it is None or raises."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        server.answering = staticmethod(reply)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()


class ResponseUrl:
    """CloudFormation's end: keeps what arrives, and says 200 unless told otherwise."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/answer/to%20you?{SIGNED}"
        self.faults: list[int | None] = []  #: for the first requests; None: hung up
        self.arrived: list[Request] = []
        self.taken: list[Request] = []

    def reply(self, request: Request) -> Reply | None:
        self.arrived.append(request)
        if self.faults:
            status = self.faults.pop(0)
            return None if status is None else Reply(status)
        self.taken.append(request)
        return Reply(200)


def forwarded(endpoint: str, request: Request) -> Reply:
    """What moto at *endpoint* answers to *request*."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
    try:
        headers = {k: v for k, v in request.headers.items() if k not in {"expect", "connection"}}
        connection.request(request.method, request.target, request.body, headers)
        answer = connection.getresponse()
        kept = {k.lower(): v for k, v in answer.getheaders() if k.lower() != "connection"}
        return Reply(answer.status, kept, answer.read())
    finally:
        connection.close()


class Between:
    """S3 as it is, unless *meddle* answers instead."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.seen: list[Request] = []
        self.meddle: Callable[[Request], Reply | None] = lambda _request: None

    def reply(self, request: Request) -> Reply:
        self.seen.append(request)
        return self.meddle(request) or forwarded(self._endpoint, request)


def s3_error(status: int, code: str, message: str) -> Reply:
    """An error as S3 writes it."""
    xml = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, {"content-type": "application/xml"}, xml.encode())
