"""The index: every certificate ever issued, in SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .describe import fingerprint, serial_number
from .errors import PkiError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificates (
    issuer        TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    subject       TEXT NOT NULL,
    profile       TEXT NOT NULL,
    name          TEXT NOT NULL,
    not_before    TEXT NOT NULL,
    not_after     TEXT NOT NULL,
    fingerprint   TEXT NOT NULL UNIQUE,
    pem           TEXT NOT NULL,
    issued_at     TEXT NOT NULL,
    PRIMARY KEY (issuer, serial_number)
)
"""
_COLUMNS = (
    "issuer, serial_number, subject, profile, name,"
    " not_before, not_after, fingerprint, pem, issued_at"
)
# The table is revoked.py's; an older index does not have it.
_HAS_REVOCATIONS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'revocations'"
_PATIENCE = 30  # seconds; a reader may meet a writer
_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Entry:
    """One issued certificate: names as RFC 4514 text, times aware UTC, pem as issued."""

    issuer: str
    serial_number: str
    subject: str
    profile: str
    name: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    pem: str
    issued_at: datetime

    @classmethod
    def of(
        cls, certificate: x509.Certificate, *, profile: str, name: str, issued_at: datetime
    ) -> Self:
        """Return the entry for *certificate*, kept under *profile* and *name*."""
        return cls(
            issuer=certificate.issuer.rfc4514_string(),
            serial_number=serial_number(certificate),
            subject=certificate.subject.rfc4514_string(),
            profile=profile,
            name=name,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            fingerprint=fingerprint(certificate),
            pem=certificate.public_bytes(Encoding.PEM).decode(),
            issued_at=issued_at.astimezone(UTC).replace(microsecond=0),
        )

    def _row(self) -> tuple[str, ...]:
        return (
            self.issuer,
            self.serial_number,
            self.subject,
            self.profile,
            self.name,
            self.not_before.strftime(_ISO),
            self.not_after.strftime(_ISO),
            self.fingerprint,
            self.pem,
            self.issued_at.strftime(_ISO),
        )


class Index:
    """The index in the file *path*; every call opens and closes it, so that none stays locked."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the file and its table, if they are not there."""
        with self.connection("rwc") as connection:
            connection.execute(_SCHEMA)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def add(self, *entries: Entry) -> None:
        """Record *entries*, all or none; those already there stay as they are."""
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        statement = f"INSERT INTO certificates ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (fingerprint) DO NOTHING"  # noqa: S608, E501
        with self.connection("rw") as connection:
            connection.executemany(statement, [entry._row() for entry in entries])  # noqa: SLF001
            connection.commit()

    def by_serial_number(self, serial_number: str) -> Entry | None:
        """Return the certificate with *serial_number* (lower-case hex), if it is recorded."""
        return next(iter(self._select("serial_number = ?", serial_number)), None)

    def entries(self) -> list[Entry]:
        """Return all certificates, the oldest first."""
        return self._select("1")

    def find(self, text: str) -> list[Entry]:
        """Return those called *text*, or whose serial number begins with it, oldest first."""
        prefix = text.lower().replace(":", "")
        return self._select(
            "name = ? OR substr(serial_number, 1, length(?)) = ?", text, prefix, prefix
        )

    def revoked(self) -> frozenset[tuple[str, str]]:
        """Return CA (the identifier of its key, in hex) and serial number of all that is revoked.

        For readers that must not reach a key, as revoked.py does; nothing is written.
        """
        with self.connection("ro") as connection:
            if not connection.execute(_HAS_REVOCATIONS).fetchall():
                return frozenset()
            return frozenset(connection.execute("SELECT authority, serial_number FROM revocations"))

    def _select(self, where: str, *values: str) -> list[Entry]:
        statement = f"SELECT {_COLUMNS} FROM certificates WHERE {where} ORDER BY rowid"  # noqa: S608
        with self.connection("rw") as connection:
            return [_entry(row) for row in connection.execute(statement, values)]

    @contextmanager
    def connection(self, mode: str = "rw") -> Iterator[sqlite3.Connection]:
        """Open the file, for its tables are shared with revoked.py; PkiError if it cannot be."""
        uri = f"{self.path.absolute().as_uri()}?mode={mode}"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                yield connection
        except (sqlite3.Error, ValueError) as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> PkiError:
        if not self.path.exists():
            return PkiError(f"no index at {str(self.path)!r}", "make it: python -m pki init")
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            return PkiError(
                f"cannot use the index {str(self.path)!r}: {error}", f"ls -la {self.path.parent}"
            )
        return PkiError(
            f"the index {str(self.path)!r} is damaged: {error}",
            f"rebuild it from the certificates: mv {self.path} {self.path}.old; python -m pki init",
        )


def _entry(row: tuple[str, ...]) -> Entry:
    issuer, serial, subject, profile, name, start, end, print_, pem, issued_at = row
    return Entry(
        issuer,
        serial,
        subject,
        profile,
        name,
        _time(start),
        _time(end),
        print_,
        pem,
        _time(issued_at),
    )


def _time(text: str) -> datetime:
    return datetime.strptime(text, _ISO).replace(tzinfo=UTC)
