"""Questions to AWS that may go unanswered: what may not be asked is told, nothing else is lost."""

from collections.abc import Callable
from typing import TypeVar

from .errors import AwsRefused
from .facts import Unasked

_Answer = TypeVar("_Answer")
_ABSENT = frozenset(
    {
        *("ResourceNotFoundException", "NotFoundException", "NoSuchHostedZone"),
        *("NoSuchBucket", "NoSuchKey", "NoSuchVersion", "InvalidArgument"),
    }
)


class Questions:
    """Questions, and a list of those that were not answered."""

    def __init__(self) -> None:
        self.absent: set[str] = set()
        self.unasked: list[Unasked] = []

    def __call__(self, about: str, question: Callable[[], _Answer]) -> _Answer | None:
        """Return the answer; None if it may not be asked, or what it is *about* is not there."""
        try:
            return question()
        except AwsRefused as refused:
            if refused.is_denied:
                self.unasked.append(Unasked(about, refused.action, refused.message))
            elif refused.code in _ABSENT:
                self.absent.add(about)
            else:
                raise
            return None
