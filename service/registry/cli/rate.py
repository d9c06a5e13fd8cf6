"""10/s, 600/m, 1.5/h: a rate as people write it."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import click

from service.rate import LEAST, Rate
from service.registry.representation import FASTEST

_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,25})?)/(s|m|h)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class RateType(click.ParamType[float]):
    """10/s, 600/m or 1.5/h, as requests a second."""

    name = "rate"

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """As click's; wrong usage if it is none."""
        if isinstance(value, float):
            return value
        try:
            return per_second(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def per_second(text: str) -> float:
    """Return what *text*, such as "10/s", means; ValueError says what was expected."""
    match = _RATE.fullmatch(text)
    found = float(match[1]) / _SECONDS[match[2]] if match else 0.0
    if not LEAST <= found <= FASTEST:
        raise ValueError(f"{text!r} is no rate, expected one such as '10/s', '600/m' or '1.5/h'")
    return found


def text(rate: Rate) -> str:
    """Return *rate* without its burst, so that per_second makes the same of it."""
    for unit, seconds in _SECONDS.items():
        for text in (f"{rate.per_second * seconds:.0f}", f"{rate.per_second * seconds:.9f}"):
            short = text.rstrip("0").rstrip(".") if "." in text else text
            if float(short) > 0 and float(short) / seconds == rate.per_second:
                return f"{short}/{unit}"
    return f"{Decimal(repr(rate.per_second)):f}/s"


def chosen(asked: float | None, burst: int | None, before: Rate | None) -> dict[str, float] | None:
    """Return *before* with what was asked for, as draft.read takes it; a burst alone is none."""
    steady = asked if asked is not None else before.per_second if before else None
    if steady is None:
        if burst is not None:
            raise click.UsageError("--burst goes with --rate")
        return None
    if burst is None:
        burst = before.burst if before and asked is None else max(1, math.ceil(steady))
    return {"per_second": steady, "burst": burst}
