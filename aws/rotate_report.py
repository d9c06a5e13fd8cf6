"""What rotate says: plain text and JSON, made from values."""

import json
from collections.abc import Iterable, Iterator

from cryptography import x509

from pki.describe import fingerprint, printable
from pki.steps import subject

from .rotate import Standing
from .rotation import Step

_SHOWN = 20
_ORDER = (Step.PUBLISH_BOTH, Step.WAIT, Step.PUBLISH_NEW)


def plan(found: Standing, command: str) -> str:
    """Return the steps, which of them is next, and who still uses the old CA.

    *command* is what takes the next step.
    """
    lines = [
        f"rotation at {found.name}",
        *(
            f"  old  {subject(one)}, sha256 {fingerprint(one)[:16]}"
            for one in found.succession.leaving
        ),
        *(f"  new  {subject(one)}, sha256 {fingerprint(one)[:16]}" for one in found.succession.new),
        *_steps(found),
        *_users(found),
        *_next(found, command),
    ]
    return "\n".join(map(printable, lines))


def as_json(found: Standing, *, is_changed: bool) -> str:
    """Return the same for programs."""
    value = {
        "domain": found.name,
        "is_changed": is_changed,
        "next_step": found.step.value,
        "leaving": sorted(found.rotation.leaving),
        "new": [fingerprint(one) for one in found.succession.new],
        "clients": found.lock_out.clients.origin,
        "still_used_by": [fingerprint(client.leaf) for client in found.users],
        "not_judged": [what for what, _ in found.lock_out.clients.unknown],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def waiting(found: Standing) -> str:
    """Return who has to be waited for, in one line."""
    names = [client.name or subject(client.leaf) for client in found.users]
    names += [f"{what[:16]} (not known)" for what, _ in found.lock_out.clients.unknown]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    many = f"{len(names)} client{'s' * (len(names) != 1)} still use{'s' * (len(names) == 1)}"
    return printable(f"{many} the old CA: {', '.join(names[:_SHOWN])}{more}")


def _authorities(word: str, certificates: Iterable[x509.Certificate]) -> Iterator[str]:
    for one in certificates:
        yield f"  {word}  {subject(one)}, sha256 {fingerprint(one)[:16]}"


def _steps(found: Standing) -> Iterator[str]:
    words = {
        Step.PUBLISH_BOTH: "trust both, the old and the new",
        Step.WAIT: "wait until nobody uses the old one",
        Step.PUBLISH_NEW: "trust the new one alone",
    }
    at = _ORDER.index(found.step) if found.step in _ORDER else len(_ORDER)
    for number, step in enumerate(_ORDER):
        mark = "done" if number < at else "now" if number == at else "then"
        yield f"  {mark:<4} {words[step]}"


def _users(found: Standing) -> Iterator[str]:
    clients = found.lock_out.clients
    if not clients.origin:
        yield "no client is known: who uses the old one cannot be told (--issued, --seen)"
    elif found.users or clients.unknown:
        yield waiting(found)
    else:
        yield f"nobody uses the old one, of {len(clients.known)} clients of {clients.origin}"


def _next(found: Standing, command: str) -> Iterator[str]:
    if found.step is Step.DONE:
        yield "done: the old CA is not trusted any more"
        return
    yield "next:"
    if found.step is Step.WAIT:
        yield "  give those clients certificates of the new CA, then:"
    yield f"  {command}"
