"""The shared buckets in the registry's file."""

from __future__ import annotations

import threading

from service.rate import Rate, Taken, take

from .sqlite_file import SqliteFile
from .sqlite_schema import Schema

_SCHEMA = Schema(
    part="buckets",
    steps=(
        ("CREATE TABLE buckets (client TEXT PRIMARY KEY, full_at REAL NOT NULL) WITHOUT ROWID",),
    ),
)
_PATIENCE = 1.0  # seconds, for another writer: a request waits
_FORGOTTEN = 3600.0  # seconds after which a bucket that is full again is removed


class SqliteBuckets:
    """SharedBuckets in the file *path*, which is opened when the first token is wanted."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._opened: SqliteFile | None = None

    def take(self, client: str, rate: Rate, now: float, wanted: int = 1) -> Taken:
        """As SharedBuckets.take."""
        file = self._file(now)
        with file.asking(), file.changing() as connection:
            row = connection.execute(
                "SELECT full_at FROM buckets WHERE client = ?", (client,)
            ).fetchone()
            full_at = row[0] if row else 0.0
            taken = take(full_at, rate, now, wanted)
            if taken.granted:
                connection.execute(
                    "INSERT OR REPLACE INTO buckets VALUES (?, ?)", (client, taken.full_at)
                )
        return taken

    def _file(self, now: float) -> SqliteFile:
        with self._lock:
            if self._opened is None:
                # A power cut may undo the last writes: nobody waits for the disk.
                file = SqliteFile(self._path, _SCHEMA, patience=_PATIENCE, durable=False)
                with file.asking(), file.changing() as connection:
                    connection.execute("DELETE FROM buckets WHERE full_at < ?", (now - _FORGOTTEN,))
                self._opened = file
            return self._opened
