"""What a store of registrations does, whatever keeps it; the contract suite holds both to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

from service.certificate import ClientCertificate

from .matcher import Matcher
from .registration import Registration

T = TypeVar("T")


class StoreUnavailable(Exception):
    """The store cannot be asked now; says why, for the log; *hint*: what to do, if it is known."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


class UnreadableRegistration(StoreUnavailable):
    """One registration cannot be read, as of a newer release; others can."""


class UnknownRegistration(LookupError):
    """There is no client of that id."""


class IdTaken(ValueError):
    """There is a client of that id already, or there was one of another organization."""


class VersionConflict(ValueError):
    """Somebody changed it since it was read; *found*: the version that it has."""

    def __init__(self, found: int) -> None:
        super().__init__(f"it has version {found}")
        self.found = found


class MatchesOverlap(ValueError):
    """A certificate would match two clients: *mine*, and *theirs* of the client *other*."""

    def __init__(self, mine: Matcher, theirs: Matcher, other: str) -> None:
        super().__init__(f"{mine.kind} {mine.value!r} would match the client {other!r} as well")
        self.mine, self.theirs, self.other = mine, theirs, other


class Ambiguous(Exception):
    """A certificate that two clients match, or may: nobody can say who is calling."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: "client:ID", or "cli:USER"."""

    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the audit trail: who, when, and the registration before and after it.

    action: create, update, suspend, resume, delete; before, after: None = not there.
    """

    at: datetime
    actor: str
    action: str
    client: str
    before: Registration | None
    after: Registration | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of what there is, and what to ask for the rest with; "" = that was all."""

    items: Sequence[T]
    next: str = ""


def created(new: Registration, former: Registration | None, now: datetime) -> Registration:
    """Return *new* as it is stored; *former*: who had the id last, None = nobody.

    Raises IdTaken if that was another organization's: what is kept by the id of a client, such as
    its orders, stays when the client is deleted. Versions go on: an ETag of *former* is none of
    *new* (RFC 9110, 8.8.1).
    """
    if former is None:
        return replace(new, version=1, created=now, updated=now, last_seen=None)
    if former.organization != new.organization:
        raise IdTaken(f"{new.id!r} was a client of {former.organization!r}, expected another id")
    return replace(new, version=former.version + 1, created=now, updated=now, last_seen=None)


class Store(Protocol):
    """Registrations, found by certificate or id, changed one at a time and never lost.

    Every method raises StoreUnavailable where the store cannot be asked. A change and its entry in
    the audit trail are written together, or neither is.
    """

    def recognise(self, certificate: ClientCertificate) -> Registration | None:
        """Return the client whose matcher recognises *certificate*, None if there is none.

        One indexed lookup. Its last_seen may be missing. Raises Ambiguous where two clients'
        matchers do.
        """

    def get(self, id_: str) -> Registration:
        """Return the client; raises UnknownRegistration."""

    def list(
        self, *, after: str = "", limit: int = 100, organization: str = ""
    ) -> Page[Registration]:
        """Return clients in the order of their ids, those behind *after*."""

    def create(self, new: Registration, actor: Actor, now: datetime) -> Registration:
        """Store *new*, as `created` has it; raises IdTaken, MatchesOverlap."""

    def update(
        self, changed: Registration, actor: Actor, now: datetime, action: str = "update"
    ) -> Registration:
        """Store *changed* in place of the version that it has; return it with the next one.

        Raises UnknownRegistration, VersionConflict, MatchesOverlap.
        """

    def delete(self, id_: str, version: int, actor: Actor, now: datetime) -> None:
        """Forget the client; its audit trail stays. Raises UnknownRegistration, VersionConflict."""

    def audit(self, id_: str, *, before: str = "", limit: int = 100) -> Page[Entry]:
        """Return the changes of a client, also of one that is gone, the latest first."""

    def touch(self, id_: str, at: datetime) -> None:
        """Note that it was seen *at* (to the hour); no version, no entry, and never an error."""

    def close(self) -> None:
        """Let go of what is held open."""


@runtime_checkable
class Together(Protocol):
    """A store that can make many changes as one."""

    def together(self) -> AbstractContextManager[None]:
        """Changes of this thread in its block are written at its end, or none of them is."""
