"""The answer to CloudFormation: one PUT to a signed URL."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import Refused, Undelivered
from .event import Envelope

#: AWS: "The total size of the response body can't exceed 4096 bytes."
LARGEST = 4096

_SHORTEST, _LONGEST = 1.0, 5.0  # seconds a try
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 3.0
_OK, _BAD, _FAULT = 200, 300, 500
_PASSING = (408, 429)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; *details* are for the log alone."""

    physical_resource_id: str
    reason: str = ""  #: why it failed; empty: it did not
    data: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """SUCCESS or FAILED."""
        return "FAILED" if self.reason else "SUCCESS"


def failed(envelope: Envelope, refused: Refused, traceback: str = "") -> Outcome:
    """Return the outcome that says why, in one line, and what to do, in another."""
    lines = (" ".join(text.split()) for text in (refused.message, f"hint: {refused.hint}"))
    details = {"traceback": traceback} if traceback else {}
    return Outcome(envelope.physical_resource_id, "\n".join(lines), details=details)


def body(envelope: Envelope, outcome: Outcome) -> bytes:
    """Return the answer as JSON; a reason that is too long for it is cut."""
    reason = outcome.reason
    while True:
        encoded = json.dumps(
            {
                "Status": outcome.status,
                "Reason": reason,
                "PhysicalResourceId": outcome.physical_resource_id,
                "StackId": envelope.stack_id,
                "RequestId": envelope.request_id,
                "LogicalResourceId": envelope.logical_resource_id,
                "Data": dict(outcome.data),
            }
        ).encode()
        surplus = len(encoded) - LARGEST
        if surplus <= 0 or not reason:
            return encoded
        # A character takes up to 12 bytes.
        reason = reason[: -max(1, surplus // 12)]


def deliver(url: str, content: bytes, deadline: float) -> None:
    """PUT *content* to *url*, again until *deadline* while the fault may pass.

    Undelivered if it was not taken. What was taken is never sent again; what may have been taken
    is: CloudFormation reads the first answer alone.
    """
    pause = _FIRST_PAUSE
    while True:
        patience = max(_SHORTEST, min(_LONGEST, deadline - time.monotonic()))
        try:
            status = _put(url, content, patience)
        except (OSError, http.client.HTTPException, ValueError) as error:
            found, may_pass = type(error).__name__, True
        else:
            if _OK <= status < _BAD:
                return
            found, may_pass = f"status {status}", status >= _FAULT or status in _PASSING
        if not may_pass or time.monotonic() + pause >= deadline:
            # Neither the URL nor what quotes it: it is signed.
            raise Undelivered(f"the response URL did not take the answer: {found}") from None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _put(url: str, content: bytes, patience: float) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=patience)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        # S3's signature covers an empty type.
        connection.request("PUT", target, content, {"Content-Type": ""})
        return connection.getresponse().status
    finally:
        connection.close()
