"""One JSON line per request; never a PEM, never a header dump."""

from __future__ import annotations

import atexit
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from flask.globals import app_ctx

from .certificate import ClientCertificate
from .client import Client
from .policy import Allowed, Denied

_TRACE_ID = re.compile(r"[-\w=;:.]{1,256}", re.ASCII)


def at_once(line: str) -> None:
    """Write *line* to stderr now: in Lambda, where the process sleeps between two requests."""
    sys.stderr.write(line)


class SoonAfter:
    """Writes lines to stderr a few times a second, and the last of them at exit.

    A write gives up the interpreter, and among several threads its thread has to queue for it
    again: measured, a seventh of a request.
    """

    PAUSE = 0.1  #: seconds; of these a process that is killed loses the lines

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._start = threading.Lock()

    def __call__(self, line: str) -> None:
        """Have *line* written soon."""
        self._lines.append(line)
        # Here and not at the beginning: a thread does not survive gunicorn's fork.
        if self._start.acquire(blocking=False):
            threading.Thread(target=self._run, daemon=True, name="access-log").start()
            atexit.register(self.flush)

    def flush(self) -> None:
        """Write what has come."""
        count = len(self._lines)
        text = "".join(self._lines[:count])
        del self._lines[:count]
        if text:
            sys.stderr.write(text)
            sys.stderr.flush()

    def _run(self) -> None:
        while True:
            time.sleep(self.PAUSE)
            self.flush()


def init_app(app: Flask, write: Callable[[str], None]) -> None:
    """Log every request of *app*, refused, failed or answered, with *write*."""

    def finish(response: Response) -> Response:
        write(json.dumps(_line(response)) + "\n")
        return response

    app.before_request(_start)
    app.after_request(finish)


def note_change(action: str, **what: object) -> None:
    """Have the line of this request tell what it changed: *action*, and of what, such as its id."""
    g.change = {"action": action, **what}


def _start() -> None:
    g.started = time.perf_counter()


def _line(response: Response) -> dict[str, object]:
    kept = app_ctx.g  # once: a proxy looks for it at every access
    certificate, client = kept.get("certificate"), kept.get("client")
    environ = request.environ
    trace_id = environ.get("HTTP_X_AMZN_TRACE_ID", "")
    line: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": environ["REQUEST_METHOD"][:16],
        "path": request.path[:1024],
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - kept.started) * 1000, 3),
        "trace_id": trace_id if _TRACE_ID.fullmatch(trace_id) else "",
        **_verdict(kept.get("verdict")),
    }
    for name in ("problem", "change"):
        if name in kept:
            line[name] = kept.get(name)
    if isinstance(certificate, ClientCertificate):
        line["fingerprint"] = certificate.fingerprint
        line["serial_number"] = certificate.serial_number
        line["subject"] = certificate.subject
        line["issuer"] = certificate.issuer
        line["organization"] = certificate.organization
    if isinstance(client, Client) and client.id:
        line["client"] = client.id
        line["organization"] = client.organization
    return line


def _verdict(verdict: object) -> dict[str, str]:
    match verdict:
        case Allowed(because):
            return {"verdict": "allowed", "because": because}
        case Denied(because):
            return {"verdict": "denied", "because": because}
        case _:
            return {"verdict": "public", "because": ""}
