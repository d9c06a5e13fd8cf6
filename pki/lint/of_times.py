"""Rules for validity and names: what is fine today and not tomorrow, or not for everybody."""

from collections.abc import Iterable, Iterator, Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.describe import iso, printable, remaining
from pki.findings import Severity
from pki.reasons import REASONS

from .members import Member
from .rule import OWN, Bundle, Hit, Rule, both, of, refused

_RENEW = "ask its owner for its successor, and put that beside it in time"
_SAY_LESS = "ask its owner for names of printable ASCII, within RFC 5280, A.1"
_NOT_YET = REASONS["chain-member-not-yet-valid"]
#: RFC 5280, A.1: the upper bounds.
_LONGEST = {
    NameOID.COMMON_NAME: 64,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.COUNTRY_NAME: 2,
    NameOID.LOCALITY_NAME: 128,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
    NameOID.SERIAL_NUMBER: 64,
    NameOID.TITLE: 64,
    NameOID.EMAIL_ADDRESS: 255,
}
_UNCHECKED = (x509.DirectoryName, x509.RFC822Name)


def _expired(bundle: Bundle) -> Iterator[Hit]:
    latest = _latest(bundle)
    for member in bundle.authorities:
        if bundle.now >= member.ends and not _later(latest, member):
            yield of(member, f"it expired on {iso(member.ends)}")


def _replaced(bundle: Bundle) -> Iterator[Hit]:
    latest = _latest(bundle)
    for member in bundle.authorities:
        if bundle.now >= member.ends and (other := _later(latest, member)):
            message = f"it expired on {iso(member.ends)}, its successor with the same key is here"
            yield of(member, f"{message} until {iso(other.ends)}")


def _not_yet_valid(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.authorities:
        if bundle.now < member.begins:
            yield of(member, f"it is valid from {iso(member.begins)} only")


def _expires_soon(bundle: Bundle) -> Iterator[Hit]:
    latest = _latest(bundle)
    for member in bundle.authorities:
        soon = bundle.now < member.ends and member.ends - bundle.now <= bundle.within
        if soon and not _later(latest, member):
            yield of(member, f"it expires on {iso(member.ends)}: {_left(member, bundle)}")


def _left(member: Member, bundle: Bundle) -> str:
    return remaining(member.ends, bundle.now)


def _latest(bundle: Bundle) -> dict[tuple[bytes, bytes], Member]:
    """Of those of one name and key that are valid now, the one that is valid longest."""
    latest: dict[tuple[bytes, bytes], Member] = {}
    for member in bundle.family.members:
        if member.begins <= bundle.now < member.ends:
            first = latest.setdefault((member.subject, member.key), member)
            if member.ends > first.ends:
                latest[member.subject, member.key] = member
    return latest


def _later(latest: Mapping[tuple[bytes, bytes], Member], member: Member) -> Member | None:
    """Return one of the same name and key that is valid now, and longer than *member*."""
    other = latest.get((member.subject, member.key))
    return other if other and other.ends > member.ends else None


def _outlives(bundle: Bundle) -> Iterator[Hit]:
    for member, issuers in bundle.family.issuers.items():
        latest = max(issuer.ends for issuer in issuers)
        if latest < member.ends:
            message = f"it is valid until {iso(member.ends)}, its issuer until {iso(latest)}"
            yield of(member, message)


def _odd_name(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.family.members:
        for value in _values(member):
            if not value.isascii() or not value.isprintable():
                yield of(member, f"its name has {printable(value)[:80]!r}, expected ASCII")
                break


def _long_name(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.family.members:
        for attribute in member.name:
            longest = _LONGEST.get(attribute.oid)
            length = len(attribute.value)
            if longest is not None and length > longest:
                kind = attribute.rfc4514_attribute_name
                yield of(member, f"{kind} has {length} characters, expected up to {longest}")
                break


def _no_name(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.authorities:
        if not member.name.rdns:
            yield of(member, "a CA has an empty subject")


def _values(member: Member) -> Iterator[str]:
    for attribute in member.name:
        if isinstance(attribute.value, str):
            yield attribute.value


def _trees(member: Member) -> tuple[x509.GeneralName, ...]:
    found = member.extension(x509.NameConstraints)
    if found is None:
        return ()
    return (*(found.permitted_subtrees or ()), *(found.excluded_subtrees or ()))


def _constrained(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.family.members:
        trees = _trees(member)
        if trees and not any(isinstance(tree, _UNCHECKED) for tree in trees):
            yield of(member, f"it constrains the names below it: {_kinds(trees)}")


def _unchecked(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.family.members:
        trees = [tree for tree in _trees(member) if isinstance(tree, _UNCHECKED)]
        if trees:
            message = f"it constrains names of the kind {_kinds(trees)}"
            yield of(member, f"{message}, expected DNS names or IP addresses")


def _kinds(trees: Iterable[x509.GeneralName]) -> str:
    return ", ".join(sorted({type(tree).__name__ for tree in trees}))


RULES = (
    Rule("expired", "a certificate has expired",
         "nothing below it is let in", "leave it out, or put its successor in",
         refused("expired"), _expired),
    Rule("expired-renewed", "a certificate has expired, its successor with the same key is here",
         "it is of no use, and a verifier may take it for the other one",
         "leave it out: python -m pki truststore build FILE --out truststore.pem",
         both(Severity.WARNING, "unconfirmed:renewed-authority"), _replaced),
    Rule("not-yet-valid", "a certificate is not valid yet",
         "nothing below it is let in before that day", "look whether that is meant",
         both(Severity.WARNING, _NOT_YET["api-gateway"].source, _NOT_YET["alb"].source),
         _not_yet_valid),
    Rule("expires-soon", "a certificate expires within so many days, 30 by default",
         "everybody below it is locked out on that day, and AWS tells nobody", _RENEW,
         both(Severity.WARNING, OWN), _expires_soon),
    Rule("outlives-issuer", "a CA is valid for longer than what issued it",
         "what it issues stops working with its issuer, earlier than it says", _RENEW,
         both(Severity.INFO, "RFC 5280, 6.1.3"), _outlives),
    Rule("odd-name", "a subject is not printable ASCII",
         "names are compared octet by octet, and logs show them in their own ways", _SAY_LESS,
         both(Severity.WARNING, "unconfirmed:names", "unconfirmed:alb-names"), _odd_name),
    Rule("long-name", "a part of a subject is longer than RFC 5280 allows",
         "some libraries refuse to read it", _SAY_LESS,
         both(Severity.WARNING, "RFC 5280, A.1"), _long_name),
    Rule("no-name", "a CA has an empty subject",
         "nothing can name it as its issuer", _SAY_LESS,
         both(Severity.ERROR, "RFC 5280, 4.1.2.6"), _no_name),
    Rule("name-constraints", "a CA has name constraints",
         "they hold for all below it: who is let in depends on the names in the leaf",
         "ask its owner which names its clients will have",
         both(Severity.INFO, "RFC 5280, 4.2.1.10"), _constrained),
    Rule("name-constraints-kind", "name constraints are on directory names or e-mail addresses",
         "not every verifier holds them against subjects: nobody below it is let in here",
         "ask its owner for a CA with constraints on DNS names or addresses, or none",
         refused("name-constraints"), _unchecked),
)  # fmt: skip
