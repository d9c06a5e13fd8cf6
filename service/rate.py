"""How often a client may call, and the bucket of tokens that keeps to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MOST = 100_000  #: requests, a second or at once
LEAST = 1 / 86_400  #: requests a second: one a day
#: Seconds by which two clocks may differ. What lies further ahead was written by a wrong one, or at
#: a lower rate: one token is granted, and with it the bucket is right again.
CLOCKS = 60.0
_ALMOST = 1e-6  # of a token: what floating point takes away from a whole one


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second, in the long run, and so many at once; or ValueError."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        """Refuse what no bucket can keep to."""
        if not LEAST <= self.per_second <= MOST:
            raise ValueError(f"per_second is {self.per_second!r}, expected 1/86400 to {MOST}")
        if not 1 <= self.burst <= MOST:
            raise ValueError(f"burst is {self.burst!r}, expected a number from 1 to {MOST}")

    def capped(self, most: Rate | None) -> Rate:
        """This rate, and in neither number above *most*."""
        if most is None or (self.per_second <= most.per_second and self.burst <= most.burst):
            return self
        return Rate(min(self.per_second, most.per_second), min(self.burst, most.burst))


class Taken(NamedTuple):
    """What came of asking for tokens.

    granted: how many; wait: seconds until there is one, 0 if some were granted; full_at: the
    bucket, as it is now.
    """

    granted: int
    wait: float
    full_at: float


def take(full_at: float, rate: Rate, now: float, wanted: int = 1) -> Taken:
    """Take up to *wanted* tokens out of a bucket.

    A bucket is one number: when it will be full again, if nobody takes from it (the theoretical
    arrival time of ITU-T I.371's GCRA). One that nobody has used yet is full, whatever is in it.
    """
    owed = max(full_at - now, 0.0)  # seconds
    if owed > rate.burst / rate.per_second + CLOCKS:
        owed = (rate.burst - 1) / rate.per_second
    free = rate.burst - owed * rate.per_second
    granted = min(wanted, int(free + _ALMOST)) if free > 0 else 0
    if granted:
        return Taken(granted, 0.0, now + owed + granted / rate.per_second)
    return Taken(0, max((1 - free) / rate.per_second, _ALMOST), now + owed)
