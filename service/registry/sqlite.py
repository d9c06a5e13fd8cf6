"""The registry in one file, for a laptop or one machine: SQLite in WAL mode."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from service.certificate import ClientCertificate

from .codec import decode, encode
from .matcher import Key, Matcher, above, looked_for
from .registration import Registration
from .sqlite_file import PATIENCE, SqliteFile
from .sqlite_schema import Schema
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

_SCHEMA = Schema(
    part="registry",
    steps=(
        (
            (
                "CREATE TABLE clients (id TEXT PRIMARY KEY, organization TEXT NOT NULL,"
                " version INTEGER NOT NULL, body TEXT NOT NULL, last_seen TEXT) WITHOUT ROWID"
            ),
            "CREATE INDEX clients_of_organization ON clients (organization, id)",
            (
                "CREATE TABLE matchers (kind TEXT NOT NULL, value TEXT NOT NULL,"
                " issuer TEXT NOT NULL, client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE,"
                " PRIMARY KEY (kind, value, issuer)) WITHOUT ROWID"
            ),
            "CREATE INDEX matchers_of_client ON matchers (client)",
            (
                "CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT,"
                " client TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,"
                " action TEXT NOT NULL, before TEXT, after TEXT)"
            ),
            "CREATE INDEX audit_of_client ON audit (client, number)",
        ),
    ),
)
_NUMBER = re.compile(r"[0-9]{1,30}")
_AFTER = "\U0010ffff"  # behind every text that begins alike
_AT_ONCE = 200  # keys of a certificate, which may have hundreds of names
_LAST = (1 << 63) - 1


class SqliteStore:
    """A Store in the file *path*; made, with its tables, if it is not there."""

    def __init__(self, path: str, *, patience: float = PATIENCE) -> None:
        self._file = SqliteFile(path, _SCHEMA, patience=patience)

    def recognise(self, certificate: ClientCertificate) -> Registration | None:
        """As Store.recognise."""
        keys = list(looked_for(certificate))
        found: dict[str, tuple[str, str | None]] = {}
        with self._file.asking(), self._file.connection() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                for id_, *row in _matching(connection, keys[start : start + _AT_ONCE]):
                    found[id_] = row[0], row[1]
        if len(found) > 1:
            first, second, *_ = sorted(found)
            raise Ambiguous(f"the clients {first} and {second} both match")
        return next((decode(*row) for row in found.values()), None)

    def get(self, id_: str) -> Registration:
        """As Store.get."""
        with self._file.asking(), self._file.connection() as connection:
            return _get(connection, id_)

    def list(
        self, *, after: str = "", limit: int = 100, organization: str = ""
    ) -> Page[Registration]:
        """As Store.list."""
        select = "SELECT body, last_seen FROM clients WHERE"
        given: tuple[object, ...] = (after, limit + 1)
        if organization:
            select, given = f"{select} organization = ? AND", (organization, *given)
        with self._file.asking(), self._file.connection() as connection:
            rows = connection.execute(f"{select} id > ? ORDER BY id LIMIT ?", given).fetchall()
        found = [decode(*row) for row in rows[:limit]]
        return Page(found, found[-1].id if len(rows) > limit else "")

    def create(self, new: Registration, actor: Actor, now: datetime) -> Registration:
        """As Store.create."""
        with self._file.asking(), self._file.changing() as connection:
            taken = connection.execute("SELECT 1 FROM clients WHERE id = ?", (new.id,)).fetchone()
            if taken:
                raise IdTaken(f"there is a client {new.id!r}")
            stored = created(new, _former(connection, new.id), now)
            _require_apart(connection, stored)
            _insert(connection, stored)
            _note(connection, Entry(now, actor.name, "create", new.id, None, stored))
        return stored

    def update(
        self, changed: Registration, actor: Actor, now: datetime, action: str = "update"
    ) -> Registration:
        """As Store.update."""
        with self._file.asking(), self._file.changing() as connection:
            before = _at_version(connection, changed.id, changed.version)
            stored = replace(
                changed,
                version=before.version + 1,
                created=before.created,
                updated=now,
                last_seen=before.last_seen,
            )
            _require_apart(connection, stored)
            connection.execute("DELETE FROM matchers WHERE client = ?", (changed.id,))
            connection.execute(
                "UPDATE clients SET organization = ?, version = ?, body = ? WHERE id = ?",
                (stored.organization, stored.version, encode(stored), stored.id),
            )
            _insert_matchers(connection, stored)
            _note(connection, Entry(now, actor.name, action, changed.id, before, stored))
        return stored

    def delete(self, id_: str, version: int, actor: Actor, now: datetime) -> None:
        """As Store.delete."""
        with self._file.asking(), self._file.changing() as connection:
            before = _at_version(connection, id_, version)
            connection.execute("DELETE FROM clients WHERE id = ?", (id_,))
            _note(connection, Entry(now, actor.name, "delete", id_, before, None))

    def audit(self, id_: str, *, before: str = "", limit: int = 100) -> Page[Entry]:
        """As Store.audit."""
        statement = (
            "SELECT number, at, actor, action, client, before, after FROM audit WHERE client = ?"
            " AND number < ? ORDER BY number DESC LIMIT ?"
        )
        number = min(int(before), _LAST) if _NUMBER.fullmatch(before) else _LAST
        with self._file.asking(), self._file.connection() as connection:
            rows = connection.execute(statement, (id_, number, limit + 1)).fetchall()
        entries = [_entry(*row[1:]) for row in rows[:limit]]
        return Page(entries, str(rows[limit - 1][0]) if len(rows) > limit else "")

    def touch(self, id_: str, at: datetime) -> None:
        """As Store.touch."""
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0).isoformat()
        with (
            suppress(StoreUnavailable),
            self._file.asking(),
            self._file.impatiently() as connection,
        ):
            connection.execute(
                "UPDATE clients SET last_seen = ? WHERE id = ? AND coalesce(last_seen, '') < ?",
                (hour, id_, hour),
            )

    @contextmanager
    def together(self) -> Iterator[None]:
        """As Together.together."""
        with self._file.asking(), self._file.changing():
            yield

    def close(self) -> None:
        """As SqliteFile.close."""
        self._file.close()


def _matching(connection: sqlite3.Connection, keys: Sequence[Key]) -> Iterator[tuple[str, ...]]:
    marks = ", ".join(["(?, ?, ?)"] * len(keys))
    statement = (
        f"WITH wanted (kind, value, issuer) AS (VALUES {marks})"  # noqa: S608  (marks alone)
        " SELECT DISTINCT clients.id, body, last_seen FROM wanted"
        " CROSS JOIN matchers USING (kind, value, issuer)"
        " JOIN clients ON clients.id = matchers.client LIMIT 2"
    )
    yield from connection.execute(statement, [part for key in keys for part in key])


def _get(connection: sqlite3.Connection, id_: str) -> Registration:
    row = connection.execute("SELECT body, last_seen FROM clients WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise UnknownRegistration(f"there is no client {id_!r}")
    return decode(*row)


def _former(connection: sqlite3.Connection, id_: str) -> Registration | None:
    """Return the client that had the id last, as it was when it was deleted."""
    last = "SELECT before FROM audit WHERE client = ? ORDER BY number DESC LIMIT 1"
    row = connection.execute(last, (id_,)).fetchone()
    return decode(row[0]) if row and row[0] else None


def _at_version(connection: sqlite3.Connection, id_: str, version: int) -> Registration:
    found = _get(connection, id_)
    if found.version != version:
        raise VersionConflict(found.version)
    return found


def _insert(connection: sqlite3.Connection, stored: Registration) -> None:
    connection.execute(
        "INSERT INTO clients (id, organization, version, body) VALUES (?, ?, ?, ?)",
        (stored.id, stored.organization, stored.version, encode(stored)),
    )
    _insert_matchers(connection, stored)


def _insert_matchers(connection: sqlite3.Connection, stored: Registration) -> None:
    rows = {(*one.key, stored.id) for one in stored.matchers}
    connection.executemany("INSERT INTO matchers VALUES (?, ?, ?, ?)", sorted(rows))


def _require_apart(connection: sqlite3.Connection, stored: Registration) -> None:
    """Raise MatchesOverlap if some certificate would match *stored* and another client."""
    for mine in stored.matchers:
        for client, *key in _near(connection, mine):
            kind, value, issuer = key
            theirs = Matcher(kind, value, issuer, (kind, value, issuer))
            if client != stored.id and mine.overlaps(theirs):
                other = _get(connection, client)
                shown = next(one for one in other.matchers if one.key == theirs.key)
                raise MatchesOverlap(mine, shown, client)


def _near(connection: sqlite3.Connection, matcher: Matcher) -> Iterator[tuple[str, ...]]:
    """Yield what may overlap with *matcher*, each found by the index."""
    kind, value, _ = matcher.key
    exact = "SELECT client, kind, value, issuer FROM matchers WHERE kind = ? AND value = ?"
    yield from connection.execute(exact, (kind, value))
    if kind not in {"uri", "uri-prefix"}:
        return
    for prefix in above(matcher):
        yield from connection.execute(exact, ("uri-prefix", prefix))
    if kind == "uri-prefix":
        below = (
            "SELECT client, kind, value, issuer FROM matchers"
            " WHERE kind = ? AND value > ? AND value < ?"
        )
        for other in ("uri", "uri-prefix"):
            yield from connection.execute(below, (other, value, value + _AFTER))


def _note(connection: sqlite3.Connection, entry: Entry) -> None:
    before, after = (encode(one) if one else None for one in (entry.before, entry.after))
    connection.execute(
        "INSERT INTO audit (client, at, actor, action, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        (entry.client, entry.at.isoformat(), entry.actor, entry.action, before, after),
    )


def _entry(at: str, actor: str, action: str, client: str, *states: str | None) -> Entry:
    before, after = (decode(state) if state else None for state in states)
    return Entry(datetime.fromisoformat(at), actor, action, client, before, after)
