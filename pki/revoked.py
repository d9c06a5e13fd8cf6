"""What is revoked, and the numbers of the CRLs: two more tables in the index's file.

Both are by authority: the identifier of the CA's key, in hex. A certificate that is not in the
index can be revoked, and stays so when the index is made anew. Tables that an older index does
not have are added when they are first wanted; each in one step, so nothing is half done.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection

from .crl import Revocation
from .index import Index

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS revocations (
    authority     TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    revoked_at    TEXT NOT NULL,
    reason        TEXT NOT NULL,
    not_after     TEXT NOT NULL,
    state         TEXT NOT NULL,
    PRIMARY KEY (authority, serial_number)
)
""",
    """
CREATE TABLE IF NOT EXISTS crls (
    authority TEXT NOT NULL PRIMARY KEY,
    number    INTEGER NOT NULL
)
""",
)
_ISO = "%Y-%m-%dT%H:%M:%SZ"
_FIND = "SELECT serial_number, revoked_at, reason FROM revocations WHERE authority = ?"
_ADD = "INSERT INTO revocations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_RAISE = """
INSERT INTO crls VALUES (:authority, :number) ON CONFLICT (authority) DO UPDATE SET number = :number
WHERE number < :number
"""
_NEXT = """
INSERT INTO crls VALUES (?, 1) ON CONFLICT (authority) DO UPDATE SET number = number + 1
RETURNING number
"""
# new: on no CRL yet; listed: on the latest; done: expired, and listed since (RFC 5280, 3.3).
_LIST = """
UPDATE revocations SET state = CASE WHEN not_after < ? THEN 'done' ELSE 'listed' END
WHERE authority = ? AND state != 'done'
"""


@dataclass(frozen=True, slots=True)
class Revoked:
    """The two tables, for the CA with the key identifier *authority*."""

    index: Index
    authority: str

    def find(self, serial_number: str) -> Revocation | None:
        """Return the revocation of *serial_number* (lower-case hex), if it is revoked."""
        with self._tables() as connection:
            rows = connection.execute(
                f"{_FIND} AND serial_number = ?", (self.authority, serial_number)
            )
            return next(map(_revocation, rows), None)

    def everything(self) -> list[Revocation]:
        """Return whatever was revoked, the expired ones too."""
        with self._tables() as connection:
            return [
                *map(_revocation, connection.execute(f"{_FIND} ORDER BY rowid", (self.authority,)))
            ]

    def to_list(self) -> list[Revocation]:
        """Return what the next CRL has to list, in the order in which it was revoked."""
        with self._tables() as connection:
            rows = connection.execute(
                f"{_FIND} AND state != 'done' ORDER BY rowid", (self.authority,)
            )
            return [*map(_revocation, rows)]

    def is_behind(self) -> bool:
        """Whether something was revoked that no CRL lists: a crash came between."""
        with self._tables() as connection:
            rows = connection.execute(f"{_FIND} AND state = 'new' LIMIT 1", (self.authority,))
            return rows.fetchone() is not None

    def add(self, revocations: Iterable[Revocation], not_after: datetime) -> None:
        """Record *revocations* of certificates that end at *not_after*; first come, first kept."""
        with self._tables() as connection:
            connection.executemany(_ADD, self._rows(revocations, not_after, "new"))
            connection.commit()

    def restore(self, revocations: Iterable[Revocation], not_after: datetime, number: int) -> None:
        """Take what the CRL *number* lists: this index is younger, or older, than it."""
        with self._tables() as connection:
            connection.executemany(_ADD, self._rows(revocations, not_after, "listed"))
            connection.execute(_RAISE, {"authority": self.authority, "number": number})
            connection.commit()

    def number(self) -> int:
        """Return the number that was given last; 0 if none was."""
        with self._tables() as connection:
            rows = connection.execute(
                "SELECT number FROM crls WHERE authority = ?", (self.authority,)
            )
            return next((int(number) for (number,) in rows), 0)

    def next_number(self) -> int:
        """Return a number greater than any before, which nobody else gets."""
        with self._tables() as connection:
            ((number,),) = connection.execute(_NEXT, (self.authority,)).fetchall()
            connection.commit()
            return int(number)

    def listed(self, this_update: datetime) -> None:
        """Record that a CRL of *this_update*, with all of to_list(), is published."""
        with self._tables() as connection:
            connection.execute(_LIST, (this_update.strftime(_ISO), self.authority))
            connection.commit()

    def _rows(
        self, revocations: Iterable[Revocation], not_after: datetime, state: str
    ) -> list[tuple[str, ...]]:
        end = not_after.strftime(_ISO)
        return [
            (
                self.authority,
                one.serial_number,
                one.revoked_at.strftime(_ISO),
                one.reason,
                end,
                state,
            )
            for one in revocations
        ]

    @contextmanager
    def _tables(self) -> Iterator[Connection]:
        with self.index.connection() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
            yield connection


def _revocation(row: tuple[str, str, str]) -> Revocation:
    serial_number, revoked_at, reason = row
    return Revocation(serial_number, datetime.fromisoformat(revoked_at), reason)
