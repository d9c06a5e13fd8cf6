"""What `truststore diff` says: who loses first of all; and the same for programs."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .describe import fingerprint, iso, printable, serial_number
from .difference import OUTCOMES, Change, Difference, Judged, Kind, Outcome
from .steps import subject
from .verdict import Accepted, Front, Refused, Verdict

_SHORT = 16
_LONGEST_LINE = 300
_WORDS: dict[Outcome, str] = {
    "loses": "lose access",
    "gains": "gain it",
    "keeps": "keep it",
    "refused": "are refused before and after",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """Which truststores were compared, when, and where the clients came from."""

    old: str
    new: str
    at: datetime
    clients: str


def text(found: Difference, unknown: Sequence[tuple[str, str]], heading: Heading) -> str:
    """Return *found* as lines: the CAs, the counts, who loses and gains, what is *unknown*."""
    lines = [
        f"{heading.old} -> {heading.new}, at {iso(heading.at)}",
        *authorities("-", found.went, found.kinds),
        *authorities("+", found.came, found.kinds),
        *([] if found.came or found.went else ["  the same certificates"]),
        "",
        f"{len(found.judged)} client certificates from {heading.clients}",
        *(f"  {front:<12}{_counts(found, front)}" for front in found.fronts),
        *(line for outcome in OUTCOMES[:2] for line in _group(found, outcome)),
        *(f"cannot be judged: {what}: {because}" for what, because in unknown),
        *(_advice(heading) if found.somebody_loses else []),
    ]
    return "\n".join(printable(line)[:_LONGEST_LINE] for line in lines)


def as_json(found: Difference, unknown: Sequence[tuple[str, str]], heading: Heading) -> str:
    """Return *found* for programs."""
    value = {
        "old": heading.old,
        "new": heading.new,
        "at": iso(heading.at),
        "came": [_authority(one, found.kinds[one]) for one in found.came],
        "went": [_authority(one, found.kinds[one]) for one in found.went],
        "counts": {
            front: {outcome: found.count(front, outcome) for outcome in OUTCOMES}
            for front in found.fronts
        },
        "clients": [_client(one) for one in found.judged],
        "not_judged": [{"what": what, "because": because} for what, because in unknown],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def authorities(
    sign: str, certificates: Iterable[x509.Certificate], kinds: Mapping[x509.Certificate, Kind]
) -> Iterator[str]:
    """Yield a line for each of the CAs *certificates*, anchors first, that begins with *sign*."""
    for certificate in sorted(certificates, key=lambda one: kinds[one] != "anchor"):
        kind = kinds[certificate]
        until = _until(certificate)
        short = fingerprint(certificate)[:_SHORT]
        yield f"{sign} {kind:<13}{subject(certificate)}, {until}, sha256 {short}"


def _counts(found: Difference, front: Front) -> str:
    counted = ((found.count(front, outcome), _WORDS[outcome]) for outcome in OUTCOMES)
    return ", ".join(f"{count} {words}" for count, words in counted)


def _group(found: Difference, outcome: Outcome) -> Iterator[str]:
    for one in found.judged:
        changes = {f: c for f, c in one.changes.items() if c.outcome == outcome}
        if changes:
            leaf = one.client.leaf
            called = f" ({one.client.name})" if one.client.name else ""
            yield ""
            yield f"{outcome}  {subject(leaf)}{called}, sha256 {fingerprint(leaf)[:_SHORT]}"
            causes: dict[str, list[str]] = {}
            for front, change in changes.items():
                causes.setdefault(_why(change), []).append(front)
            yield from (f"  {', '.join(fronts)}: {why}" for why, fronts in causes.items())


def _why(change: Change) -> str:
    verdict = change.after if change.outcome == "loses" else change.before
    if not isinstance(verdict, Refused):
        return ""
    said = f"{verdict.code}: {verdict.because}"
    return said if change.outcome == "loses" else f"until now {said}"


def _advice(heading: Heading) -> Iterator[str]:
    files = f"{shlex.quote(heading.old)} {shlex.quote(heading.new)}"
    both = f"python -m pki truststore build {files} --out both.pem"
    yield ""
    yield "before this is deployed: give them certificates of a CA that stays, or keep both for now"
    yield f"  {both}"


def _authority(certificate: x509.Certificate, kind: Kind) -> dict[str, str]:
    return {
        "kind": kind,
        "subject": subject(certificate),
        "fingerprint": fingerprint(certificate),
        "not_after": iso(certificate.not_valid_after_utc),
    }


def _client(one: Judged) -> dict[str, object]:
    leaf = one.client.leaf
    return {
        "name": one.client.name,
        "subject": subject(leaf),
        "fingerprint": fingerprint(leaf),
        "serial_number": serial_number(leaf),
        "fronts": {
            front: {
                "outcome": change.outcome,
                "before": _verdict(change.before),
                "after": _verdict(change.after),
            }
            for front, change in one.changes.items()
        },
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    if isinstance(verdict, Accepted):
        return {"is_accepted": True, "not_after": iso(verdict.not_after)}
    return {"is_accepted": False, "code": verdict.code, "because": verdict.because}


def _until(certificate: x509.Certificate) -> str:
    return f"until {certificate.not_valid_after_utc:%Y-%m-%d}"
