"""A truststore as a tree: roots, and below them what they issued."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from . import public_keys
from .describe import describe, fingerprint, remaining
from .errors import UNREADABLE
from .lint import members
from .lint.family import Family, relate
from .lint.members import Member, label

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Node:
    """A certificate in its place: *depth* below a root; *ends_group*: the last of its siblings."""

    member: Member
    depth: int
    lines: str  #: what is drawn before it
    note: str  #: what is odd about its place


def nodes(certificates: Sequence[x509.Certificate]) -> list[Node]:
    """Return each of *certificates* once, below the first of its issuers that is there."""
    family = _family(certificates)
    tops = [one for one in family.members if not family.issuers.get(one)]
    found: list[Node] = []
    seen: set[Member] = set()
    # CAs that issued each other have no top: any of them will do.
    for top in (*tops, *family.members):
        waiting = [Node(top, 0, "", _note(family, top))] if top not in seen else []
        while waiting:
            node = waiting.pop()
            if node.member in seen:
                continue
            seen.add(node.member)
            found.append(node)
            below = [one for one in family.children.get(node.member, ()) if one not in seen]
            waiting += reversed(list(_below(family, node, below)))
    return found


def text(drawn: Sequence[Node], now: datetime) -> str:
    """Return the tree *drawn* as lines: name, key, last day, what is left at *now*."""
    rows = [(f"{node.lines}{node.member.label}", node) for node in drawn]
    width = min(max((len(name) for name, _ in rows), default=0), 72)
    return "\n".join(f"{name:<{width}}  {_said(node, now)}".rstrip() for name, node in rows)


def as_json(certificates: Sequence[x509.Certificate], now: datetime) -> str:
    """Return what each certificate says, as a JSON list in the file's order, with its issuers."""
    family = _family(certificates)
    prints = {one: fingerprint(one.certificate) for one in family.children}
    above = {
        one.certificate: [prints[issuer] for issuer in issuers]
        for one, issuers in family.issuers.items()
    }
    roots = {one.certificate for one in family.roots}
    listed = [
        {
            **describe(certificate).as_json(),
            "is_root": certificate in roots,
            "issuers": above.get(certificate, []),
            "is_valid": is_valid(certificate, now),
            "days_left": max((certificate.not_valid_after_utc - now).days, 0),
        }
        for certificate in certificates
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False)


def is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether *certificate* is in its lifetime at *now*."""
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def key_type(certificate: x509.Certificate) -> str:
    """Return the type of its key."""
    try:
        return public_keys.describe(certificate.public_key())
    except UNREADABLE:
        return "unknown key"


def _family(certificates: Sequence[x509.Certificate]) -> Family:
    return relate(members.of(certificates))


def _below(family: Family, node: Node, below: Sequence[Member]) -> Iterator[Node]:
    stem = node.lines.replace("├─ ", "│  ").replace("└─ ", "   ")[: 3 * _DEEPEST]
    for one in below:
        branch = "└─ " if one is below[-1] else "├─ "
        yield Node(one, node.depth + 1, stem + branch, _note(family, one))


def _note(family: Family, one: Member) -> str:
    issuers = family.issuers.get(one, ())
    if len(issuers) > 1:
        return f"{len(issuers)} editions of its issuer are here"
    if issuers or one in family.roots:
        return ""
    if family.search.is_over:
        return "issuer not looked for: too many CAs of one name"
    return f"issuer is missing: {label(one.certificate.issuer)}"


def _said(node: Node, now: datetime) -> str:
    certificate = node.member.certificate
    begins, ends = node.member.begins, node.member.ends
    left = f"NOT VALID BEFORE {begins:%Y-%m-%d}" if now < begins else remaining(ends, now)
    left = left.upper() if left == "expired" else left
    words = [key_type(certificate), f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}", left]
    words += ["no CA"] * (not node.member.is_ca)
    words += [node.note] * bool(node.note)
    return ", ".join(words)
