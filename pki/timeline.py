"""A picture of a truststore: when each certificate is valid, as SVG that needs nothing else."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from .describe import iso, remaining
from .tree import Node, is_valid, key_type

_LABELS, _CHART, _LEFT = 330, 560, 230  # widths: names, bars, what is left
_ROW, _TOP, _BOTTOM = 30, 44, 16
_LONGEST, _TICKS = 44, 8
_YEAR = timedelta(days=365)
_STEPS = (1, 2, 5, 10, 20, 50, 100, 500, 1000)
# Readable on white and on black.
_TEXT, _LINE, _VALID, _OVER, _NOW = "#767676", "#999999", "#3b7dd8", "#b8860b", "#d1495b"
_STYLE = f"font-family:sans-serif;font-size:12px;fill:{_TEXT}"


class _Axis:
    """From time to place; what lies outside is drawn at the edge."""

    def __init__(self, shown: Sequence[Node], now: datetime) -> None:
        begins = [node.member.begins for node in shown] or [now]
        ends = [node.member.ends for node in shown] or [now]
        # A certificate until the year 9999 must not press the others together.
        self.first = max(min(*begins, now), _shifted(now, -10))
        self.last = min(max(*ends, now + _YEAR / 4), _shifted(now, 30))

    def place(self, time: datetime) -> float:
        within = min(max(time, self.first), self.last)
        return _LABELS + _CHART * ((within - self.first) / (self.last - self.first))

    def years(self) -> Iterator[datetime]:
        span = self.last.year - self.first.year + 1
        step = next(step for step in _STEPS if span / step <= _TICKS)
        for year in range(self.first.year, self.last.year + 1):
            tick = datetime(year, 1, 1, tzinfo=UTC)
            if year % step == 0 and self.first <= tick <= self.last:
                yield tick


def svg(shown: Sequence[Node], now: datetime) -> str:
    """Return the picture: a bar for each certificate in the order of the tree *shown*."""
    axis = _Axis(shown, now)
    height = _TOP + _ROW * len(shown) + _BOTTOM
    width = _LABELS + _CHART + _LEFT
    said = f"Validity of {len(shown)} certificate{'s' * (len(shown) != 1)} at {iso(now)}"
    head = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" style="{_STYLE}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title" {head}>',
        f'<title id="title">{said}</title>',
        *_ticks(axis, height),
        *(line for row, node in enumerate(shown) for line in _row(axis, node, row, now)),
        *_today(axis, height, now),
        "</svg>\n",
    ]
    return "\n".join(lines)


def _ticks(axis: _Axis, height: int) -> Iterator[str]:
    for tick in axis.years():
        x = axis.place(tick)
        yield _vertical(x, height, f'stroke="{_LINE}" stroke-opacity="0.4"')
        yield f'<text x="{x:.1f}" y="18" text-anchor="middle">{tick.year}</text>'


def _today(axis: _Axis, height: int, now: datetime) -> Iterator[str]:
    x = axis.place(now)
    yield _vertical(x, height, f'stroke="{_NOW}" stroke-width="1.5"')
    yield (
        f'<text x="{x:.1f}" y="32" text-anchor="middle" style="fill:{_NOW};font-weight:bold">'
        f"{now:%Y-%m-%d}</text>"
    )


def _vertical(x: float, height: int, stroke: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="38" y2="{height - _BOTTOM / 2}" {stroke}/>'


def _row(axis: _Axis, node: Node, row: int, now: datetime) -> Iterator[str]:
    one = node.member
    y = _TOP + _ROW * row
    indent = 8 + 14 * min(node.depth, 6)
    name = one.label
    room = _LONGEST - 2 * min(node.depth, 6)
    short = name if len(name) <= room else f"{name[: room - 1]}…"
    colour = _VALID if is_valid(one.certificate, now) else _OVER
    start, end = axis.place(one.begins), axis.place(one.ends)
    left = remaining(one.ends, now)
    left = f"not before {one.begins:%Y-%m-%d}" if now < one.begins else left
    told = f"{name}: {key_type(one.certificate)}, {iso(one.begins)} to {iso(one.ends)}, {left}"
    middle = y + _ROW / 2 + 4
    yield f"<g><title>{escape(told)}</title>"
    yield f'<text x="{indent}" y="{middle}">{escape(short)}</text>'
    yield (
        f'<rect x="{start:.1f}" y="{y + 6}" width="{max(end - start, 2):.1f}"'
        f' height="{_ROW - 12}" rx="3" fill="{colour}"/>'
    )
    x = _LABELS + _CHART + 10
    yield f'<text x="{x}" y="{middle}">{escape(f"{key_type(one.certificate)}, {left}")}</text></g>'


def _shifted(now: datetime, years: int) -> datetime:
    try:
        return now + years * _YEAR
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if years > 0 else datetime.min.replace(tzinfo=UTC)
