"""A parameter of a view that comes in a header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.problems import Problem, ValidationFailed


@dataclass(frozen=True, slots=True)
class Header:
    """A parameter that comes in the header *name*.

    parse: makes its value of the text, or raises ValueError; without it the rest of the type says
    what it has to be; pattern, example: for the document. missing: raised where it is required,
    and not there.
    """

    name: str
    parse: Callable[[str], object] | None = None
    missing: type[Problem] = ValidationFailed
    pattern: str = ""
    example: str = ""
