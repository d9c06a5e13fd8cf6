"""What `crl push` says: plain text and JSON, made from values."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from pki import crl
from pki.describe import iso, printable, remaining
from pki.findings import Finding

from .crl_check import Crl, name
from .crl_push import Plan, Pushed


def plan(found: Plan, now: datetime) -> str:
    """Return what is to be put in force, and the steps."""
    steps = enumerate(_steps(found), 1)
    lines = [
        *(_line(one, now) for one in found.crls),
        *(f"  {number}. {step}" for number, step in steps),
    ]
    return "\n".join(map(printable, lines))


def text(found: Plan, done: Pushed | None) -> str:
    """Return what is in force now; nothing was *done* where it was so already, or in a dry run."""
    where = f"in the trust store {found.store.name}" if found.store else f"at {found.place.uri}"
    if done is None and not found.is_done:
        return "nothing was changed"
    state = "already" if done is None else "now"
    lines = [f"it is {state} {where}", f"  sha-256  {_sha256(found)}"]
    if done and done.version:
        lines.append(f"  version  {done.version}")
    if done and done.removed:
        lines.append(f"  removed  {', '.join(map(str, done.removed))}: older ones of its CA")
    return "\n".join(map(printable, lines))


def as_json(found: Plan, done: Pushed | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    value = {
        "uri": found.place.uri,
        "trust_store": found.store.arn if found.store else None,
        "is_changed": done is not None,
        "is_in_force": done is not None or found.is_done,
        "version": (done.version if done else found.stored.version) or None,
        "removed": list(done.removed) if done else [],
        "sha256": _sha256(found),
        "crls": [_crl(one) for one in found.crls],
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _steps(found: Plan) -> Iterator[str]:
    if not found.is_stored and not found.is_added:
        kept = len(found.stored.crls or ()) and not found.store
        yield f"put it at {found.place.uri}" + (", CRLs of other CAs there stay" if kept else "")
    if found.store and not found.is_added:
        yield f"add it to the trust store {found.store.name}"
    if found.store:
        gone = f" ({', '.join(map(str, found.old))})" if found.old else ""
        yield f"then remove older ones of its CA{gone}: there is no moment without one"


def _line(one: Crl, now: datetime) -> str:
    count, ends = len(one), one.next_update_utc
    until = f"until {iso(ends)} ({remaining(ends, now)})" if ends else "without an end"
    entries = f"{count:,} entr{'y' if count == 1 else 'ies'}"
    return f"CRL {crl.number(one)} of {name(one)}: {entries}, {until}"


def _crl(one: Crl) -> dict[str, object]:
    ends = one.next_update_utc
    return {
        "issuer": name(one),
        "number": crl.number(one),
        "entries": len(one),
        "this_update": iso(one.last_update_utc),
        "next_update": iso(ends) if ends else None,
    }


def _sha256(found: Plan) -> str:
    return hashlib.sha256(found.content).hexdigest()
