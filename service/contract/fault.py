"""What is wrong with a request, and where. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: As OpenAPI calls them (Parameter Object, `in`), and the body.
Place = Literal["body", "query", "path", "header"]


@dataclass(frozen=True, slots=True)
class Fault:
    """*message*, of the member at *path* in the body, or of the parameter of that name.

    path: from the outside in; empty = all of it.
    """

    place: Place
    path: tuple[str, ...]
    message: str

    @property
    def pointer(self) -> str:
        """The path as RFC 6901 has it."""
        steps = (step.replace("~", "~0").replace("/", "~1") for step in self.path)
        return "".join(f"/{step[:_LONGEST]}" for step in steps)

    def as_dict(self) -> dict[str, str]:
        """The fault as a problem's `errors` have it."""
        return {"in": self.place, "pointer": self.pointer, "message": self.message}


class Faulty(ValueError):
    """Not what is declared: every fault, as far as they were counted."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


_LONGEST = 100  # characters of a name that the caller made up
