"""Two truststores: which CAs come and go, and who of the clients loses or gains access by it."""

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

from . import relevant
from .acceptance import decide
from .ancestry import MAX_SIGNATURES
from .errors import PkiError
from .issuers import Named, is_signed_by
from .relevant import Kin, Relevant
from .search import Search, cost_of_sorting
from .verdict import Accepted, Front, Refused, Verdict

#: What may be spent with one truststore: 1 is a signature with P-256, see search.py.
_BASE, _EACH = 6000, 24
_GATHERED = 8  #: as many are gathered while one is sorted
_KINDS = 10_000

Kind = Literal["anchor", "intermediate", "unknown"]
Outcome = Literal["loses", "gains", "keeps", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("loses", "gains", "keeps", "refused")


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody's *leaf*, what is *sent* after it, and what we call it, if anything."""

    leaf: x509.Certificate
    sent: tuple[x509.Certificate, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one front says before and after."""

    before: Verdict
    after: Verdict

    @property
    def outcome(self) -> Outcome:
        """What becomes of the access."""
        was, will = isinstance(self.before, Accepted), isinstance(self.after, Accepted)
        if was:
            return "keeps" if will else "loses"
        return "gains" if will else "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of one client, by front."""

    client: Client
    changes: Mapping[Front, Change]


@dataclass(frozen=True, slots=True)
class Difference:
    """CAs that come and go with the new truststore, and the clients, in the order given.

    kinds: of these CAs, whether a path can end in it.
    """

    came: tuple[x509.Certificate, ...]
    went: tuple[x509.Certificate, ...]
    judged: tuple[Judged, ...]
    fronts: tuple[Front, ...]
    kinds: Mapping[x509.Certificate, Kind]

    @property
    def somebody_loses(self) -> bool:
        """Is there anybody whom a front accepts before and refuses after."""
        return any(self.count(front, "loses") for front in self.fronts)

    def count(self, front: Front, outcome: Outcome) -> int:
        """Return for how many clients *front* comes to *outcome*."""
        return sum(one.changes[front].outcome == outcome for one in self.judged)


def difference(
    old: Sequence[x509.Certificate],
    new: Sequence[x509.Certificate],
    clients: Iterable[Client],
    *,
    fronts: Sequence[Front],
    now: datetime,
) -> Difference:
    """Return what the step from *old* to *new* does to *clients* at the aware time *now*.

    Each is decided about by `decide()`, with each truststore and for each front; leaves that are
    alike (relevant.likeness) once, and where the CAs that matter are the same in both, once.
    PkiError if a truststore makes that too long.
    """
    clients = list(clients)
    # The same objects: they are compared for each client.
    known = {one: one for one in old}
    new = [known.get(one, one) for one in new]
    before, after = (_Side(one, len(clients)) for one in (old, new))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of much that is refused here
        judged = tuple(
            _judged(client, before, after, _Asked(tuple(fronts), now)) for client in clients
        )
    came = tuple(one for one in after.all if one not in before.all)
    went = tuple(one for one in before.all if one not in after.all)
    return Difference(came, went, judged, tuple(fronts), _kinds((*came, *went)))


def _kinds(certificates: Sequence[x509.Certificate]) -> dict[x509.Certificate, Kind]:
    """Return of each whether it signed itself, so that a path can end in it."""
    search, kinds = Search(_KINDS), dict[x509.Certificate, Kind]()
    for one in certificates:
        is_anchor = is_signed_by(one, one, search)
        kinds[one] = "anchor" if is_anchor else "unknown" if search.is_over else "intermediate"
    return kinds


@dataclass(frozen=True, slots=True)
class _Asked:
    fronts: tuple[Front, ...]
    now: datetime


class _Side:
    """One of the two truststores, and what was said with it of leaves that are alike."""

    def __init__(self, truststore: Sequence[x509.Certificate], clients: int) -> None:
        self.all = Named(truststore)
        self._relevant = Relevant(self.all)
        self._said: dict[Hashable, Accepted | Refused] = {}
        self._search = Search(_BASE + _EACH * clients)

    def kin(self, client: Client) -> Kin:
        """Return what of the truststore can matter to *client*; PkiError if it takes too long."""
        found = self._relevant.to(client.leaf, client.sent)
        # A leaf of another issuer has others: they are gathered anew.
        self._search.may(cost_of_sorting(len(found.certificates)) // _GATHERED)
        return found

    def verdicts(self, client: Client, kin: Kin, asked: _Asked) -> dict[Front, Verdict]:
        """Return what each front says of *client*; PkiError if it takes too long."""
        leaf, likeness = client.leaf, None
        if not (client.sent or kin.constrains):
            likeness = relevant.likeness(leaf, self.all, asked.now, self._part())
        verdicts: dict[Front, Verdict] = {}
        for front in asked.fronts:
            known = self._said.get((front, likeness)) if likeness is not None else None
            verdict = _of(leaf, known) if known else None
            if verdict is None:
                verdict = self._decide(client, front, asked.now)
                self._said[front, likeness] = verdict
            verdicts[front] = verdict
        return verdicts

    def _decide(self, client: Client, front: Front, now: datetime) -> Verdict:
        sent, part = client.sent, self._part()
        return decide(client.leaf, sent, self.all, front=front, now=now, search=part)

    def _part(self) -> Search:
        if self._search.is_over or self._search.left < MAX_SIGNATURES:
            raise PkiError(
                "gave up: a truststore has too many CAs that could have issued each other",
                "see which: python -m pki truststore lint FILE",
            )
        return Search(MAX_SIGNATURES, self._search)


def _of(leaf: x509.Certificate, alike: Verdict) -> Verdict:
    """Return the verdict of *leaf*, whose like got *alike*: its own place in path and times."""
    if isinstance(alike, Refused):
        return alike
    path = (leaf, *alike.path[1:])
    return Accepted(
        path,
        max(member.not_valid_before_utc for member in path),
        min(member.not_valid_after_utc for member in path),
    )


def _judged(client: Client, before: _Side, after: _Side, asked: _Asked) -> Judged:
    old, new = before.kin(client), after.kin(client)
    was = before.verdicts(client, old, asked)
    will = was if old == new else after.verdicts(client, new, asked)
    return Judged(client, {front: Change(was[front], will[front]) for front in asked.fronts})
