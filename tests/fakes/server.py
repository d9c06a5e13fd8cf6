"""From a request to its reply: journal, fault, then the control plane itself or moto."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes import answers, asked, shapes
from tests.fakes.asked import Asked
from tests.fakes.faults import Fault, Plan
from tests.fakes.journal import Call, Journal
from tests.fakes.refusal import Refusal, not_served
from tests.unit.aws.publisher_servers import Reply, Request, forwarded

Operations = Mapping[str, Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]]


class Server:
    """Answers *operations*, by service and name, and forwards other services to *moto*."""

    def __init__(self, moto: str, operations: Operations) -> None:
        self._moto = moto
        self._operations = operations
        self._lock = threading.RLock()
        self.journal = Journal()
        self.plan = Plan()
        self.broken: list[str] = []  #: tracebacks of the fake's own

    def reply(self, request: Request) -> Reply | None:
        """Return the answer; None: hang up."""
        what = asked.read(request)
        call = self.journal.note(what)
        try:
            reply, call.outcome = self._answered(what, request, call)
        except Exception:  # noqa: BLE001  (a fault of the fake's is no fault of AWS's: told apart)
            self.broken.append(traceback.format_exc())
            call.outcome = "broken"
            return answers.error(what, Refusal(500, "TheFakeBroke", self.broken[-1]))
        return reply

    def _answered(self, what: Asked, request: Request, call: Call) -> tuple[Reply | None, str]:
        fault = self.plan.of(call) or Fault("none")
        if not fault.after:
            fault.does()
            if fault.refuses:
                refusal = fault.refuses(what)
                return answers.error(what, refusal), refusal.code
            if fault.hangs_up:
                return None, fault.name
        reply, outcome = self._served(what, request)
        if fault.after:
            fault.does()
            if fault.hangs_up:
                return None, fault.name
        return reply, outcome

    def _served(self, what: Asked, request: Request) -> tuple[Reply, str]:
        if what.service not in self._operations:
            reply = forwarded(self._moto, request)
            return reply, "ok" if reply.status < 400 else answers.code(reply)
        try:
            return self._own(what), "ok"
        except Refusal as refusal:
            return answers.error(what, refusal), refusal.code

    def _own(self, what: Asked) -> Reply:
        shapes.check(what)
        operation = self._operations[what.service].get(what.operation)
        if operation is None:
            raise not_served(what.service, what.operation)
        with self._lock:
            return answers.answer(what, operation(what.parameters))
