"""What `explain --connect` says of a server."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509

from .describe import fingerprint, iso, printable, remaining
from .endpoint import Endpoint
from .errors import UNREADABLE
from .purposes import name
from .steps import key_type, subject
from .unconfirmed import UNCONFIRMED

_LONGEST_LINE = 400
_UNREADABLE = "(cannot be read)"
_CA_NAMES = next(choice for choice in UNCONFIRMED if choice.id == "ca-names")


def is_good(found: Endpoint, client: Sequence[x509.Certificate], now: datetime) -> bool:
    """Whether nothing is wrong with the server, nor with what it says of the client."""
    return all(is_ok for is_ok, _, _ in _checks(found, client, now))


def text(found: Endpoint, client: Sequence[x509.Certificate], now: datetime) -> str:
    """Return what was seen as lines: the verdicts, the chain, what is asked of a client."""
    lines = [
        f"{found.wanted.address}: {found.protocol or 'no protocol agreed on'}, {found.cipher}",
        *(
            f"  {'ok' if ok else 'NO'}   {what:<12}{said}"
            for ok, what, said in _checks(found, client, now)
        ),
        "",
        "its chain, as sent:",
        *(_link(link, number, now) for number, link in enumerate(found.chain, 1)),
        "",
        *_asked(found),
    ]
    return "\n".join(printable(line)[:_LONGEST_LINE] for line in lines)


def as_json(found: Endpoint, client: Sequence[x509.Certificate], now: datetime) -> str:
    """Return what was seen for programs."""
    names = found.authorities
    value = {
        "address": found.wanted.address,
        "name": found.wanted.name,
        "protocol": found.protocol,
        "cipher": found.cipher,
        "is_good": is_good(found, client, now),
        "checks": [
            {"what": what, "is_good": is_ok, "said": said}
            for is_ok, what, said in _checks(found, client, now)
        ],
        "chain": [_link_json(link) for link in found.chain],
        "asks_for_certificate": names is not None,
        "ca_names": None if names is None else [_name(one) for one in names],
        "unconfirmed": [_CA_NAMES.id],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _checks(
    found: Endpoint, client: Sequence[x509.Certificate], now: datetime
) -> Iterator[tuple[bool, str, str]]:
    by = f"by {found.wanted.ca}" if found.wanted.ca else "by the system's CAs (or give --ca FILE)"
    yield not found.untrusted, "trusted", f"{found.untrusted or 'yes'}, {by}"
    named = found.misnamed or (f"not looked at: {found.wanted.name!r}" if found.untrusted else "")
    yield not found.misnamed, "name", named or found.wanted.name
    leaf = found.chain[0] if found.chain else None
    if leaf is not None:
        until = f"until {iso(leaf.not_valid_after_utc)}"
        yield (
            leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc,
            "validity",
            f"{until} ({remaining(leaf.not_valid_after_utc, now)})",
        )
    if client and found.authorities is not None:
        issuer = name(client[0].issuer)
        said = f"{issuer!r} is among the CA names" if found.authorities else "it names no CA"
        is_named = found.names(list(client))
        yield is_named, "your CA", said if is_named else f"{issuer!r} is not among the CA names"
    if found.ended:
        yield False, "the end", found.ended


def _asked(found: Endpoint) -> Iterator[str]:
    if found.authorities is None:
        yield "it asks for no client certificate"
        return
    count = len(found.authorities)
    yield f"it asks for a client certificate, and names {count} CA{'s' * (count != 1)}"
    yield from (f"  {_name(one)}" for one in found.authorities)
    if not found.authorities:
        yield "  a client then sends what it has"
    yield (
        "on AWS: an ALB names its truststore's with AdvertiseTrustStoreCaNames on; what API Gateway"
        f" sends is not confirmed (unconfirmed: {_CA_NAMES.id})"
    )


def _link(link: x509.Certificate | None, number: int, now: datetime) -> str:
    if link is None:
        return f"{number}  {_UNREADABLE}"
    until = f"until {iso(link.not_valid_after_utc)} ({remaining(link.not_valid_after_utc, now)})"
    return f"{number}  {subject(link)}, {key_type(link)}, {until}"


def _link_json(link: x509.Certificate | None) -> dict[str, str] | None:
    if link is None:
        return None
    return {
        "subject": subject(link),
        "issuer": _name(link.issuer),
        "fingerprint": fingerprint(link),
        "key_type": key_type(link),
        "not_before": iso(link.not_valid_before_utc),
        "not_after": iso(link.not_valid_after_utc),
    }


def _name(one: x509.Name | None) -> str:
    try:
        return name(one) if one is not None else _UNREADABLE
    except UNREADABLE:
        return _UNREADABLE
