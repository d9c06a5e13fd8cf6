"""What a source of CRLs gives, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TIMEOUT = 10.0  #: seconds without a byte


class SourceUnavailable(Exception):
    """Nothing came from it, or not all."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source has now. No tag: it cannot tell whether it is the same the next time."""

    data: bytes
    tag: str = ""


#: Takes the tag of the last time, or ""; None: nothing is new. Raises SourceUnavailable.
Fetch = Callable[[str], Fetched | None]
