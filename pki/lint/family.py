"""Who issued whom in a truststore: each signature verified once, however many CAs share a name."""

import heapq
import math
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pki.algorithms import signature_fault
from pki.errors import UNREADABLE
from pki.purposes import key_identifiers

from .members import Member

#: Then the search is given up: a key identifier that is compared is 1, a signature with P-256 too.
MAX_CHECKS = 7500
_NAMESAKES = 8
_RSA_COSTS = {4096: 1, 8192: 4}
_CURVE_COSTS: dict[type[ec.EllipticCurve], int] = {
    ec.SECP256R1: 1,
    ec.SECP384R1: 4,
    ec.SECP521R1: 7,
}


@dataclass(slots=True)
class Family:
    """The certificates, each once.

    issuers: by certificate; roots: CAs that signed themselves; strangers: by certificate, those
    that bear its issuer's name and have not signed it, though their key identifier is the wanted
    one; misidentified: by certificate, one that signed it under another key identifier; depth:
    CAs up to the nearest root, itself included; room: how many CAs path lengths allow below it;
    is_complete: False if the search was given up.
    """

    members: Sequence[Member]
    by_subject: dict[bytes, list[Member]] = field(default_factory=dict)
    issuers: dict[Member, list[Member]] = field(default_factory=dict)
    children: dict[Member, list[Member]] = field(default_factory=dict)
    roots: dict[Member, None] = field(default_factory=dict)  #: in their order
    strangers: dict[Member, list[Member]] = field(default_factory=dict)
    misidentified: dict[Member, Member] = field(default_factory=dict)
    depth: dict[Member, int] = field(default_factory=dict)
    room: dict[Member, float] = field(default_factory=dict)
    costs: dict[Member, int] = field(default_factory=dict)  #: of a signature by its key
    checks: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every signature was looked at."""
        return self.checks < MAX_CHECKS

    def is_authority(self, member: Member) -> bool:
        """Whether *member* is a CA, or was meant to be one."""
        if member.is_ca or member.signs_certificates or self.children.get(member):
            return True
        return member.constraints is None and member.is_self_issued and not member.has_leaf_marks


def relate(members: Iterable[Member]) -> Family:
    """Return how *members* stand to each other."""
    family = Family(list({member.der: member for member in reversed(list(members))}.values())[::-1])
    named: dict[bytes, list[Member]] = defaultdict(list)
    identified: dict[tuple[bytes, bytes | None], list[Member]] = defaultdict(list)
    for member in family.members:
        named[member.subject].append(member)
        identified[member.subject, member.identifier].append(member)
    family.by_subject = dict(named)
    for member in family.members:
        is_named = member.wanted in {None, member.identifier}
        if member.is_self_issued and is_named and _has_signed(family, member, member):
            family.roots[member] = None
            continue
        for candidate in _candidates(member, named, identified):
            if candidate is not member:
                _compare(family, member, candidate)
        if not family.issuers.get(member):
            _find_misidentified(family, member, named.get(member.issuer, ()))
    _measure_depth(family)
    _measure_room(family)
    return family


def _candidates(
    member: Member,
    named: dict[bytes, list[Member]],
    identified: dict[tuple[bytes, bytes | None], list[Member]],
) -> Iterable[Member]:
    if member.wanted is None:
        return named.get(member.issuer, ())
    with_key = identified.get((member.issuer, member.wanted), [])
    return [*with_key, *identified.get((member.issuer, None), [])]


def _compare(family: Family, member: Member, candidate: Member) -> None:
    if not family.is_complete or _contradict(member, candidate):
        family.checks += 1
        return
    if _has_signed(family, candidate, member):
        family.issuers.setdefault(member, []).append(candidate)
        family.children.setdefault(candidate, []).append(member)
    else:
        family.strangers.setdefault(member, []).append(candidate)


def _contradict(member: Member, candidate: Member) -> bool:
    """Whether *member* asks for another issuer than *candidate* (RFC 5280, 4.2.1.1)."""
    above = member.extension(x509.AuthorityKeyIdentifier)
    if above is None:
        return False
    if above.authority_cert_serial_number is None and above.authority_cert_issuer is None:
        return None not in {member.wanted, candidate.identifier} and (
            member.wanted != candidate.identifier
        )
    return key_identifiers(member.certificate, candidate.certificate) is not None


def _find_misidentified(family: Family, member: Member, namesakes: Sequence[Member]) -> None:
    for namesake in namesakes[:_NAMESAKES]:
        if (
            family.is_complete
            and key_identifiers(member.certificate, namesake.certificate)
            and _has_signed(family, namesake, member)
        ):
            family.misidentified[member] = namesake
            return


def _has_signed(family: Family, issuer: Member, member: Member) -> bool:
    """Whether the key of *issuer* is behind *member*; yes where only another rule can tell."""
    if not family.is_complete:
        return False
    try:
        if issuer not in family.costs:
            family.costs[issuer] = _cost(issuer)
        if not family.costs[issuer]:  # no front takes it: the rules on keys say so
            return True
        family.checks += family.costs[issuer]
        member.certificate.verify_directly_issued_by(issuer.certificate)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, TypeError):  # a key or a hash that no front takes
        return True
    except UNREADABLE:
        # cryptography verifies no SHA-1 here: that such a signature is refused is another rule's.
        return signature_fault(member.certificate, "alb") is not None
    return True


def _cost(issuer: Member) -> int:
    """How many times as long as P-256 its key takes; 0 for kinds that are not worth it."""
    key = issuer.certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return next((cost for bits, cost in _RSA_COSTS.items() if key.key_size <= bits), 0)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVE_COSTS.get(type(key.curve), 0)
    return 1


def _measure_depth(family: Family) -> None:
    waiting = deque(family.roots)
    family.depth = dict.fromkeys(family.roots, 1)
    while waiting:
        above = waiting.popleft()
        for member in family.children.get(above, ()):
            if member not in family.depth:
                family.depth[member] = family.depth[above] + 1
                waiting.append(member)


def _measure_room(family: Family) -> None:
    """Give each member the room of its roomiest path; none if every path is too long for it."""
    order = {member: number for number, member in enumerate(family.members)}
    waiting = [(-_own_room(root), order[root]) for root in family.roots]
    heapq.heapify(waiting)
    while waiting:
        negative, number = heapq.heappop(waiting)
        member = family.members[number]
        if member in family.room:
            continue
        room = family.room[member] = -negative
        for child in family.children.get(member, ()):
            left = room if child.is_self_issued else room - 1
            if left >= 0 and child not in family.room:
                heapq.heappush(waiting, (-min(left, _own_room(child)), order[child]))


def _own_room(member: Member) -> float:
    if member.constraints is None or member.constraints.path_length is None:
        return math.inf
    return float(member.constraints.path_length)
