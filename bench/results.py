"""What was measured: pairs of turns, or rounds of one thing, and whether the target is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

Turn = TypeVar("Turn")


@dataclass(frozen=True, slots=True)
class Compared:
    """Rates of ours and of something bare, taken in turns; more is better."""

    what: str
    ours: Sequence[float]
    bare: Sequence[float]
    at_least: float | None  #: of the median of the ratios; None: for information

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
        """Whether the median reaches the target."""
        return self.at_least is None or self.ratio >= self.at_least


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


def take_turns(
    ours: Callable[[], Turn], bare: Callable[[], Turn], pairs: int
) -> tuple[list[Turn], list[Turn]]:
    """Call *ours*, *bare*, *ours*, *bare* ...: what slows the machine for a while slows both."""
    turns = [(ours(), bare()) for _ in range(pairs)]
    return [turn for turn, _ in turns], [turn for _, turn in turns]
