"""How a registered client's certificates are recognised. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509

from service.certificate import ClientCertificate, Name, comparable

#: Of one URI: so many places where a prefix may end are looked up.
MOST_SEGMENTS = 16
#: Keys that are looked up for one certificate, whoever the issuer: of most there are less than ten.
MOST_KEYS = 1000
LONGEST = 1024  #: characters of a value or an issuer
ANY_ISSUER = ""
_LONGEST_DNS = 253  # RFC 1035, 2.3.4

_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]+")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DNS = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# As in policy.py: some reader below the prefix would resolve them to a place outside.
_CLIMBING = re.compile(r"(^|/)(\.|%2e){0,2}([/?#;]|$)|\\|%2f|%5c", re.IGNORECASE)


class InvalidMatcher(ValueError):
    """A kind that is none, or a value that it cannot have: says what was expected."""


#: What an index is made of: kind, value and issuer, each equal where it means the same.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One way to recognise a certificate: *value* of *kind*, and, if given, its *issuer*.

    value, issuer: for people, names as RFC 4514 text, issuer ANY_ISSUER = whoever issued it;
    key: for the index. Made by `of` alone.
    """

    kind: str
    value: str
    issuer: str
    key: Key = field(repr=False)

    @classmethod
    def of(cls, kind: str, value: str, issuer: str = ANY_ISSUER) -> Matcher:
        """Return the matcher; raises InvalidMatcher.

        kind: one of KINDS. uri-prefix: a URI that ends in "/", of which everything below it is
        recognised. subject, issuer: names as RFC 4514 text. fingerprint: SHA-256 over DER, hex.
        """
        if kind not in _CANONICAL:
            raise InvalidMatcher(f"kind is {kind!r}, expected one of {', '.join(KINDS)}")
        if max(len(value), len(issuer)) > LONGEST:
            raise InvalidMatcher(f"{kind} is longer than {LONGEST} characters")
        shown, known = _CANONICAL[kind](value)
        shown_issuer, known_issuer = _name(issuer) if issuer else (ANY_ISSUER, ANY_ISSUER)
        return cls(kind, shown, shown_issuer, (kind, known, known_issuer))

    def overlaps(self, other: Matcher) -> bool:
        """Whether some certificate bears what both look for, in the same of its names.

        Of two kinds nothing is said, but for uri and uri-prefix: a certificate may well have the
        one client's URI and the other's DNS name. Who does is refused when they call.
        """
        mine, theirs = self.key[2], other.key[2]
        if ANY_ISSUER not in {mine, theirs} and mine != theirs:
            return False
        if self.kind == other.kind != "uri-prefix":
            return self.key[1] == other.key[1]
        prefix, rest = (self, other) if self.kind == "uri-prefix" else (other, self)
        if prefix.kind != "uri-prefix" or rest.kind not in {"uri", "uri-prefix"}:
            return False
        if rest.kind == "uri":
            return is_below(rest.value, prefix.value)
        return rest.value.startswith(prefix.value) or prefix.value.startswith(rest.value)


def looked_for(certificate: ClientCertificate) -> frozenset[Key]:
    """Return the keys of all matchers that would recognise *certificate*.

    Of its names only those count that a matcher can have. cryptography takes any UTF-8 for an
    IA5String: in lower case U+212A is "k", two of U+FF0E are ".." to some readers, as is ".", a tab
    and ".", and 1024 characters are no longer 1024 octets.
    """
    found = {("fingerprint", certificate.fingerprint)}
    found.add(("subject", canonical(certificate.subject_name)))
    found |= {("dns", name.lower()) for name in certificate.dns_names if name.isascii()}
    for uri in filter(_URI.fullmatch, certificate.uris):
        found.add(("uri", uri))
        found |= {("uri-prefix", prefix) for prefix in prefixes(uri)}
    issuers = (ANY_ISSUER, canonical(certificate.issuer_name))
    return frozenset((kind, value, issuer) for kind, value in found for issuer in issuers)


def is_too_much(certificate: ClientCertificate) -> bool:
    """Whether *certificate* has so many names that looking all of them up would harm others.

    16 K of PEM have room for URIs of 10,000 keys, which are 100 BatchGetItem.
    """
    segments = (min(uri.count("/"), MOST_SEGMENTS) + 1 for uri in certificate.uris)
    return len(certificate.dns_names) + sum(segments) > MOST_KEYS


