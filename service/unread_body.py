"""What a request's body still has is read before the answer is sent.

A terminator answers 502, not what we say, when the connection is closed while it still sends the
body (AWS: "Troubleshoot your Application Load Balancers", HTTP 502; nginx does the same). gunicorn
reads 64 KiB and closes.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Response, g, request

from .config import MAX_BODY
from .policy import Allowed

#: Seconds for the body of whom we refuse, who could send a byte a minute.
PATIENCE = 5.0
#: Bytes that are read and forgotten: as many as the proxy takes.
MOST = 16 * MAX_BODY
_PIECE = 65536


def finish(response: Response) -> Response:
    """Read what is left; only for an admitted client as long as it takes."""
    left = _left()
    if left > 0:
        read = request.environ["wsgi.input"].read
        # Whatever is wrong with the rest, the answer stands; the server closes the connection.
        with suppress(Exception):
            if isinstance(g.get("verdict"), Allowed):
                _drain(read, left, float("inf"))
            else:
                with _closed_after(PATIENCE, request.environ.get("gunicorn.socket")):
                    _drain(read, left, time.monotonic() + PATIENCE)
    return response


def _left() -> int:
    """How many bytes may be left, at most."""
    environ = request.environ
    if environ.get("CONTENT_LENGTH"):
        return min(request.content_length or 0, MOST)
    # A chunked body; the server that sets this knows where it ends.
    chunked = environ.get("HTTP_TRANSFER_ENCODING") and environ.get("wsgi.input_terminated")
    return MOST if chunked else 0


def _drain(read: Callable[[int], bytes], left: int, deadline: float) -> None:
    while left > 0 and time.monotonic() < deadline and (data := read(min(left, _PIECE))):
        left -= len(data)


@contextmanager
def _closed_after(seconds: float, connection: Any) -> Iterator[None]:  # noqa: ANN401
    """End every read from *connection*, a socket or None, after *seconds*.

    A timeout of the socket would not: each byte that comes begins it anew.
    """

    def close() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    if connection is None:
        yield
        return
    timer = threading.Timer(seconds, close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
