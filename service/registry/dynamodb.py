"""The registry in one DynamoDB table, for more than one machine and for Lambda."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from service.certificate import ClientCertificate

from . import dynamodb_keys as keys
from .codec import decode, encode
from .dynamodb_table import (
    ABSENT,
    Action,
    Condition,
    Delete,
    DynamoDbTable,
    Item,
    Key,
    Lost,
    Put,
    Update,
    pause,
)
from .matcher import looked_for
from .registration import Registration
from .store import (
    Actor,
    Ambiguous,
    Entry,
    IdTaken,
    MatchesOverlap,
    Page,
    StoreUnavailable,
    UnknownRegistration,
    VersionConflict,
    created,
)

PATIENCE = 10.0  #: seconds, for others who write at the same place
_NUMBER = re.compile(r"[0-9]{1,12}")


class DynamoDbStore:
    """A Store in *table*; dynamodb_keys says what is where.

    A change is one TransactWriteItems: the client, its matchers, and the entry in the audit trail.
    """

    def __init__(self, table: DynamoDbTable, *, patience: float = PATIENCE) -> None:
        self._table = table
        self._patience = patience

    def recognise(self, certificate: ClientCertificate) -> Registration | None:
        """As Store.recognise: one BatchGetItem, where the certificate has not very many names."""
        wanted = {keys.claim(key) for key in looked_for(certificate)}
        found = {str(item["client"]): item for item in self._table.get_many(sorted(wanted))}
        if len(found) > 1:
            first, second, *_ = sorted(found)
            raise Ambiguous(f"the clients {first} and {second} both match")
        return next((decode(str(item["body"])) for item in found.values()), None)

    def get(self, id_: str) -> Registration:
        """As Store.get."""
        return _registration(self._item(id_))

    def list(
        self, *, after: str = "", limit: int = 100, organization: str = ""
    ) -> Page[Registration]:
        """As Store.list."""
        behind = Condition("#sk > :after", {"after": after}) if after else None
        if organization:
            pk, _ = keys.member(organization, "")
            items = list(islice(self._table.query(pk, behind, page=limit + 1), limit + 1))
            ids = [str(item["sk"]) for item in items[:limit]]
            found = self._table.get_many([keys.client(id_) for id_ in ids])
        else:
            items = list(islice(self._table.query(keys.CLIENTS, behind, page=limit + 1), limit + 1))
            found = items[:limit]
        clients = sorted(map(_registration, found), key=lambda one: one.id)
        return Page(clients, str(items[limit - 1]["sk"]) if len(items) > limit else "")

    def create(self, new: Registration, actor: Actor, now: datetime) -> Registration:
        """As Store.create."""
        stored = new

        def plan() -> Iterator[Action]:
            nonlocal stored
            if self._table.get(keys.client(new.id)) is not None:
                raise IdTaken(f"there is a client {new.id!r}")
            former, entries = self._former(new.id)
            stored = created(new, former, now)
            entry = Entry(now, actor.name, "create", new.id, None, stored)
            yield from self._change(entry, entries)

        self._write(plan)
        return stored

    def update(
        self, changed: Registration, actor: Actor, now: datetime, action: str = "update"
    ) -> Registration:
        """As Store.update."""
        stored = changed

        def plan() -> Iterator[Action]:
            nonlocal stored
            before, entries = self._at_version(changed.id, changed.version)
            stored = replace(
                changed,
                version=before.version + 1,
                created=before.created,
                updated=now,
                last_seen=before.last_seen,
            )
            yield from self._change(
                Entry(now, actor.name, action, changed.id, before, stored), entries
            )

        self._write(plan)
        return stored

    def delete(self, id_: str, version: int, actor: Actor, now: datetime) -> None:
        """As Store.delete."""

        def plan() -> Iterator[Action]:
            before, entries = self._at_version(id_, version)
            yield from self._change(Entry(now, actor.name, "delete", id_, before, None), entries)

        self._write(plan)

    def audit(self, id_: str, *, before: str = "", limit: int = 100) -> Page[Entry]:
        """As Store.audit."""
        pk, sk = keys.entry(id_, int(before) if _NUMBER.fullmatch(before) else 0)
        earlier = Condition("#sk < :before", {"before": sk}) if _NUMBER.fullmatch(before) else None
        found = self._table.query(pk, earlier, page=limit + 1, backwards=True)
        items = list(islice(found, limit + 1))
        entries = [_entry(id_, item) for item in items[:limit]]
        return Page(entries, str(items[limit - 1]["sk"]) if len(items) > limit else "")

    def touch(self, id_: str, at: datetime) -> None:
        """As Store.touch."""
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0).isoformat()
        later = Condition(
            "attribute_exists(#pk) AND (attribute_not_exists(#last_seen) OR #last_seen < :hour)",
            {"hour": hour},
        )
        with suppress(StoreUnavailable, Lost):
            self._table.write(Update(keys.client(id_), {"last_seen": hour}, later))

    def close(self) -> None:
        """Nothing is held open but what the process shares."""

    def _item(self, id_: str) -> Item:
        item = self._table.get(keys.client(id_))
        if item is None:
            raise UnknownRegistration(f"there is no client {id_!r}")
        return item

    def _at_version(self, id_: str, version: int) -> tuple[Registration, int]:
        """The client, which must have that version, and how many entries its trail has."""
        item = self._item(id_)
        found = _registration(item)
        if found.version != version:
            raise VersionConflict(found.version)
        return found, int(item["entries"])

    def _former(self, id_: str) -> tuple[Registration | None, int]:
        """The client that had the id last, as it was when it was deleted; how many its entries."""
        pk, _ = keys.entry(id_, 0)
        last = next(self._table.query(pk, page=1, backwards=True), None)
        return (_entry(id_, last).before, int(str(last["sk"]))) if last else (None, 0)

    def _write(self, plan: Callable[[], Iterator[Action]]) -> None:
        """Write what *plan* says, which is asked again when somebody else was faster."""
        deadline, attempt = time.monotonic() + self._patience, 0
        while True:
            try:
                self._table.write(*plan())
            except Lost as lost:
                if time.monotonic() > deadline:
                    raise StoreUnavailable(
                        f"dynamodb://{self._table.name}: others write there all the time: {lost}"
                    ) from lost
                pause(attempt)
                attempt += 1
            else:
                return

    def _change(self, entry: Entry, entries: int) -> Iterator[Action]:
        """Yield what makes *entry* so, as the next of the client's; raises MatchesOverlap."""
        before, after = entry.before, entry.after
        had = keys.claims(before.matchers) if before else set()
        if after is None:
            yield Delete(keys.client(entry.client), _is_still(before))
            has = set[Key]()
        else:
            has = keys.claims(after.matchers)
            yield from self._guarded(after, has - had)
            yield from _stored(before, after, entries + 1)
            mine = Condition(f"{ABSENT.text} OR #client = :client", {"client": after.id})
            body = {"client": after.id, "body": encode(after)}
            for pk, sk in sorted(has):
                yield Put({"pk": pk, "sk": sk, **body}, mine)
        for key in sorted(had - has):
            yield Delete(key)
        if before and (after is None or after.organization != before.organization):
            yield Delete(keys.member(before.organization, before.id))
        yield _noted(entry, entries + 1)

    def _guarded(self, after: Registration, added: set[Key]) -> Iterator[Action]:
        """Yield what fails if somebody else adds matchers where *after* adds some.

        Raises MatchesOverlap where there are some already.
        """
        for place in sorted({pk for pk, _ in added}):
            guard = self._table.get(keys.guard(place))
            if guard is not None:
                self._table.settle([(place, sk) for sk in json.loads(str(guard["claims"]))])
            revision = int(guard["revision"]) if guard else 0
            same = Condition("#revision = :revision", {"revision": revision})
            new = json.dumps(sorted(sk for pk, sk in added if pk == place))
            pk, sk = keys.guard(place)
            yield Put(
                {"pk": pk, "sk": sk, "revision": revision + 1, "claims": new},
                same if guard else ABSENT,
            )
        for mine in after.matchers:
            place, sk = keys.claim(mine.key)
            if (place, sk) in added:
                for near in keys.near(mine):
                    for item in self._table.query(place, near):
                        _require_apart(after, item)


