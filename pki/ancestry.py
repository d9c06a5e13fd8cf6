"""Which CAs stand above a leaf, by name and signature: what a path can be made of."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from .issuers import Named
from .search import Search, cost_of_size
from .tbs import parts

#: As many as API Gateway's largest truststore has certificates, if they are with P-256 or RSA, or
#: what takes as long; then the search is given up.
MAX_SIGNATURES = 1000

_Certificates = dict[x509.Certificate, list[x509.Certificate]]


@dataclass(slots=True)
class Ancestry:
    """The CAs above *leaf*.

    issuers: of the leaf and of each CA above it, those that issued it; namesakes: those that bear
    the name of its issuer and did not issue it, and a few that have another key identifier than it
    asks for; roots: those that signed themselves; is_complete: False if the search was given up
    after MAX_SIGNATURES.
    """

    leaf: x509.Certificate
    issuers: _Certificates = field(default_factory=dict)
    namesakes: _Certificates = field(default_factory=dict)
    roots: set[x509.Certificate] = field(default_factory=set)
    is_complete: bool = True

    def authorities(self) -> list[x509.Certificate]:
        """Return all CAs above the leaf, nearest first, each once."""
        return list(dict.fromkeys(ca for above in self.issuers.values() for ca in above))

    def shortest_route(self, to: Sequence[x509.Certificate]) -> list[x509.Certificate]:
        """Return the CAs from above the leaf up to the nearest of *to*; empty if none leads there.

        It only says where to look for what is wrong: it is no verified path.
        """
        below: dict[x509.Certificate, x509.Certificate] = {}
        waiting = deque([self.leaf])
        while waiting:
            here = waiting.popleft()
            if here in to:
                route = [here]
                while (child := below[route[0]]) is not self.leaf:
                    route.insert(0, child)
                return route
            for issuer in self.issuers.get(here, ()):
                if issuer not in below:
                    below[issuer] = here
                    waiting.append(issuer)
        return []


def trace(
    leaf: x509.Certificate,
    truststore: Collection[x509.Certificate],
    sent: Collection[x509.Certificate] = (),
    search: Search | None = None,
) -> Ancestry:
    """Return the CAs of *truststore* and of *sent* above the well-formed *leaf*, right or wrong.

    Malformed ones are passed over. A CA stands above another certificate if that bears its name as
    the issuer's, octet for octet (RFC 5280, 7.1, would compare more kindly), does not ask for
    another key identifier (4.2.1.1), and is signed with its key (6.1.3). What a root would be
    issued by is not looked for. *search*: what it may cost; MAX_SIGNATURES by default.
    """
    ancestry = Ancestry(leaf)
    search = search or Search(MAX_SIGNATURES)
    named = Named.of(truststore)
    named = Named(sent, beside=named) if sent else named
    waiting = deque([leaf])
    while waiting and not search.is_over:
        child = waiting.popleft()
        if child in ancestry.issuers:
            continue
        # Each that is found costs too: there is more to be looked at in it.
        search.may(1 + cost_of_size(parts(child).size))
        issuers, namesakes = list[x509.Certificate](), list[x509.Certificate]()
        if named.is_root(child, search):
            ancestry.roots.add(child)
        else:
            issuers, namesakes = named.issuers_of(child, search)
        ancestry.issuers[child], ancestry.namesakes[child] = issuers, namesakes
        waiting.extend(issuers)
    ancestry.is_complete = not search.is_over
    return ancestry
