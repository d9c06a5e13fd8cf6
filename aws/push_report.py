"""What push and rollback say: plain text and JSON, made from values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pki.describe import fingerprint, printable
from pki.difference import OUTCOMES, Client
from pki.difference_report import authorities
from pki.findings import Finding
from pki.steps import subject

from .pin import Pin
from .push import Pushed
from .push_plan import Plan

_SHOWN = 20
_WORDS = {"loses": "lose access", "gains": "gain it", "keeps": "keep it", "refused": "stay refused"}


def plan(found: Plan) -> str:
    """Return what is to be done, whom it concerns, and the steps."""
    difference = found.lock_out.difference
    lines = [
        f"{found.domain.name} is on {found.domain.pin}",
        *authorities("  -", difference.went, difference.kinds),
        *authorities("  +", difference.came, difference.kinds),
        *([] if difference.came or difference.went else ["  the same certificates"]),
        *_clients(found),
        *(f"  {number}. {step}" for number, step in enumerate(_steps(found), 1)),
    ]
    return "\n".join(map(printable, lines))


def text(found: Plan, done: Pushed | None) -> str:
    """Return what is in force now; nothing was *done* where it was in force, or a dry run."""
    name = found.domain.name
    if done is None and found.is_done:
        return f"{name} is on it already: version {found.existing}, sha-256 {found.sha256}"
    if done is None:
        return "nothing was changed"
    lines = [
        f"{name} is AVAILABLE: {done.domain.pin}",
        f"  sha-256  {found.sha256}",
        *(f"  warning  {warning}: accepted" for warning in done.warnings),
        *(
            ["next:", f"  {_back(found)}   # if anything is wrong with it"]
            if _has_back(found)
            else []
        ),
    ]
    return "\n".join(printable(line) for line in lines)


def as_json(found: Plan, done: Pushed | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    after = done.domain.pin if done else found.domain.pin
    value = {
        "domain": found.domain.name,
        "is_changed": done is not None,
        "before": _pin(found.domain.pin),
        "after": _pin(after),
        "sha256": found.sha256,
        "came": [fingerprint(one) for one in found.lock_out.difference.came],
        "went": [fingerprint(one) for one in found.lock_out.difference.went],
        "clients": {
            "from": found.lock_out.clients.origin,
            "counts": _counts(found),
            "lose": [_client(client) for client in found.lock_out.losing],
            "not_judged": [
                {"what": what, "because": because}
                for what, because in found.lock_out.clients.unknown
            ],
        },
        "warnings": list(done.warnings) if done else [],
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _clients(found: Plan) -> Iterator[str]:
    clients = found.lock_out.clients
    if not clients.origin:
        yield "no client is known (--issued, --seen)"
        return
    counts = ", ".join(f"{count} {_WORDS[outcome]}" for outcome, count in _counts(found).items())
    yield f"{len(clients.known)} clients of {clients.origin}: {counts}"
    losing = found.lock_out.losing
    yield from (f"  loses  {subject(client.leaf)}" for client in losing[:_SHOWN])
    if len(losing) > _SHOWN:
        yield f"  and {len(losing) - _SHOWN} more"
    yield from (f"  cannot be judged: {what}: {because}" for what, because in clients.unknown)


def _steps(found: Plan) -> Iterator[str]:
    if found.existing:
        yield f"nothing is uploaded: version {found.existing} has it already"
    else:
        yield f"upload it to {found.place.uri}, as a new version"
    yield f"move {found.domain.name} to it, and wait until it is AVAILABLE"
    if _has_back(found):
        yield f"back to version {found.back.version}, if that fails or API Gateway warns of it"
    for left in found.left:
        yield f"leave version {left} of another push behind"


def _has_back(found: Plan) -> bool:
    return bool(found.back.version) and found.back.version != found.existing


def _back(found: Plan) -> str:
    return f"python -m aws truststore rollback {found.domain.name} {found.back.version}"


def _counts(found: Plan) -> dict[str, int]:
    return {one: found.lock_out.difference.count("api-gateway", one) for one in OUTCOMES}


def _client(client: Client) -> dict[str, str]:
    return {
        "name": client.name,
        "subject": subject(client.leaf),
        "fingerprint": fingerprint(client.leaf),
    }


def _pin(pin: Pin) -> dict[str, str]:
    return {"uri": pin.uri, "version": pin.version}
