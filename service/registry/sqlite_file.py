"""An SQLite file in WAL mode: prepared once, a connection for each thread, one writer at a time.

Every store of the service may have its tables in the same file: a SqliteFile of its own on the same
path, with a Schema that names its part.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .sqlite_schema import (
    Schema,
    forbidden,
    migrate,
    refusal,
    require_ours_alone,
    require_whole,
    unusable,
)

PATIENCE = 5.0  #: seconds, for another writer
_PAUSE = 0.01
Identity = tuple[int, int]  #: of a file, whatever its name: device and inode


class SqliteFile:
    """The file *path*, made with the tables of *schema* if they are not there.

    May be used by several threads and processes at once, and on both sides of a fork by a process
    that had one thread. A file that was put in its place counts from the next statement on.
    patience: seconds to wait for another writer; durable: what was written survives a power cut,
    for which every change waits for the disk.

    Raises StoreUnavailable, here and from every method.
    """

    def __init__(
        self, path: str, schema: Schema, *, patience: float = PATIENCE, durable: bool = True
    ) -> None:
        # Absolute, so that neither ":memory:" nor another working folder is anything else.
        self.path = Path(path).absolute()
        self._schema = schema
        self._patience = patience
        self._durable = durable
        self._local = threading.local()
        self._prepared: Identity | None = None
        _FILES.add(self)
        self._create()
        with self.asking(), self.connection():
            pass
        self.close()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Raise StoreUnavailable for whatever SQLite cannot do; the next time it is opened anew."""
        try:
            yield
        except sqlite3.Error as error:
            self.close()
            raise refusal(self.path, error) from error

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection, in which each statement is by itself."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None and held.connection.in_transaction:
            yield held.connection
            return
        identity = self._identity()
        if held is None or held.identity != identity:
            held = self._hold(identity)
        yield held.connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Yield it as the one writer: what is read in here is still so when it is written.

        Inside of another one it is part of that one's transaction.
        """
        with self.connection() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself; and asking() may have closed it.
                with suppress(sqlite3.ProgrammingError):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise

    @contextmanager
    def impatiently(self) -> Iterator[sqlite3.Connection]:
        """Yield it without patience for another writer: for what is not worth waiting."""
        with self.connection() as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                yield connection
            finally:
                connection.execute(f"PRAGMA busy_timeout = {self._patience * 1000:.0f}")

    def close(self) -> None:
        """Close this thread's connection; those of others go with their threads."""
        self._local.__dict__.clear()

    def _create(self) -> None:
        if not self.path.parent.is_dir():
            raise unusable(self.path, "its folder is not there", "mkdir -p {folder}")
        # Opening a file that is there, and closing it, would drop every lock that this process has
        # on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise forbidden(self.path, error) from error

    def _identity(self) -> Identity:
        try:
            found = os.stat(self.path)  # noqa: PTH116  (of every request; half of Path.stat)
        except OSError as error:
            raise forbidden(self.path, error) from error
        return found.st_dev, found.st_ino

    def _hold(self, identity: Identity) -> _Held:
        held = self._local.held = _Held(self._open(), identity)
        if identity != self._prepared:
            try:
                self._prepare(held.connection)
            except BaseException:
                self.close()
                raise
            self._prepared = identity
        return held

    def _open(self) -> sqlite3.Connection:
        url = f"{self.path.as_uri()}?mode=rw"  # not made again, where somebody took it away
        connection = sqlite3.connect(
            url, uri=True, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        # WAL alone promises a whole file after a power cut, and not the last changes.
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        require_ours_alone(self.path)
        _use_wal(connection, self._patience)
        with self.changing():
            migrate(self.path, connection, self._schema)
        require_whole(self.path, connection)


class _Held:
    """A connection that is closed with the thread whose it is."""

    def __init__(self, connection: sqlite3.Connection, identity: Identity) -> None:
        self.connection = connection
        self.identity = identity
        self._pid = os.getpid()

    def __del__(self) -> None:
        if self._pid == os.getpid():
            self.connection.close()
        else:  # https://www.sqlite.org/howtocorrupt.html, 2.6: not even that
            _INHERITED.append(self.connection)


_FILES: weakref.WeakSet[SqliteFile] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []


def _before_fork() -> None:
    """A connection must not be carried into a child, where its locks would be nobody's."""
    for file in list(_FILES):
        file.close()


os.register_at_fork(before=_before_fork)


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Of several processes that do this first, SQLite lets one, and the others do not wait."""
    deadline = time.monotonic() + patience
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
            continue
        if mode != "wal":
            raise sqlite3.OperationalError(f"its journal is {mode!r}, expected 'wal'")
        return
