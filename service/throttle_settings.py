"""What the environment says of how often a client may call. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .rate import MOST, Rate

# proxy/run and proxy/throttle.py read the same; a test holds the three equal.
_RATE = re.compile(r"([1-9][0-9]{0,4})/([sm])")
_BURST = re.compile(r"[1-9][0-9]{0,4}")
_SECONDS = {"s": 1, "m": 60}


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """default: of a client whose registration has no rate; most: of any client."""

    default: Rate
    most: Rate


def read(env: Mapping[str, str], faults: list[str]) -> ThrottleSettings | None:
    """Return what *env* asks for, None if nothing; what is wrong with it goes to *faults*."""
    before = len(faults)
    rate, burst = _rate(env, "CLIENT_RATE", faults), _burst(env, "CLIENT_BURST", faults)
    rate_most = _rate(env, "CLIENT_RATE_MOST", faults)
    burst_most = _burst(env, "CLIENT_BURST_MOST", faults)
    if len(faults) > before:
        return None
    if rate is None or burst is None:
        if rate or burst or rate_most or burst_most:
            faults.append("of CLIENT_RATE and CLIENT_BURST one is unset; expected both or neither")
        return None
    most = Rate(rate_most or rate, burst_most or burst)
    if most.per_second < rate or most.burst < burst:
        faults.append("CLIENT_…_MOST is below CLIENT_RATE or CLIENT_BURST; expected no less")
        return None
    return ThrottleSettings(Rate(rate, burst), most)


def _rate(env: Mapping[str, str], variable: str, faults: list[str]) -> float | None:
    text = env.get(variable, "")
    found = _RATE.fullmatch(text)
    if text and not found:
        faults.append(f"{variable} is {text!r}; expected so many a second or minute: 20/s, 90/m")
    return int(found[1]) / _SECONDS[found[2]] if found else None


def _burst(env: Mapping[str, str], variable: str, faults: list[str]) -> int | None:
    text = env.get(variable, "")
    found = _BURST.fullmatch(text)
    if text and not found:
        faults.append(f"{variable} is {text!r}; expected so many at once, 1 to {MOST - 1}")
    return int(text) if found else None
