"""Many clients at once: all of them, or what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.registry.registration import Registration, Status
from service.registry.store import (
    Actor,
    IdTaken,
    MatchesOverlap,
    Store,
    Together,
    UnknownRegistration,
    VersionConflict,
)

from .draft import Wrong, is_same, read
from .refusing import PROGRAM, Refused

#: Where a client was found, and what was found there, as JSON has it.
Found = tuple[str, Any]
_MOST_TOLD = 50  # faults
_HINT = f"what is expected: {PROGRAM} export"


def read_all(found: Iterable[Found]) -> list[tuple[str, Registration]]:
    """Return the client at each place; Refused with all that is wrong in any of them."""
    clients, faults = [], []
    places: dict[str, str] = {}
    for where, value in found:
        try:
            client = read(value)
        except Wrong as wrong:
            faults += [f"{where}{_named(value)}: {line}" for line in wrong.lines]
            continue
        first = places.setdefault(client.id, where)
        if first != where:
            faults.append(f"{where}: {client.id!r} is at {first} already")
        clients.append((where, client))
    if faults:
        raise _refused(faults, _HINT)
    return clients


@dataclass(frozen=True, slots=True)
class _Step:
    where: str
    client: Registration
    old: Registration | None  #: None = there is none


class Import:
    """What it takes to have *clients* in *store*; Refused if one is there, and otherwise.

    *replace*: then it becomes what was read; but who is suspended stays that, whatever an older
    file says, or one that says nothing: Refused.
    """

    def __init__(
        self,
        store: Store,
        clients: Sequence[tuple[str, Registration]],
        actor: Actor,
        *,
        replace: bool,
    ) -> None:
        self._store = store
        self._actor = actor
        self._unchanged: list[str] = []
        self._steps: list[_Step] = []
        faults, suspended = [], []
        for where, client in clients:
            old = _there(store, client.id)
            if old is not None and is_same(old, client):
                self._unchanged.append(client.id)
            elif old is not None and not replace:
                faults.append(f"{where}: there is a client {client.id!r}, and it is not the same")
            elif old is not None and _would_resume(old, client):
                suspended.append(f"{where}: {client.id!r} is suspended, and active in the file")
            else:
                self._steps.append(_Step(where, client, old))
        if faults:
            raise _refused(faults, "to have them as they are in the file: --replace")
        if suspended:
            raise _refused(suspended, f"to let one in again: {PROGRAM} resume ID")

    def run(self, now: Callable[[], datetime]) -> None:
        """Write them; Refused if one of them is in the way of another client.

        A store that can, writes all or nothing. In another one, what was written stays.
        """
        together = self._store.together() if isinstance(self._store, Together) else nullcontext()
        with together:
            faults = self._write(now)
            if faults:
                none = isinstance(self._store, Together)
                told = "nothing was written" if none else "the others were written"
                raise _refused(faults, f"{told}; {PROGRAM} list")

    def told(self) -> dict[str, list[str]]:
        """The ids of those that are added, updated and as they were."""
        return {
            "added": [step.client.id for step in self._steps if step.old is None],
            "updated": [step.client.id for step in self._steps if step.old is not None],
            "unchanged": self._unchanged,
        }

    def _write(self, now: Callable[[], datetime]) -> list[str]:
        """Write all that can be; one that another one makes room for comes after that."""
        waiting, taken = self._steps, list[str]()
        while waiting:
            faults, left = [], []
            for step in waiting:
                try:
                    self._put(step, now())
                except MatchesOverlap as error:
                    left.append(step)
                    faults.append(f"{step.where}: {step.client.id!r}: {error}")
                except IdTaken as error:
                    taken.append(f"{step.where}: {error}")
                except (VersionConflict, UnknownRegistration) as error:
                    raise Refused(
                        f"{step.where}: somebody changed {step.client.id!r} just now: {error}",
                        "say it again",
                    ) from error
            if len(left) == len(waiting):
                return [*taken, *faults]
            waiting = left
        return taken

    def _put(self, step: _Step, now: datetime) -> None:
        if step.old is None:
            self._store.create(step.client, self._actor, now)
        else:
            changed = replace(step.client, version=step.old.version)
            self._store.update(changed, self._actor, now)


def _would_resume(old: Registration, client: Registration) -> bool:
    return old.status is Status.SUSPENDED and client.status is not Status.SUSPENDED


def _there(store: Store, id_: str) -> Registration | None:
    try:
        return store.get(id_)
    except UnknownRegistration:
        return None


def _named(value: object) -> str:
    id_ = value.get("id") if isinstance(value, dict) else None
    return f" ({id_[:63]!r})" if isinstance(id_, str) else ""


def _refused(faults: Sequence[str], hint: str) -> Refused:
    more = len(faults) - _MOST_TOLD
    told = [*faults[:_MOST_TOLD], f"and {more} more like these"] if more > 0 else list(faults)
    return Refused(told, hint)
