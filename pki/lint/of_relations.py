"""Rules for how the certificates stand to each other: who issued whom, and who is like whom."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from pki.findings import Severity
from pki.path import MAX_AUTHORITIES
from pki.reasons import REASONS
from pki.verdict import Front

from .family import MAX_CHECKS
from .members import Member, label
from .rule import OWN, Bundle, Grade, Hit, Rule, both, of

_ADD_ISSUER = "add the file with that CA: python -m pki truststore build FILE FILE"
_ASK = "ask its owner which of them is right"
_SHOWN = 3


def _errors(code: str) -> dict[Front, Grade]:
    reason = REASONS[code]
    return both(Severity.ERROR, reason["api-gateway"].source, reason["alb"].source)


def _orphans(bundle: Bundle) -> Iterator[Member]:
    """CAs without an issuer here, that are no roots; none if not all was looked at."""
    for member in () if bundle.family.search.is_over else bundle.authorities:
        if not bundle.family.issuers.get(member) and member not in bundle.family.roots:
            yield member


def _has_no_root(bundle: Bundle) -> bool:
    return not any(map(bundle.family.is_authority, bundle.family.roots))


def _signature(bundle: Bundle) -> Iterator[Hit]:
    for member in _orphans(bundle):
        strangers = bundle.family.strangers.get(member)
        if strangers or (member.is_self_issued and member not in bundle.family.misidentified):
            found = (
                "it says that it signed itself" if not strangers else "a CA of that name is here"
            )
            signer = label(member.certificate.issuer)
            yield of(member, f"its signature is not by {signer!r}: {found}, with another key")


def _key_identifiers(bundle: Bundle) -> Iterator[Hit]:
    for member, issuer in bundle.family.misidentified.items():
        yield of(member, f"{issuer.label!r} signed it, and it asks for another key identifier")


def _spelling(bundle: Bundle) -> Iterator[Hit]:
    for member, other in _misspelled(bundle).items():
        wanted = label(member.certificate.issuer)
        yield of(member, f"it writes its issuer {wanted!r}, which is {other.label!r} here")


def _misspelled(bundle: Bundle) -> dict[Member, Member]:
    strangers = [
        member for member in _orphans(bundle) if member.issuer not in bundle.family.by_subject
    ]
    folded: dict[str, Member] = {}
    for member in bundle.family.members if strangers else ():
        folded.setdefault(_folded(member.label), member)
    wanted = {member: _folded(label(member.certificate.issuer)) for member in strangers}
    return {member: folded[name] for member, name in wanted.items() if name in folded}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _tops(bundle: Bundle) -> Iterator[Member]:
    """CAs whose issuer is missing, and no other rule says why."""
    explained = {*bundle.family.misidentified, *bundle.family.strangers, *_misspelled(bundle)}
    for member in _orphans(bundle):
        if member not in explained and not member.is_self_issued:
            yield member


def _issuer_missing(bundle: Bundle) -> Iterator[Hit]:
    if not _has_no_root(bundle):
        for member in _tops(bundle):
            missing = label(member.certificate.issuer)
            also = ": one of that name is here, with another key" * (
                member.issuer in bundle.family.by_subject
            )
            yield of(member, f"its issuer {missing!r} is missing{also}")


def _root_missing(bundle: Bundle) -> Iterator[Hit]:
    if bundle.members and _has_no_root(bundle) and not bundle.family.search.is_over:
        missing = sorted({label(member.certificate.issuer) for member in _tops(bundle)})
        names = ", ".join(map(repr, missing[:_SHOWN])) + " and others" * (len(missing) > _SHOWN)
        found = f"{names} is missing" if missing else "no CA here signed itself"
        yield Hit(f"no root is in the file: {found}")


def _unreachable(bundle: Bundle) -> Iterator[Hit]:
    if _has_no_root(bundle) or bundle.family.search.is_over:
        return
    for member in bundle.authorities:
        if bundle.family.issuers.get(member) and member not in bundle.family.depth:
            yield of(member, "its issuer is here, but no root stands above it")


def _too_long(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.authorities:
        depth = bundle.family.depth.get(member, 0)
        if depth > MAX_AUTHORITIES:
            yield of(member, f"it and those above it are {depth} CAs, expected up to 4")


def _path_length(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.authorities:
        if member in bundle.family.depth and member not in bundle.family.room:
            yield of(member, "a CA above it allows fewer CAs below itself (pathLength)")


def _duplicate(bundle: Bundle) -> Iterator[Hit]:
    seen: dict[bytes, Member] = {}
    for member in bundle.members:
        first = seen.setdefault(member.der, member)
        if first is not member:
            yield of(member, f"it is in the file already, on line {first.line}")


def _same_subject(bundle: Bundle) -> Iterator[Hit]:
    first: dict[bytes, Member] = {}
    told = set()
    for member in bundle.authorities:
        other = first.setdefault(member.subject, member)
        if other.key != member.key and member.subject not in told:
            told.add(member.subject)
            yield of(member, f"it has the name of the one on line {other.line}, and another key")


def _same_key(bundle: Bundle) -> Iterator[Hit]:
    seen: dict[bytes, Member] = {}
    for member in bundle.family.members:
        first = seen.setdefault(member.key, member) if member.key else member
        if first.subject != member.subject:
            message = f"it has the key of {first.label!r} on line {first.line}, and another name"
            yield of(member, message)


def _twins(bundle: Bundle) -> Iterator[tuple[Member, Member]]:
    """Certificates of one name and key, each with the first of them."""
    groups: dict[tuple[bytes, bytes], list[Member]] = defaultdict(list)
    for member in bundle.authorities:
        if member.key:
            groups[member.subject, member.key].append(member)
    return chain.from_iterable(((one, m) for m in more) for one, *more in groups.values())


def _cross_sign(bundle: Bundle) -> Iterator[Hit]:
    for first, member in _twins(bundle):
        if member.issuer != first.issuer:
            above = [label(m.certificate.issuer) for m in (first, member)]
            yield of(member, f"two have issued it: {above[0]!r} and {above[1]!r}")


def _reissued(bundle: Bundle) -> Iterator[Hit]:
    for first, member in _twins(bundle):
        if member.issuer == first.issuer and bundle.now < min(first.ends, member.ends):
            yield of(member, f"it is another edition of the one on line {first.line}")


def _too_tangled(bundle: Bundle) -> Iterator[Hit]:
    stuck = bundle.family.stuck
    if bundle.family.search.is_over:
        found = f"who issued whom was not looked at to the end, after {MAX_CHECKS:,} steps"
        yield of(stuck, found) if stuck else Hit(found)


RULES = (
    Rule("signature", "a signature is not by the CA that it names, or not by its own key",
         "it was changed, or that CA has another key by now", _ASK,
         _errors("issuer-has-another-key"), _signature),
    Rule("key-identifiers", "a CA asks for another key identifier than its issuer has",
         "OpenSSL, and what goes by it, does not find the issuer", _ASK,
         _errors("issuer-has-another-identifier"), _key_identifiers),
    Rule("spelling", "an issuer's name differs from the CA's in case, blanks or encoding alone",
         "names are compared octet by octet", _ASK,
         _errors("issuer-spelled-differently"), _spelling),
    Rule("issuer-missing", "the issuer of a CA is not in the file",
         "API Gateway wants the complete chain up to the root", _ADD_ISSUER,
         _errors("chain-incomplete"), _issuer_missing),
    Rule("root-missing", "there is no root in the file",
         "API Gateway wants the complete chain up to the root", _ADD_ISSUER,
         _errors("chain-incomplete"), _root_missing),
    Rule("unreachable", "a CA's issuer is there, but no root stands above it",
         "nothing below it is let in", _ADD_ISSUER,
         _errors("chain-incomplete"), _unreachable),
    Rule("chain-too-long", "a CA and those above it are more than 4",
         "both fronts take up to 4 CAs above a leaf", "ask for leaves of a CA nearer to the root",
         _errors("chain-too-long"), _too_long),
    Rule("path-length", "a CA stands deeper than a pathLength above it allows",
         "nothing below it is let in", _ASK, _errors("path-length"), _path_length),
    Rule("duplicate", "a certificate is there twice",
         "it counts twice against the limit; what the front says is not known",
         "python -m pki truststore build FILE --out truststore.pem",
         both(Severity.WARNING, "unconfirmed:pem", "unconfirmed:alb-pem"), _duplicate),
    Rule("same-subject", "two CAs have one name and two keys",
         "right after a change of keys; else one of them may be an impostor", _ASK,
         both(Severity.WARNING, OWN), _same_subject),
    Rule("same-key", "two CAs have one key and two names",
         "who has the key speaks for both", _ASK, both(Severity.WARNING, OWN), _same_key),
    Rule("cross-sign", "two issuers have issued one CA",
         "there are two ways up, and a verifier may take the worse",
         "look that both ways are good: python -m pki explain LEAF --truststore FILE",
         both(Severity.INFO, "unconfirmed:several-paths", "unconfirmed:alb-several-paths"),
         _cross_sign),
    Rule("reissued", "two editions of one CA, by the same issuer",
         "the one that ends later does for both",
         "leave the earlier one out once nobody sends it",
         both(Severity.INFO, OWN), _reissued),
    Rule("too-tangled", "very many CAs have the same name",
         "a search for the issuer must end somewhere", _ASK,
         both(Severity.ERROR, "unconfirmed:search-too-large", "unconfirmed:alb-search-too-large"),
         _too_tangled),
)  # fmt: skip
