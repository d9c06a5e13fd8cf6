"""What was measured: pairs of turns, or rounds of one thing, and whether the target is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

Turn = TypeVar("Turn")


@dataclass(frozen=True, slots=True)
class Compared:
    """Numbers of ours and of something bare, taken in turns, and where their ratio should be.

    Of rates more is better, of times less: *at_least* or *at_most*. Neither: for information.
    """

    what: str
    ours: Sequence[float]
    bare: Sequence[float]
    at_least: float | None = None  #: of the median of the ratios
    at_most: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours through bare, pair by pair."""
        return [ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps the target."""
        reached = self.at_least is None or self.ratio >= self.at_least
        return reached and (self.at_most is None or self.ratio <= self.at_most)


@dataclass(frozen=True, slots=True)
class Bounded:
    """Ours alone, a value per round, to stay below a bound. No bound: for information."""

    what: str
    values: Sequence[float]
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the median keeps the target."""
        return self.at_most is None or median(self.values) <= self.at_most


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark: what is compared with what, the numbers, and what else they showed."""

    title: str
    about: str
    unit: str
    rows: Sequence[Compared | Bounded]
    notes: Sequence[str] = field(default=())
    names: tuple[str, str] = ("ours", "bare")  #: what is compared, where it is something else


def take_turns(rounds: int, *calls: Callable[[], Turn]) -> list[list[Turn]]:
    """Call each of *calls* once a round; return by call what it returned.

    What slows the machine for a while slows all of them.
    """
    turns = [[call() for call in calls] for _ in range(rounds)]
    return [list(of_one) for of_one in zip(*turns, strict=True)]
