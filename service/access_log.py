"""One JSON line per request; never a PEM, never a header dump."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

from .certificate import ClientCertificate
from .policy import Allowed, Denied

logger = logging.getLogger("service.access")
_TRACE_ID = re.compile(r"[-\w=;:.]{1,256}", re.ASCII)


def init_app(app: Flask) -> None:
    """Log every request of *app*, refused, failed or answered."""
    app.before_request(_start)
    app.after_request(_finish)


def to_stream() -> None:
    """Send this package's log lines to standard error, as they are."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name in ("service.access", "service.app"):
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.propagate = False
        log.setLevel(logging.INFO)


def _start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    logger.info(json.dumps(_line(response), ensure_ascii=True))
    return response


def _line(response: Response) -> dict[str, object]:
    client = g.get("client")
    trace_id = request.headers.get("X-Amzn-Trace-Id", "")
    line: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": request.method[:16],
        "path": request.path[:1024],
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 3),
        "trace_id": trace_id if _TRACE_ID.fullmatch(trace_id) else "",
        **_verdict(g.get("verdict")),
    }
    if isinstance(client, ClientCertificate):
        line |= {
            "fingerprint": client.fingerprint,
            "serial_number": client.serial_number,
            "subject": client.subject,
            "organization": client.organization,
        }
    return line


def _verdict(verdict: object) -> dict[str, str]:
    match verdict:
        case Allowed(because):
            return {"verdict": "allowed", "because": because}
        case Denied(because):
            return {"verdict": "denied", "because": because}
        case _:
            return {"verdict": "public", "because": ""}
