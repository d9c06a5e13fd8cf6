"""What the template promises: a check, and beside it broken templates that it has to catch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .made import Made
from .source import Edits

#: Yields what is wrong, one line each.
Check = Callable[[Made], Iterator[str]]


@dataclass(frozen=True)
class Twin:
    """A template with one fault, deployed with the parameters of one combination."""

    fault: str
    edits: Edits
    combination: str = "own zone"


@dataclass(frozen=True)
class Promise:
    """A check with its name and its twins."""

    name: str
    check: Check
    twins: tuple[Twin, ...]


PROMISES: list[Promise] = []


def promise(*twins: Twin) -> Callable[[Check], Check]:
    """Add the function below to PROMISES; *twins* break it."""

    def add(check: Check) -> Check:
        PROMISES.append(Promise(check.__name__, check, twins))
        return check

    return add
