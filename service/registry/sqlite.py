"""The registry in one file, for a laptop or one machine: SQLite in WAL mode."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from service.certificate import ClientCertificate

from .codec import decode, encode
from .matcher import Key, Matcher, looked_for, prefixes
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
)

VERSION = 1  #: of the schema, in user_version
_SCHEMA = (
    (
        "CREATE TABLE clients (id TEXT PRIMARY KEY, organization TEXT NOT NULL,"
        " version INTEGER NOT NULL, body TEXT NOT NULL, last_seen TEXT) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE matchers (kind TEXT NOT NULL, value TEXT NOT NULL, issuer TEXT NOT NULL,"
        " client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE,"
        " PRIMARY KEY (kind, value, issuer)) WITHOUT ROWID"
    ),
    "CREATE INDEX matchers_of_client ON matchers (client)",
    (
        "CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, client TEXT NOT NULL,"
        " at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, before TEXT, after TEXT)"
    ),
    "CREATE INDEX audit_of_client ON audit (client, number)",
)
_PATIENCE = 5.0  # seconds, for another writer
_AFTER = "\U0010ffff"  # behind every text that begins alike


class SqliteStore:
    """A Store in the file *path*; made, with its tables, if it is not there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        with self._asking(), self._connection() as connection:
            _prepare(connection)

    def recognise(self, certificate: ClientCertificate) -> Registration | None:
        """As Store.recognise."""
        keys = looked_for(certificate)
        marks = " UNION ALL ".join(["SELECT ?, ?, ?"] * len(keys))
        statement = (
            f"WITH wanted (kind, value, issuer) AS ({marks})"  # noqa: S608  (marks alone)
            " SELECT DISTINCT clients.id, body, last_seen FROM wanted"
            " CROSS JOIN matchers USING (kind, value, issuer)"
            " JOIN clients ON clients.id = matchers.client LIMIT 2"
        )
        with self._asking(), self._connection() as connection:
            rows = connection.execute(statement, _flat(keys)).fetchall()
        if len(rows) > 1:
            raise Ambiguous(f"the clients {rows[0][0]} and {rows[1][0]} both match")
        return decode(rows[0][1], rows[0][2]) if rows else None

    def get(self, id_: str) -> Registration:
        """As Store.get."""
        with self._asking(), self._connection() as connection:
            return _get(connection, id_)

    def list(
        self, *, after: str = "", limit: int = 100, organization: str = ""
    ) -> Page[Registration]:
        """As Store.list."""
        statement = (
            "SELECT body, last_seen FROM clients WHERE id > ?"
            " AND (? = '' OR organization = ?) ORDER BY id LIMIT ?"
        )
        given = (after, organization, organization, limit + 1)
        with self._asking(), self._connection() as connection:
            found = [decode(*row) for row in connection.execute(statement, given)]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else "")

    def create(self, new: Registration, actor: Actor, now: datetime) -> Registration:
        """As Store.create."""
        stored = replace(new, version=1, created=now, updated=now, last_seen=None)
        with self._asking(), self._changing() as connection:
            taken = connection.execute("SELECT 1 FROM clients WHERE id = ?", (new.id,)).fetchone()
            if taken:
                raise IdTaken(f"there is a client {new.id!r}")
            _require_apart(connection, stored)
            _insert(connection, stored)
            _note(connection, Entry(now, actor.name, "create", new.id, None, stored))
        return stored

    def update(
        self, changed: Registration, actor: Actor, now: datetime, action: str = "update"
    ) -> Registration:
        """As Store.update."""
        with self._asking(), self._changing() as connection:
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
        with self._asking(), self._changing() as connection:
            before = _at_version(connection, id_, version)
            connection.execute("DELETE FROM clients WHERE id = ?", (id_,))
            _note(connection, Entry(now, actor.name, "delete", id_, before, None))

    def audit(self, id_: str, *, before: str = "", limit: int = 100) -> Page[Entry]:
        """As Store.audit."""
        statement = (
            "SELECT number, at, actor, action, client, before, after FROM audit WHERE client = ?"
            " AND number < ? ORDER BY number DESC LIMIT ?"
        )
        number = int(before) if before.isdecimal() else 1 << 62
        with self._asking(), self._connection() as connection:
            rows = connection.execute(statement, (id_, number, limit + 1)).fetchall()
        entries = [_entry(*row[1:]) for row in rows[:limit]]
        return Page(entries, str(rows[limit - 1][0]) if len(rows) > limit else "")

    def touch(self, id_: str, at: datetime) -> None:
        """As Store.touch."""
        hour = at.replace(minute=0, second=0, microsecond=0).isoformat()
        with suppress(StoreUnavailable), self._asking(), self._connection() as connection:
            connection.execute(
                "UPDATE clients SET last_seen = ? WHERE id = ? AND coalesce(last_seen, '') < ?",
                (hour, id_, hour),
            )

    def close(self) -> None:
        """Close this thread's connection; those of others go with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.__dict__.clear()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection: SQLite's do not survive a fork."""
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.pid = os.getpid()
            self._local.connection = _open(self._path)
        yield self._local.connection

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time: what is read in here is still so when it is written."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self._path}: {error}") from error


def _open(path: str) -> sqlite3.Connection:
    if path != ":memory:" and not Path(path).parent.is_dir():
        raise sqlite3.OperationalError("its folder is not there")
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    # A change that was answered survives a power cut: WAL alone would not promise that.
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")  # also tells whether the file can be written
    try:
        _migrate(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"its version is {version}, expected {VERSION} or older")
    if version == 0:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _get(connection: sqlite3.Connection, id_: str) -> Registration:
    row = connection.execute("SELECT body, last_seen FROM clients WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise UnknownRegistration(f"there is no client {id_!r}")
    return decode(*row)


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
                raise MatchesOverlap(mine, theirs, client)


def _near(connection: sqlite3.Connection, matcher: Matcher) -> Iterator[tuple[str, ...]]:
    """Yield what may overlap with *matcher*, each found by the index."""
    kind, value, _ = matcher.key
    exact = "SELECT client, kind, value, issuer FROM matchers WHERE kind = ? AND value = ?"
    yield from connection.execute(exact, (kind, value))
    if kind not in {"uri", "uri-prefix"}:
        return
    for prefix in prefixes(value):
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


def _flat(keys: Iterable[Key]) -> list[str]:
    return [part for key in keys for part in key]
