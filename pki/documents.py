"""The files that are served, by path: read again when they change, and no others."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding

from . import addresses, crl, publication
from .errors import PkiError, filesystem
from .initialisation import authority_certificates
from .profiles import ISSUING
from .store import Store

Value = TypeVar("Value")
_PEM = "application/x-pem-file"


@dataclass(frozen=True, slots=True)
class Document:
    """What is served under one path; until: when it ends, None if it has no end of its own."""

    body: bytes
    content_type: str
    modified: datetime
    until: datetime | None = None


class Fresh(Generic[Value]):
    """What *make* makes of files, made again when one of *paths* changes."""

    def __init__(self, make: Callable[[], Value], *paths: Path) -> None:
        self._make = make
        self._paths = paths
        self._kept: tuple[object, Value] | None = None

    def get(self) -> Value:
        """Return it; PkiError as *make* raises it."""
        seen = [_state(path) for path in self._paths]
        kept = self._kept
        if kept is None or kept[0] != seen:
            # Looked at before it is read: what changes meanwhile is read again.
            kept = self._kept = seen, self._make()
        return kept[1]


def documents(store: Store) -> dict[str, Fresh[Document]]:
    """Return what is served of *store*, by path."""
    issuing = store.authorities / f"{ISSUING.name}.pem"

    def of_crl(encoding: Encoding, content_type: str) -> Fresh[Document]:
        return Fresh(lambda: _crl(store, encoding, content_type), store.crl, issuing)

    def of_file(path: Path) -> Fresh[Document]:
        return Fresh(lambda: _file(path), path)

    return {
        addresses.CRL: of_crl(Encoding.DER, "application/pkix-crl"),
        f"{addresses.CRL}.pem": of_crl(Encoding.PEM, _PEM),
        addresses.ISSUER: Fresh(lambda: _issuer(store, issuing), issuing),
        "/ca.pem": of_file(store.ca),
        "/truststore.pem": of_file(store.truststore),
    }


def _crl(store: Store, encoding: Encoding, content_type: str) -> Document:
    issuing, _ = authority_certificates(store)
    found = publication.current(store, issuing)
    if found is None:
        raise PkiError("there is no CRL of our issuing CA", "make one: python -m pki crl")
    body = found.public_bytes(encoding)
    return Document(body, content_type, found.last_update_utc, crl.end(found))


def _issuer(store: Store, path: Path) -> Document:
    # caIssuers is DER or PKCS #7, never PEM (RFC 5280, 4.2.2.1).
    body = authority_certificates(store)[0].public_bytes(Encoding.DER)
    return Document(body, "application/pkix-cert", _file(path).modified)


def _file(path: Path) -> Document:
    with filesystem("read", path), path.open("rb") as file:
        modified = datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)
        return Document(file.read(), _PEM, modified)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
