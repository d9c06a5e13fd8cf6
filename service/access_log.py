"""One JSON line per request; never a PEM, never a header dump."""

from __future__ import annotations

import atexit
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    again: measured, a seventh of a request. What makes a line may be given in its place, and is
    called then, beside the requests.
    """

    PAUSE = 0.1  #: seconds; of these a process that is killed loses the lines

    def __init__(self) -> None:
        self._lines: list[str | Callable[[], str]] = []
        self._start = threading.Lock()

    def __call__(self, line: str | Callable[[], str]) -> None:
        """Have *line* written soon, or what it returns."""
        self._lines.append(line)
        # Here and not at the beginning: a thread does not survive gunicorn's fork.
        if self._start.acquire(blocking=False):
            threading.Thread(target=self._run, daemon=True, name="access-log").start()
            atexit.register(self.flush)

    def flush(self) -> None:
        """Write what has come."""
        count = len(self._lines)
        text = "".join(one if isinstance(one, str) else one() for one in self._lines[:count])
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
        line = _gathered(response)
        write(line.text if isinstance(write, SoonAfter) else line.text())  # type: ignore[arg-type]
        return response

    app.before_request(_start)
    app.after_request(finish)


def note_change(action: str, **what: object) -> None:
    """Have the line of this request tell what it changed: *action*, and of what, such as its id."""
    g.change = {"action": action, **what}


def _start() -> None:
    g.started = time.perf_counter()


@dataclass(frozen=True, slots=True)
class _Line:
    """What is known of a request when its answer is."""

    time: float  #: seconds since 1970
    seconds: float  #: that it took
    method: str
    path: str
    trace_id: str
    status: int
    kept: Mapping[str, object]  #: of g

    def text(self) -> str:
        """Return it as one line of JSON."""
        kept = self.kept
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "method": self.method[:16],
            "path": self.path[:1024],
            "status": self.status,
            "milliseconds": round(self.seconds * 1000, 3),
            "trace_id": self.trace_id if _TRACE_ID.fullmatch(self.trace_id) else "",
            **_verdict(kept.get("verdict")),
        }
        for name in ("problem", "change"):
            if name in kept:
                line[name] = kept[name]
        certificate, client = kept.get("certificate"), kept.get("client")
        if isinstance(certificate, ClientCertificate):
            line["fingerprint"] = certificate.fingerprint
            line["serial_number"] = certificate.serial_number
            line["subject"] = certificate.subject
            line["issuer"] = certificate.issuer
            line["organization"] = certificate.organization
        if isinstance(client, Client) and client.id:
            line["client"] = client.id
            line["organization"] = client.organization
        return json.dumps(line, default=str) + "\n"


def _gathered(response: Response) -> _Line:
    kept, environ = app_ctx.g, request.environ  # once: a proxy looks for it at every access
    return _Line(
        time.time(),
        time.perf_counter() - kept.started,
        environ["REQUEST_METHOD"],
        request.path,
        environ.get("HTTP_X_AMZN_TRACE_ID", ""),
        response.status_code,
        vars(kept),
    )


def _verdict(verdict: object) -> dict[str, str]:
    match verdict:
        case Allowed(because):
            return {"verdict": "allowed", "because": because}
        case Denied(because):
            return {"verdict": "denied", "because": because}
        case _:
            return {"verdict": "public", "because": ""}
