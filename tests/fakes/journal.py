"""Which calls came, in order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.asked import Asked


@dataclass
class Call:
    """One request.

    number: of the call, from 1; the attempts that botocore makes of one call share it;
    outcome: "ok", AWS's error code, or what a fault did ("hung-up", "answer-lost", "killed");
    "" while it is under way.
    """

    number: int
    attempt: int
    service: str
    operation: str
    parameters: dict[str, Any] = field(repr=False)
    outcome: str = ""

    @property
    def name(self) -> str:
        """As an IAM action is written: apigateway:UpdateDomainName."""
        return f"{self.service}:{self.operation}"


class Journal:
    """The calls since the start, or since `forget`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def note(self, asked: Asked) -> Call:
        """Put down that *asked* has come."""
        with self._lock:
            known = self._numbers.get(asked.invocation)
            number = known or len({call.number for call in self.calls}) + 1
            if asked.invocation:
                self._numbers[asked.invocation] = number
            attempt = sum(call.number == number for call in self.calls) + 1
            call = Call(number, attempt, asked.service, asked.operation, asked.parameters)
            self.calls.append(call)
            return call

    def forget(self) -> None:
        """Number from 1 again."""
        with self._lock:
            self.calls.clear()
            self._numbers.clear()
