"""One JSON line per request; never a PEM, never a header dump."""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

from .certificate import ClientCertificate
from .policy import Allowed, Denied

_TRACE_ID = re.compile(r"[-\w=;:.]{1,256}", re.ASCII)


def init_app(app: Flask) -> None:
    """Log every request of *app*, refused, failed or answered."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    # A line of logging's costs more than the whole check of the certificate.
    sys.stderr.write(json.dumps(_line(response)) + "\n")
    return response


def _line(response: Response) -> dict[str, object]:
    client = g.get("client")
    environ = request.environ
    trace_id = environ.get("HTTP_X_AMZN_TRACE_ID", "")
    line: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": environ["REQUEST_METHOD"][:16],
        "path": request.path[:1024],
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 3),
        "trace_id": trace_id if _TRACE_ID.fullmatch(trace_id) else "",
        **_verdict(g.get("verdict")),
    }
    if isinstance(client, ClientCertificate):
        line["fingerprint"] = client.fingerprint
        line["serial_number"] = client.serial_number
        line["subject"] = client.subject
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
