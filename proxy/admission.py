"""Who is let in: leaf against truststore, as API Gateway decides it; and the memory of that."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509

from pki import acceptance, truststore
from pki.errors import PkiError

from .client_cert import ClientCert
from .errors import GatewayError

_REMEMBERED = 1024
_SECONDS_BETWEEN_LOOKS = 1.0
_log = logging.getLogger(__name__)

Decide = Callable[..., acceptance.Accepted | acceptance.Refused]
_Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Denied:
    """A client that is not let in."""

    aws: str  #: API Gateway's execution-log words
    because: str  #: ours
    client_cert: ClientCert | None = None


@dataclass(frozen=True, slots=True)
class _Remembered:
    client_cert: ClientCert
    not_before: datetime
    not_after: datetime


class Admission:
    """Decides about leaves, by the truststore in the file *path*, read anew when it changes.

    Raises GatewayError if the file is missing or broken at the start. Later, a broken one is
    logged once and the old one stays in force, as on AWS, where it never reaches the domain.
    """

    def __init__(
        self,
        path: Path,
        *,
        decide: Decide = acceptance.decide,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._decide = decide
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._looked = clock()
        try:
            self._version = _version(path)
            self._truststore: Sequence[x509.Certificate] = truststore.read(path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GatewayError(
                f"cannot read {str(path)!r}: {reason}", "python -m pki truststore build"
            ) from error
        except PkiError as error:
            raise GatewayError(error.message, error.hint) from error

    def verdict(self, escaped_leaf: str, now: datetime | None = None) -> ClientCert | Denied:
        """Decide about the PEM *escaped_leaf* (as nginx escapes it) at *now*."""
        now = now or datetime.now(UTC)
        anchors = self._current()
        with self._lock:
            known = self._remembered.get(escaped_leaf)
            if known is not None and known.not_before <= now < known.not_after:
                self._remembered.move_to_end(escaped_leaf)
                return known.client_cert
        # unquote, never unquote_plus: base64 has a "+" of its own.
        try:
            leaf = x509.load_pem_x509_certificate(unquote(escaped_leaf).encode())
        except (ValueError, x509.InvalidVersion) as error:
            return Denied("Invalid client certificate", f"the leaf cannot be read: {error}")
        client_cert = _client_cert(leaf)
        verdict = self._decide(leaf, (), anchors, front="api-gateway", now=now)
        if isinstance(verdict, acceptance.Refused):
            return Denied(verdict.aws, verdict.because, client_cert)
        if client_cert is None:
            return Denied("Invalid client certificate", "a name of the leaf cannot be read")
        self._remember(
            escaped_leaf,
            _Remembered(client_cert, verdict.not_before, verdict.not_after),
            anchors,
        )
        return client_cert

    def _remember(
        self, leaf: str, remembered: _Remembered, anchors: Sequence[x509.Certificate]
    ) -> None:
        with self._lock:
            if anchors is not self._truststore:
                return
            self._remembered[leaf] = remembered
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)

    def _current(self) -> Sequence[x509.Certificate]:
        with self._lock:
            now = self._clock()
            if now - self._looked >= _SECONDS_BETWEEN_LOOKS:
                self._looked = now
                self._look()
            return self._truststore

    def _look(self) -> None:
        try:
            version = _version(self._path)
        except OSError:
            version = (0, 0, 0)
        if version == self._version:
            return
        self._version = version
        try:
            self._truststore = truststore.read(self._path)
        except PkiError as error:
            _log.error("truststore not taken, the old one stays in force: %s", error.message)
            return
        self._remembered.clear()
        _log.info("truststore taken: %d certificates", len(self._truststore))


def _client_cert(leaf: x509.Certificate) -> ClientCert | None:
    try:
        return ClientCert.from_certificate(leaf)
    except (ValueError, TypeError):
        return None


def _version(path: Path) -> _Version:
    found = os.stat(path)  # noqa: PTH116
    return found.st_mtime_ns, found.st_size, found.st_ino