def overlapping(
    mine: Iterable[Matcher], theirs: Iterable[Matcher]
) -> Iterator[tuple[Matcher, Matcher]]:
    """Yield the pairs of *mine* and *theirs* that some certificate would match both of."""
    others = list(theirs)
    return ((one, two) for one in mine for two in others if one.overlaps(two))


def is_below(uri: str, prefix: str) -> bool:
    """Whether *uri* is a place below *prefix*, which ends in "/": neither it nor outside of it."""
    rest = uri.removeprefix(prefix)
    return uri.startswith(prefix) and bool(rest) and not _CLIMBING.search(rest)


def canonical(name: Name) -> str:
    """Return *name* as text that is equal where the names are (certificate.comparable)."""
    rdns = [sorted([oid, *_kind_and_text(value)] for oid, value in rdn) for rdn in name]
    return json.dumps(rdns, separators=(",", ":"))


def _kind_and_text(value: str | bytes) -> tuple[str, str]:
    return ("text", value) if isinstance(value, str) else ("octets", value.hex())


def above(matcher: Matcher) -> Iterator[str]:
    """Yield the values of uri-prefix that overlap with *matcher*, a uri or uri-prefix, or may."""
    # Of a prefix it is what is below, whatever its name.
    yield from prefixes(f"{matcher.value}x" if matcher.kind == "uri-prefix" else matcher.value)


def prefixes(uri: str) -> Iterator[str]:
    """Yield the values of uri-prefix that *uri* lies below of, the shortest first."""
    start = uri.find("//") + 2 if "//" in uri else 0
    ends = [at + 1 for at, letter in enumerate(uri) if letter == "/" and at >= start]
    for end in ends[:MOST_SEGMENTS]:
        if is_below(uri, uri[:end]):
            yield uri[:end]


def _uri(value: str) -> tuple[str, str]:
    if not _URI.fullmatch(value) or "*" in value:
        raise _expected("uri", value, "one such as 'spiffe://example.org/billing'")
    return value, value


def _uri_prefix(value: str) -> tuple[str, str]:
    prefix = value.removesuffix("*")
    if not prefix.endswith("/") or not _URI.fullmatch(prefix) or "*" in prefix:
        raise _expected("uri-prefix", value, "one such as 'spiffe://example.org/team/'")
    scheme, _, place = prefix.partition("://")
    host, _, path = place.partition("/")
    if not scheme or not host or _CLIMBING.search(f"{path}x"):
        raise _expected("uri-prefix", value, "a host, and no '.', '..' or empty segment")
    return prefix, prefix


def _dns(value: str) -> tuple[str, str]:
    name = value.lower().removesuffix(".")
    if not value.isascii() or len(name) > _LONGEST_DNS or not _DNS.fullmatch(name):
        raise _expected("dns", value, "a name such as 'billing.example.org'")
    return name, name


def _fingerprint(value: str) -> tuple[str, str]:
    found = value.lower().replace(":", "")
    if not _FINGERPRINT.fullmatch(found):
        raise _expected("fingerprint", value, "SHA-256 over DER as 64 hex digits")
    return found, found


@lru_cache(maxsize=256)  # most matchers of a registry have the same few issuers
def _name(value: str) -> tuple[str, str]:
    try:
        name = x509.Name.from_rfc4514_string(value)
    except ValueError as error:
        raise _expected("name", value, "one such as 'CN=billing,O=Example'") from error
    if not name.rdns:
        raise _expected("name", value, "one such as 'CN=billing,O=Example'")
    return name.rfc4514_string(), canonical(comparable(name))


def _expected(what: str, value: str, expected: str) -> InvalidMatcher:
    return InvalidMatcher(f"{what} is {value!r}, expected {expected}")


#: By kind: a value as people read it, and as the index has it.
_CANONICAL: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "uri": _uri,
    "uri-prefix": _uri_prefix,
    "dns": _dns,
    "subject": _name,
    "fingerprint": _fingerprint,
}
KINDS = tuple(_CANONICAL)