def _require_apart(after: Registration, item: Item) -> None:
    """Raise MatchesOverlap if some certificate would match *after* and the client of *item*."""
    if item["client"] == after.id:
        return
    other = decode(str(item["body"]))
    for mine in after.matchers:
        for theirs in other.matchers:
            if mine.overlaps(theirs):
                raise MatchesOverlap(mine, theirs, other.id)


def _stored(before: Registration | None, after: Registration, entries: int) -> Iterator[Action]:
    """Yield what makes the client *after*, and one of its organization's."""
    values: Item = {"body": encode(after), "version": after.version, "entries": entries}
    if before is None:
        pk, sk = keys.client(after.id)
        yield Put({"pk": pk, "sk": sk, **values}, ABSENT)
    else:  # and not its last_seen, which is noted at any time
        yield Update(keys.client(after.id), values, _is_still(before))
    if before is None or before.organization != after.organization:
        pk, sk = keys.member(after.organization, after.id)
        yield Put({"pk": pk, "sk": sk})


def _is_still(before: Registration | None) -> Condition:
    return Condition("#version = :version", {"version": before.version if before else 0})


def _noted(entry: Entry, number: int) -> Action:
    pk, sk = keys.entry(entry.client, number)
    states = {"before": entry.before, "after": entry.after}
    return Put(
        {
            "pk": pk,
            "sk": sk,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "action": entry.action,
            **{name: encode(state) for name, state in states.items() if state},
        },
        ABSENT,
    )


def _registration(item: Item) -> Registration:
    seen = item.get("last_seen")
    return decode(str(item["body"]), str(seen) if seen else None)


def _entry(id_: str, item: Item) -> Entry:
    before, after = (decode(str(item[one])) if one in item else None for one in ("before", "after"))
    at = datetime.fromisoformat(str(item["at"]))
    return Entry(at, str(item["actor"]), str(item["action"]), id_, before, after)
