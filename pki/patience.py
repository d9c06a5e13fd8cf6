"""How long a client may take: whoever sends nothing must not keep a thread from the others.

Only gunicorn tells its socket; elsewhere nothing is done.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

BODY = 2.0
"""Seconds for the body of a request, which has about a hundred bytes."""
ANSWER = 60.0
"""Seconds for taking the answer: a CRL may have megabytes."""


def limit_answer(environ: Mapping[str, Any]) -> None:
    """Let gunicorn send the answer within ANSWER: its sendall() takes that for the whole."""
    connection = environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(ANSWER)


@contextmanager
def limited_body(environ: Mapping[str, Any]) -> Iterator[None]:
    """Hang up if the body is not there within BODY: reading it, inside, then comes to an end."""
    connection = environ.get("gunicorn.socket")
    if connection is None:
        yield
        return
    timer = threading.Timer(BODY, _hang_up, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
