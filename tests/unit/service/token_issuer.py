"""An issuer's key set over HTTP, on this machine: what it answers is set by the test."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site(ThreadingHTTPServer):
    """asked: the paths, with their headers."""

    daemon_threads = True
    asked: list[tuple[str, dict[str, str]]]
    answer: Answer
    scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}/jwks.json"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answer(self)

    def log_message(self, *_: object) -> None:
        pass


def reply(
    body: bytes = b"{}", status: int = 200, *, length: int | None = None, **headers: str
) -> Answer:
    """*headers*: with "_" for "-"; *length*: what Content-Length says, if it lies."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """One on a free port of 127.0.0.1, as long as the context lasts."""
    with Site(("127.0.0.1", 0), _Handler) as server:
        server.asked, server.answer = [], reply()
        if tls is not None:
            server.scheme = "https"
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
