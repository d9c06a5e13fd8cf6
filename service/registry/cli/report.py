"""What the commands print: for people, and for programs as /clients says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from service.registry import api_keys
from service.registry.matcher import Matcher
from service.registry.registration import Registration
from service.registry.representation import change, shown
from service.registry.store import Entry

from . import rate
from .draft import written

_COLUMNS = ("ID", "STATUS", "ORGANIZATION", "SCOPES", "LAST SEEN")


def one(found: Registration) -> str:
    """Return all of a client but its id, a line each."""
    return "\n".join(f"  {name:<13} {_safe(text)}" for name, text in _parts(found))


def one_json(found: Registration) -> str:
    """Return a client as GET /clients/ID says it."""
    return _json(shown(found))


def table(found: Sequence[Registration]) -> str:
    """Return a line for each client."""
    if not found:
        return "nobody is registered"
    rows = [_COLUMNS, *(_row(client) for client in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def table_json(found: Sequence[Registration]) -> str:
    """Return the clients, each as GET /clients/ID says it."""
    return _json({"clients": [shown(client) for client in found]})


def trail(entries: Sequence[Entry]) -> str:
    """Return a line for each change, and one for each thing that it changed."""
    return "\n".join(line for entry in entries for line in _changes(entry))


def trail_json(entries: Sequence[Entry]) -> str:
    """Return the changes as GET /clients/ID/audit says them."""
    return _json({"changes": [change(entry) for entry in entries]})


def _parts(found: Registration) -> Iterator[tuple[str, str]]:
    yield "organization", found.organization
    yield "status", found.status
    for matcher in found.matchers:
        yield "recognised by", recognised(matcher)
    yield "scopes", " ".join(sorted(found.scopes)) or "none"
    if found.rate:
        yield "rate", f"{rate.text(found.rate)}, {found.rate.burst} at once"
    for key in found.api_keys:
        yield "API key", api_keys.name(key)
    for line in found.note.splitlines():
        yield "note", line
    yield "version", f"{found.version}, of {_moment(found.updated)}"
    yield "last seen", _moment(found.last_seen)


def recognised(matcher: Matcher) -> str:
    """Return *matcher* in words."""
    issued = f", issued by {matcher.issuer}" if matcher.issuer else ""
    return f"{matcher.kind} {matcher.value}{issued}"


def _row(found: Registration) -> tuple[str, ...]:
    scopes = " ".join(sorted(found.scopes))
    parts = (found.id, found.status, found.organization, scopes or "-", _moment(found.last_seen))
    return tuple(map(_safe, parts))


def _changes(entry: Entry) -> Iterator[str]:
    yield f"{_moment(entry.at)}  {entry.action:<8} {_safe(entry.actor)}"
    before, after = (written(state) if state else {} for state in (entry.before, entry.after))
    for name in after or before:
        old, new = before.get(name), after.get(name)
        if old != new and (old or new) and name != "id":
            told = " → ".join(_short(value) for value in (old, new) if value is not None)
            yield f"    {name}: {told}"


def _short(value: object) -> str:
    return _safe(msgspec.json.encode(value).decode())


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else "never"


def _safe(text: str) -> str:
    """*text* on one line, without what controls a terminal: names in certificates may have it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
