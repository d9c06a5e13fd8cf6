"""What is known of a serial number: asked of the index each time, so never out of date."""

import sqlite3
import threading
from datetime import datetime

from cryptography import x509

from .crl import Revocation
from .errors import PkiError, filesystem
from .ocsp import Status
from .publication import table
from .revoked import SCHEMA
from .store import Store

_PATIENCE = 5.0  # seconds; a reader may meet a writer
_REVOKED = "SELECT revoked_at, reason FROM revocations WHERE authority = ? AND serial_number = ?"
_ISSUED = "SELECT 1 FROM certificates WHERE issuer = ? AND serial_number = ?"


class Statuses:
    """The index of *store* about what *issuing* issued; each thread keeps it open."""

    def __init__(self, store: Store, issuing: x509.Certificate) -> None:
        self._path = store.index.path
        self._authority = table(store, issuing).authority
        self._issuer = issuing.subject.rfc4514_string()
        self._of_thread = threading.local()

    def of(self, serial_number: str) -> Status:
        """Return the revocation of *serial_number* (lower-case hex), or whether it was issued."""
        try:
            connection = self._connection()
            key = self._authority, serial_number
            for revoked_at, reason in connection.execute(_REVOKED, key):
                return Revocation(serial_number, datetime.fromisoformat(revoked_at), reason)
            rows = connection.execute(_ISSUED, (self._issuer, serial_number))
            return rows.fetchone() is not None
        except sqlite3.Error as error:
            self._of_thread.__dict__.clear()
            raise PkiError(
                f"cannot use the index {str(self._path)!r}: {error}", f"ls -la {self._path.parent}"
            ) from error

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection, a new one if the file is another."""
        with filesystem("read", self._path):
            inode = self._path.stat().st_ino
        kept = self._of_thread.__dict__
        if kept.get("inode") != inode:
            if "connection" in kept:
                kept["connection"].close()
            uri = f"{self._path.absolute().as_uri()}?mode=rw"
            # Without transactions: one that is left open would keep writers out.
            connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
            for statement in SCHEMA:
                connection.execute(statement)
            kept.update(inode=inode, connection=connection)
        found: sqlite3.Connection = kept["connection"]
        return found
