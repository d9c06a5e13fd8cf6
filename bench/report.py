"""The page docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from .results import Bounded, Compared, Section

_HEAD = """\
# Performance

What our parts cost, each measured against the same work without them. Written by

    make bench

Numbers are medians with (min-max). What is compared runs in turns, ours and bare and ours and bare,
so that a noise on the machine meets both; a ratio is taken within each pair of turns, and the
median of these ratios is held against the target. Servers and clients share the machine
and talk over loopback.

"""


def page(sections: Sequence[Section], machine: str) -> str:
    """Return the whole page; *machine* says in a phrase where it was measured."""
    return f"{_HEAD}Measured on: {machine}.\n\n" + "\n".join(
        line for section in sections for line in _section(section)
    )


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n\n{section.about}\n"
    compared = [row for row in section.rows if isinstance(row, Compared)]
    bounded = [row for row in section.rows if isinstance(row, Bounded)]
    if compared:
        names = " | ".join(section.names)
        yield f"| {section.unit} | {names} | ratio of each pair | median | target | |"
        yield "|---|---:|---:|---|---:|---:|---|"
        yield from map(_compared, compared)
        yield ""
    if bounded:
        yield f"| {section.unit} | {section.names[0]} | each round | target | |"
        yield "|---|---:|---|---:|---|"
        yield from map(_bounded, bounded)
        yield ""
    for note in section.notes:
        yield f"- {note}"
    if section.notes:
        yield ""


def _compared(row: Compared) -> str:
    ratios = " ".join(f"{ratio:.2f}" for ratio in row.ratios)
    cells = [row.what, _spread(row.ours), _spread(row.bare), ratios, f"{row.ratio:.3f}"]
    targets = [("at least", row.at_least), ("at most", row.at_most)]
    told = [f"{words} {bound:.2f}" for words, bound in targets if bound is not None]
    if not told:
        return _line([*cells, "none", "for information"])
    return _line([*cells, ", ".join(told), _met(is_met=row.is_met)])


def _bounded(row: Bounded) -> str:
    rounds = " ".join(map(_number, row.values))
    cells = [row.what, _spread(row.values), rounds]
    if row.at_most is None:
        return _line([*cells, "none", "for information"])
    return _line([*cells, f"at most {row.at_most:.0f}", _met(is_met=row.is_met)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _met(*, is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def _spread(values: Sequence[float]) -> str:
    return f"{_number(median(values))} ({_number(min(values))}-{_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004
