"""What can be made to go wrong with a call, and with which."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.asked import Asked
from tests.fakes.journal import Call
from tests.fakes.refusal import Refusal

#: For `times`: as often as it is asked.
ALWAYS = sys.maxsize


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """What happens to a call.

    refuses: the answer in the place of the service's, which then does nothing;
    does: done first, or, with *after*, once the service has done what was asked;
    hangs_up: no answer. Without *after* nothing is done either.
    """

    name: str
    refuses: Callable[[Asked], Refusal] | None = None
    does: Callable[[], None] = _nothing
    hangs_up: bool = False
    after: bool = False


def _denied(asked: Asked) -> Refusal:
    if asked.service == "s3":
        return Refusal(403, "AccessDenied", "Access Denied")
    code = "AccessDenied" if asked.protocol in {"query", "rest-xml"} else "AccessDeniedException"
    action, resource = f"{asked.service}:{asked.operation}", "*"
    if asked.service in {"apigateway", "apigatewayv2"}:
        # IAM knows these two by the method and the path alone.
        action = f"apigateway:{asked.method}"
        resource = f"arn:aws:apigateway:{asked.region}::{asked.path}"
    elif asked.service == "elbv2":
        action = f"elasticloadbalancing:{asked.operation}"
    who = "arn:aws:sts::123456789012:assumed-role/tester/session"
    text = f"User: {who} is not authorized to perform: {action} on resource: {resource}"
    return Refusal(403, code, text)


def _throttled(asked: Asked) -> Refusal:
    if asked.service in {"apigateway", "apigatewayv2"}:
        return Refusal(429, "TooManyRequestsException", "Too Many Requests")
    if asked.service == "s3":
        return Refusal(503, "SlowDown", "Please reduce your request rate.")
    code = "ThrottlingException" if asked.protocol == "json" else "Throttling"
    return Refusal(400, code, "Rate exceeded")


def _server_error(asked: Asked) -> Refusal:
    code = "InternalError" if asked.service == "s3" else "InternalFailure"
    return Refusal(500, code, "We encountered an internal error. Please try again.")


def _unavailable(asked: Asked) -> Refusal:
    code = "ServiceUnavailable" if "json" not in asked.protocol else "ServiceUnavailableException"
    return Refusal(503, code, "Service Unavailable")


DENIED = Fault("denied", refuses=_denied)
THROTTLED = Fault("throttled", refuses=_throttled)
SERVER_ERROR = Fault("server-error", refuses=_server_error)
UNAVAILABLE = Fault("unavailable", refuses=_unavailable)
HUNG_UP = Fault("hung-up", hangs_up=True)  #: nothing was done
ANSWER_LOST = Fault("answer-lost", hangs_up=True, after=True)  #: it was done


def refused(status: int, code: str, message: str) -> Fault:
    """Any error of AWS's, in its words."""
    return Fault(code, refuses=lambda _: Refusal(status, code, message))


def slow(seconds: float, *, after: bool = True) -> Fault:
    """The answer comes so many real seconds late."""
    return Fault("slow", does=lambda: time.sleep(seconds), after=after)


def held(told: threading.Event, *, after: bool = False) -> Fault:
    """The call waits until *told*; 60 seconds at most."""
    return Fault("held", does=lambda: _wait(told), after=after)


def doing(what: Callable[[], object], *, after: bool = False) -> Fault:
    """*what* is done, in the thread of the call, such as what another operator does meanwhile."""

    def run() -> None:
        what()

    return Fault("doing", does=run, after=after)


def kill(pid: int | Callable[[], int], *, after: bool = False) -> Fault:
    """SIGKILL to that process, before or after its call is done; it gets no answer."""

    def strike() -> None:
        os.kill(pid if isinstance(pid, int) else pid(), signal.SIGKILL)

    return Fault("killed", does=strike, hangs_up=True, after=after)


def _wait(told: threading.Event) -> None:
    assert told.wait(60), "nobody told the held call to go on"


#: The number of a call (all its attempts), "service:Operation", or what says yes to a Call.
Which = int | str | Callable[[Call], bool]


@dataclass
class _Order:
    matches: Callable[[Call], bool]
    fault: Fault
    left: int


@dataclass
class Plan:
    """Which fault comes over which call."""

    _orders: list[_Order] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, which: Which, fault: Fault, times: int) -> None:
        """*times* counts attempts: one is often overcome by botocore, which tries again."""
        self._orders.append(_Order(_matching(which), fault, times))

    def of(self, call: Call) -> Fault | None:
        """The first fault that waits for *call*; one time less is left of it."""
        with self._lock:
            for order in self._orders:
                if order.left > 0 and order.matches(call):
                    order.left -= 1
                    return order.fault
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._orders.clear()


def _matching(which: Which) -> Callable[[Call], bool]:
    if isinstance(which, int):
        return lambda call: call.number == which
    if isinstance(which, str):
        return lambda call: which in (call.name, call.operation)
    return which
