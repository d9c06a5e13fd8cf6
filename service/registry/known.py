"""Who is known: the store, asked once in a while for each certificate."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.certificate import ClientCertificate

from .registration import Registration
from .store import Store, StoreUnavailable

SIZE = 10_000
#: Whoever is not known is asked for again sooner: they may just have been registered.
UNKNOWN_TTL = 5.0
SEEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Kept:
    registration: Registration | None
    until: float


class Known:
    """What the store says of a certificate, kept for *ttl* seconds.

    A change is seen in every process within that time. While the store cannot be asked, what is
    kept goes on to its end; then nobody is known, and StoreUnavailable is raised.
    """

    def __init__(self, store: Store, ttl: float, clock: Callable[[], float]) -> None:
        self.store = store
        self._ttl = ttl
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self.failed_at: float | None = None  #: when the store could not be asked, for /health

    def find(self, certificate: ClientCertificate) -> Registration | None:
        """Return the client that *certificate* belongs to, None if there is none.

        Raises StoreUnavailable, and store.Ambiguous where it belongs to two.
        """
        now = self._clock()
        with self._lock:
            kept = self._kept.get(certificate.fingerprint)
        if kept is not None and now < kept.until:
            return kept.registration
        return self._ask(certificate, now)

    def _ask(self, certificate: ClientCertificate, now: float) -> Registration | None:
        try:
            found = self.store.recognise(certificate)
        except StoreUnavailable:
            self.failed_at = now
            raise
        self.failed_at = None
        ttl = self._ttl if found else min(self._ttl, UNKNOWN_TTL)
        with self._lock:
            self._kept[certificate.fingerprint] = _Kept(found, now + ttl)
            self._kept.move_to_end(certificate.fingerprint)
            while len(self._kept) > SIZE:
                self._kept.popitem(last=False)
        if found:
            self._note(found)
        return found

    def _note(self, found: Registration) -> None:
        """At most once an hour, and with the lookup that was made anyway."""
        now = datetime.now(UTC)
        if found.last_seen is None or now - found.last_seen >= SEEN_EVERY:
            with suppress(StoreUnavailable):
                self.store.touch(found.id, now)
