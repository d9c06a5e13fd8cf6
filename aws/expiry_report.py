"""The list of what expires, as text and as JSON; shipped with aws/watcher, whose message it is."""

from collections import Counter
from collections.abc import Mapping, Sequence

from .expiry import Asked, Entry, Kind, Severity, State, Unread

_KINDS: Mapping[Kind, str] = {
    Kind.CA: "CA",
    Kind.SERVER: "server",
    Kind.OWNERSHIP: "ownership",
    Kind.CRL: "CRL",
    Kind.CLIENT_LEAF: "client leaf",
    Kind.SERVER_LEAF: "server leaf",
}
#: One, and several.
_STATES: Mapping[State, tuple[str, str]] = {
    State.EXPIRED: ("has expired", "have expired"),
    State.UNKNOWN: ("could not be read", "could not be read"),
    State.EXPIRES_SOON: ("ends within {span}", "end within {span}"),
    State.CANNOT_RENEW: ("cannot be renewed", "cannot be renewed"),
}
_WIDTHS = (9, 12, 26, 13)


def text(entries: Sequence[Entry], asked: Asked) -> str:
    """Return a line for each entry, with what to do below it, and at the end how many are due."""
    return "\n".join((*map(line, entries), summary(entries, asked)))


def line(entry: Entry) -> str:
    """Return how bad it is, when it ends, what is left, what it is; and a hint in its own line."""
    about = entry.about
    kind = _KINDS[about.kind] if about.kind else ""
    day = "" if isinstance(about, Unread) else f"{about.not_after:%Y-%m-%d}"
    cells = (entry.severity.value, day, entry.left, kind)
    row = "".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
    said = f"{row}{_title(entry)}"
    if entry.notes:
        said += f": {'; '.join(entry.notes)}"
    said = printable(said)
    return f"{said}\n  hint: {printable(entry.hint)}" if entry.hint else said


def summary(entries: Sequence[Entry], asked: Asked) -> str:
    """Return how many certificates there are, and how many of them need somebody, and why."""
    count = f"{len(entries)} certificate{'s' * (len(entries) != 1)}"
    due = [entry for entry in entries if entry.needs_attention]
    if not due:
        return f"{count}, none of which ends within {span(asked)}"
    states = Counter(entry.state for entry in due)
    said = ", ".join(f"{n} {_STATES[s][n != 1]}" for s in _STATES if (n := states[s]))
    need = "needs" if len(due) == 1 else "need"
    return f"{len(due)} of {count} {need} attention: {said.format(span=span(asked))}"


def span(asked: Asked) -> str:
    """Return "30 days" and the like for what counts as soon."""
    hours, rest = divmod(asked.within.total_seconds(), 3600)
    days, hours = divmod(int(hours), 24)
    if hours or rest:
        return f"{asked.within.total_seconds() / 3600:g} hours"
    return f"{days} day{'s' * (days != 1)}"


def as_json(entries: Sequence[Entry], asked: Asked) -> dict[str, object]:
    """Return the list for programs; "" and null stand for what is not known."""
    return {
        "at": f"{asked.now:%Y-%m-%dT%H:%M:%SZ}",
        "within_seconds": int(asked.within.total_seconds()),
        "domain": asked.domain,
        "need_attention": sum(entry.needs_attention for entry in entries),
        "unknown": sum(entry.state is State.UNKNOWN for entry in entries),
        "certificates": [entry_as_json(entry) for entry in entries],
    }


def entry_as_json(entry: Entry) -> dict[str, object]:
    """Return one entry for programs; every entry has the same keys."""
    about = entry.about
    watched = None if isinstance(about, Unread) else about
    after = watched.successor if watched else None
    return {
        "state": entry.state.value,
        "severity": entry.severity.value,
        "code": "" if entry.severity is Severity.OK else f"expiry.{entry.state.value}",
        "kind": about.kind.value if about.kind else None,
        "subject": _title(entry),
        "name": watched.name if watched else "",
        "serial_number": watched.serial_number if watched else "",
        "fingerprint": watched.fingerprint if watched else "",
        "place": watched.place if watched else "",
        "not_after": f"{watched.not_after:%Y-%m-%dT%H:%M:%SZ}" if watched else None,
        "days_left": entry.days_left,
        "left": entry.left,
        "renewal": watched.renewal.value if watched else None,
        "dependents": watched.dependents if watched else None,
        "successor_not_after": f"{after:%Y-%m-%dT%H:%M:%SZ}" if after else None,
        "notes": list(entry.notes),
        "hint": entry.hint,
    }


def printable(said: str) -> str:
    """Return *said* with control characters escaped: a stranger's certificate may hold any.

    The same as pki.describe.printable, which is not shipped; a test holds the two together.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in said)


def _title(entry: Entry) -> str:
    about = entry.about
    return about.what if isinstance(about, Unread) else about.subject or "(empty)"
