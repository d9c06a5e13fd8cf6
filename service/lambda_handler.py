"""Where Lambda comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import awsgi

from .app import create_app
from .config import from_env_or_exit, or_exit
from .lambda_answer import answer
from .lambda_event import Request, read

Wsgi = Callable[..., Iterable[bytes]]

config = from_env_or_exit()
app = or_exit(lambda: create_app(config, stands_still=True))


def handler(event: object, context: object) -> dict[str, Any]:
    """Answer one event of a REST or HTTP API, a function URL or an ALB target group.

    Raises lambda_event.MalformedEvent, of which Lambda makes an error and API Gateway a 502.
    """
    return respond(app, event, context, base_path=config.base_path)


def respond(wsgi: Wsgi, event: object, context: object, *, base_path: str = "") -> dict[str, Any]:
    """Call *wsgi* with *event* through aws-wsgi, with what it breaks mended on both sides."""
    seam = _Seam(wsgi, read(event), base_path)
    awsgi.response(seam, seam.event(event), context)
    return answer(seam.request.kind, seam.status, seam.headers, seam.body)


class _Seam:
    """The application as aws-wsgi sees it: it gets our environ, and keeps the answer whole."""

    def __init__(self, wsgi: Wsgi, request: Request, base_path: str) -> None:
        self._wsgi = wsgi
        self._base_path = base_path
        self.request = request
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def event(self, whole: object) -> dict[str, Any]:
        """The least that aws-wsgi wants; the whole event is for the sources."""
        self._whole = whole
        return {"httpMethod": self.request.method, "path": "/", "queryStringParameters": None}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Run the application; aws-wsgi gets an empty answer, which it cannot break."""
        environ |= self.request.environ(self._base_path)
        environ |= {
            "awsgi.event": self._whole,
            "wsgi.input": BytesIO(self.request.body),
            "CONTENT_LENGTH": str(len(self.request.body)),
        }
        chunks: list[bytes] = []

        def start(status: str, headers: Iterable[tuple[str, str]], *_: object) -> object:
            self.status, self.headers = status, list(headers)
            return chunks.append

        output = self._wsgi(environ, start)
        try:
            chunks.extend(output)
        finally:
            getattr(output, "close", lambda: None)()
        self.body = b"".join(chunks)
        start_response(self.status, [])
        return []
