"""Where Lambda comes in: whatever happens inside, CloudFormation gets one answer."""

import hashlib
import json
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from . import bucket, checks
from .answer import Outcome, body, deliver, failed
from .errors import Refused, Unanswerable, Undelivered
from .event import Envelope, Place, request_type

TRUSTSTORE = Path(__file__).with_name("truststore.pem")

# Seconds kept for the answer, and at the end for the log; of a short rest its share.
_ANSWERING, _ANSWERING_SHARE = 12.0, 0.4
_LOGGING, _LOGGING_SHARE = 1.0, 0.1
_AGAIN = "try again: sam deploy"


class Context(Protocol):
    """What is used of Lambda's context."""

    log_group_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends this process."""


def handler(event: Any, context: Context) -> None:  # noqa: ANN401
    """Do what CloudFormation's *event* asks for, and answer it once.

    The work is done in a thread, the answer sent from here alone, before the function's time is
    over, be the work done or not. What is raised makes Lambda call again: Unanswerable where there
    is no response URL, Undelivered where it does not answer.
    """
    began = time.monotonic()
    rest = context.get_remaining_time_in_millis() / 1000
    line: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    try:
        envelope = Envelope.of(event)
        line |= {
            "request_type": envelope.request_type,
            "stack_id": envelope.stack_id,
            "request_id": envelope.request_id,
            "logical_resource_id": envelope.logical_resource_id,
        }
        seconds = rest - min(_ANSWERING, rest * _ANSWERING_SHARE)
        outcome = _in_time(seconds, envelope, lambda: _outcome(event, envelope, context))
        line |= {"status": outcome.status, "reason": outcome.reason, **outcome.details}
        deadline = began + rest - min(_LOGGING, rest * _LOGGING_SHARE)
        deliver(envelope.url, body(envelope, outcome), deadline)
        line |= {"is_answered": True}
    except (Unanswerable, Undelivered) as error:
        line |= {"is_answered": False, "error": str(error)}
        raise
    finally:
        line["milliseconds"] = round((time.monotonic() - began) * 1000)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _in_time(seconds: float, envelope: Envelope, work: Callable[[], Outcome]) -> Outcome:
    """Return what *work* returns, or a failure if that takes longer than *seconds*.

    Work left behind may still add its version: nobody is told of it, and no domain takes it.
    """
    results = queue.SimpleQueue[Outcome]()
    try:
        threading.Thread(target=lambda: results.put(work()), name="publisher", daemon=True).start()
        return results.get(timeout=max(0.0, seconds))
    except RuntimeError as error:
        return failed(envelope, Refused(f"the work cannot begin: {error}", _AGAIN))
    except queue.Empty:
        found = f"not done after {seconds:.0f} seconds, and the function's time is nearly over"
        return failed(envelope, Refused(f"{found}: S3 was slow or out of reach", _AGAIN))


def _outcome(event: dict[str, Any], envelope: Envelope, context: Context) -> Outcome:
    try:
        return _done(event, envelope)
    except Refused as refused:
        return failed(envelope, refused)
    except BaseException as error:  # noqa: BLE001
        said = traceback.format_exception_only(error)[-1].splitlines()[0]
        crash = Refused(
            f"the publisher crashed: {said[:200]}",
            f"the traceback is in its log: aws logs tail {context.log_group_name}",
        )
        return failed(envelope, crash, traceback.format_exc())


def _done(event: dict[str, Any], envelope: Envelope) -> Outcome:
    if request_type(event) == "Delete":
        # Who might call is history worth keeping: versions stay.
        return Outcome(envelope.physical_resource_id)
    place = Place.of(event)
    content = _packed()
    facts = {
        "Uri": place.uri,
        "Sha256": hashlib.sha256(content).hexdigest(),
        "Certificates": str(checks.certificates(content)),
    }
    published = bucket.publish(place, content)
    data = {**facts, "VersionId": published.version_id}
    details = {
        "uri": place.uri,
        "version_id": published.version_id,
        "is_new_version": published.is_new,
        "sha256": facts["Sha256"],
        "certificates": facts["Certificates"],
    }
    return Outcome(place.uri, data=data, details=details)


def _packed() -> bytes:
    try:
        return TRUSTSTORE.read_bytes()
    except FileNotFoundError:
        raise Refused(
            "the publisher was packed without a truststore",
            "make truststore, sam build, sam deploy; or give TruststoreUri and TruststoreVersion",
        ) from None
