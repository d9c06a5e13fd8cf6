"""Two truststores: which CAs come and go, and who of the clients loses or gains access by it."""

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

from . import relevant
from .acceptance import decide
from .issuers import is_signed_by
from .relevant import Relevant
from .verdict import Accepted, Front, Refused, Verdict

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
    """CAs that come and go with the new truststore, and the clients, in the order given."""

    came: tuple[x509.Certificate, ...]
    went: tuple[x509.Certificate, ...]
    judged: tuple[Judged, ...]
    fronts: tuple[Front, ...]

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
    """
    before, after = _Side(old), _Side(new)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of much that is refused here
        judged = tuple(
            _judged(client, before, after, _Asked(tuple(fronts), now)) for client in clients
        )
    return Difference(
        tuple(one for one in after.all if one not in before.all),
        tuple(one for one in before.all if one not in after.all),
        judged,
        tuple(fronts),
    )


def is_anchor(certificate: x509.Certificate) -> bool:
    """Whether *certificate* signed itself, so that a path can end in it."""
    return is_signed_by(certificate, certificate)


@dataclass(frozen=True, slots=True)
class _Asked:
    fronts: tuple[Front, ...]
    now: datetime


class _Side:
    """One of the two truststores, and what was said with it of leaves that are alike."""

    def __init__(self, truststore: Sequence[x509.Certificate]) -> None:
        self.all = dict.fromkeys(truststore)
        self.relevant = Relevant(list(self.all))
        self._said: dict[Hashable, Accepted | Refused] = {}

    def verdicts(self, client: Client, asked: _Asked) -> dict[Front, Verdict]:
        """Return what each front says of *client*."""
        leaf, kin = client.leaf, self.relevant.to(client.leaf)
        truststore = tuple(self.all) if client.sent else kin.certificates
        likeness = None if client.sent else relevant.likeness(leaf, kin, asked.now)
        verdicts: dict[Front, Verdict] = {}
        for front in asked.fronts:
            known = self._said.get((front, likeness)) if likeness is not None else None
            verdict = _of(leaf, known) if known else None
            if verdict is None:
                verdict = decide(leaf, client.sent, truststore, front=front, now=asked.now)
                self._said[front, likeness] = verdict
            verdicts[front] = verdict
        return verdicts


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
    was = before.verdicts(client, asked)
    will = was
    if client.sent or before.relevant.to(client.leaf) != after.relevant.to(client.leaf):
        will = after.verdicts(client, asked)
    return Judged(client, {front: Change(was[front], will[front]) for front in asked.fronts})
