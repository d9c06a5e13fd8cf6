"""Who issued whom in a truststore: each signature verified once, however many CAs share a name."""

import heapq
import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pki.purposes import asks_by_number, key_identifiers
from pki.search import Search, cost_of_size

from .members import Member
from .signatures import Pair, verified

#: Then the search is given up: 1 is a signature with P-256, or a comparison of what both say.
MAX_CHECKS = 10_000
_NAMESAKES = 8


@dataclass(slots=True)
class Family:
    """The certificates, each once.

    issuers: by certificate; roots: CAs that signed themselves; strangers: by certificate, those
    that bear its issuer's name and have not signed it, though their key identifier is the wanted
    one; misidentified: by certificate, one that signed it under another key identifier; depth:
    CAs up to the nearest root, itself included; room: how many CAs path lengths allow below it;
    stuck: where the search was given up; what had not been found then may be there all the same.
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
    stuck: Member | None = None
    search: Search = field(default_factory=lambda: Search(MAX_CHECKS))

    def is_authority(self, member: Member) -> bool:
        """Whether *member* is a CA, or was meant to be one."""
        if member.is_ca or member.signs_certificates or self.children.get(member):
            return True
        return member.constraints is None and member.is_self_issued and not member.has_leaf_marks


def relate(members: Iterable[Member]) -> Family:
    """Return how *members* stand to each other."""
    family = Family(list({member.der: member for member in reversed(list(members))}.values())[::-1])
    for member in family.members:
        family.by_subject.setdefault(member.subject, []).append(member)
    for find in (_find_roots, _find_issuers, _find_misidentified):
        if not family.search.is_over:
            find(family)
    _measure_depth(family)
    _measure_room(family)
    return family


def _find_roots(family: Family) -> None:
    own = [
        (member, member)
        for member in family.members
        if member.is_self_issued and member.wanted in {None, member.identifier}
    ]
    family.roots = {root: None for (root, _), is_signed in _signed(family, own) if is_signed}


def _find_issuers(family: Family) -> None:
    identified: dict[tuple[bytes, bytes | None], list[Member]] = defaultdict(list)
    for member in family.members:
        identified[member.subject, member.identifier].append(member)

    def pairs() -> Iterator[Pair]:
        for member in family.members:
            if member in family.roots:
                continue
            by_number = asks_by_number(member.above)
            for candidate in _candidates(family, member, identified):
                if candidate is member:
                    continue
                if not (by_number and _contradicts(family, member, candidate)):
                    yield candidate, member

    for (issuer, member), is_signed in _signed(family, pairs()):
        found = family.issuers if is_signed else family.strangers
        found.setdefault(member, []).append(issuer)
        if is_signed:
            family.children.setdefault(issuer, []).append(member)


def _candidates(
    family: Family,
    member: Member,
    identified: dict[tuple[bytes, bytes | None], list[Member]],
) -> Iterable[Member]:
    if member.wanted is None:
        return family.by_subject.get(member.issuer, ())
    with_key = identified.get((member.issuer, member.wanted), [])
    return [*with_key, *identified.get((member.issuer, None), [])]


def _contradicts(family: Family, member: Member, candidate: Member) -> bool:
    """Whether *member* asks for another issuer than *candidate* (RFC 5280, 4.2.1.1)."""
    return (
        family.search.may(1 + cost_of_size(len(member.der) + len(candidate.der)))
        and key_identifiers(member.certificate, candidate.certificate) is not None
    )


def _find_misidentified(family: Family) -> None:
    def pairs() -> Iterator[Pair]:
        for member in family.members:
            if member.above and member not in family.roots and member not in family.issuers:
                for namesake in family.by_subject.get(member.issuer, ())[:_NAMESAKES]:
                    if _contradicts(family, member, namesake):
                        yield namesake, member

    for (issuer, member), is_signed in _signed(family, pairs()):
        if is_signed:
            family.misidentified.setdefault(member, issuer)


def _signed(family: Family, pairs: Iterable[Pair]) -> Iterable[tuple[Pair, bool]]:
    """Return *pairs*, as far as the search may go, and of each whether it is one that signed."""
    due: list[Pair] = []
    for issuer, member in pairs:
        if not family.search.may(max(issuer.cost, 1) + cost_of_size(len(member.der))):
            family.stuck = member
            break
        due.append((issuer, member))
    return zip(due, verified(due), strict=True)


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
