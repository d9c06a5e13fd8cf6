"""Where Lambda comes in, once a day: look, publish metrics, tell somebody; one line is logged."""

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aws import expiry, expiry_crl, expiry_domain, expiry_report
from aws.errors import AwsRefused, asking
from aws.expiry import Asked, Entry, Found, Unread

from . import message, metrics
from .config import Config

# Seconds kept for the metrics, the message and the log; of a short rest its share.
_TELLING, _TELLING_SHARE = 40.0, 0.5
_CONNECT, _READ, _ATTEMPTS = 2, 5, 2
_MOST_LOGGED = 50


class NotTold(Exception):
    """Nobody heard of what was found: Lambda calls again, and then the alarm rings."""


class Context(Protocol):
    """What is used of Lambda's context."""

    log_group_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends this process."""


def handler(_event: object, context: Context) -> dict[str, object]:
    """Return the list of what the domain relies on, for whoever invokes this by hand.

    1. what cannot be read, or not in time, is in the list as unknown, which needs somebody;
    2. metrics that cannot be published need somebody too;
    3. if anybody is needed, the message says so; it comes last, so that it is sent once;
    4. NotTold if that failed, or 2 where nobody gets a message.
    """
    began = time.monotonic()
    line: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    try:
        config = Config.from_env()
        asked = Asked(datetime.now(UTC), config.within, config.domain)
        line |= {"domain": config.domain, "within_days": config.within.days}
        found = _in_time(config, context)
        said = _told(config, asked, found, context, line)
    except Exception as error:
        line |= {"error": f"{type(error).__name__}: {error}"}
        raise
    finally:
        line["milliseconds"] = round((time.monotonic() - began) * 1000)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return said


def _told(
    config: Config, asked: Asked, found: Found, context: Context, line: dict[str, object]
) -> dict[str, object]:
    """Publish what was *found*; what was done goes into *line* as it is done."""
    clients = _clients()
    line |= {"metrics_published": False, "message_sent": False}
    try:
        metrics.publish(clients, config.namespace, metrics.data(expiry.judge(found, asked)))
        line["metrics_published"] = True
    except AwsRefused as refused:  # (2)
        found.unread.append(Unread("the metrics", refused.message, refused.hint))
    entries = expiry.judge(found, asked)
    line |= _facts(entries)
    if config.topic and any(entry.needs_attention for entry in entries):  # (3)
        text = message.body(entries, asked, context.log_group_name)
        try:
            message.publish(clients, config.topic, message.subject(entries, asked), text)
            line["message_sent"] = True
        except AwsRefused as refused:  # (4)
            raise NotTold(refused.message) from refused
    elif not line["metrics_published"]:  # (4)
        raise NotTold(found.unread[-1].because)
    return expiry_report.as_json(entries, asked)


def _in_time(config: Config, context: Context) -> Found:
    """Return what can be read before it is time to tell somebody.

    Whatever goes wrong is found, and not raised. Work left behind changes nothing any more.
    """
    rest = context.get_remaining_time_in_millis() / 1000
    seconds = rest - min(_TELLING, rest * _TELLING_SHARE)
    found, what = Found(), f"the domain {config.domain}"
    hint = f"see the log: aws logs tail {context.log_group_name}"

    def work() -> None:
        try:
            clients = _clients()
            expiry_domain.read(clients, config.domain, found)
            if config.crl:
                expiry_crl.read(clients, config.crl, found)
        except AwsRefused as refused:
            found.unread.append(Unread(what, refused.message, refused.hint))
        except BaseException as error:  # noqa: BLE001
            sys.stderr.write(traceback.format_exc())
            said = traceback.format_exception_only(error)[-1].splitlines()[0]
            found.unread.append(Unread(what, f"the check crashed: {said[:200]}", hint))

    thread = threading.Thread(target=work, name="watcher", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    read = Found(list(found.watched), list(found.unread))
    if thread.is_alive():
        late = f"not all was read after {seconds:.0f} seconds: AWS was slow or out of reach"
        read.unread.append(Unread(what, late, hint))
    return read


def _clients() -> Callable[[str], Any]:
    # Here: it takes most of a second, and one who cannot import it still logs.
    import boto3  # noqa: PLC0415
    from botocore.config import Config as BotoConfig  # noqa: PLC0415

    with asking("use the settings for AWS"):
        session = boto3.session.Session()
    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    config = BotoConfig(connect_timeout=_CONNECT, read_timeout=_READ, retries=retries)
    return lambda service: session.client(service, config=config)


def _facts(entries: Sequence[Entry]) -> dict[str, object]:
    due = [entry for entry in entries if entry.needs_attention]
    return {
        "certificates": len(entries),
        "need_attention": len(due),
        "unknown": sum(entry.state is expiry.State.UNKNOWN for entry in due),
        "entries": [expiry_report.entry_as_json(entry) for entry in due[:_MOST_LOGGED]],
    }
