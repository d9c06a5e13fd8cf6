"""Who is known: the store, asked once in a while for each certificate."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from service.certificate import ClientCertificate

from .matcher import is_too_much
from .registration import Registration
from .store import Ambiguous, Store, StoreUnavailable, UnreadableRegistration

SIZE = 10_000
#: Whoever is not known is asked for again sooner: they may just have been registered.
UNKNOWN_TTL = 5.0
#: For so long after a failure nobody else waits for a store that does not answer.
PAUSE = 1.0
SEEN_EVERY = timedelta(hours=1)
Answer = Registration | Ambiguous | None
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    asked: float
    ttl: float

    def is_fresh(self, now: float) -> bool:
        return 0 <= now - self.asked < self.ttl  # clocks are set back


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why the store could not be asked, and since when; until when it is not asked again."""

    why: str
    since: datetime
    until: float


class Known:
    """What the store says of a certificate, kept for *ttl* seconds.

    A change is seen in every process within that time, counted from when the store was asked.
    While it cannot be asked, what is kept goes on to its end; then nobody is known, and
    StoreUnavailable is raised. For one certificate there is one lookup at a time, and while the
    store fails there is one in all.

    clock: seconds; in Lambda of a clock that goes on while the function is frozen.
    """

    def __init__(self, store: Store, ttl: float, clock: Callable[[], float]) -> None:
        self.store = store
        self._ttl = ttl
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: dict[str, threading.Event] = {}
        self._failure: _Failure | None = None
        self._seen: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, certificate: ClientCertificate) -> Registration | None:
        """Return the client that *certificate* belongs to, None if there is none.

        Raises StoreUnavailable, and store.Ambiguous where it belongs to two.
        """
        key = certificate.fingerprint
        while True:
            with self._lock:
                now = self._clock()
                kept = self._kept.get(key)
                if kept is not None and kept.is_fresh(now):
                    return _told(kept.answer)
                under_way = self._asking.get(key)
                if under_way is None:
                    under_way = self._begin(certificate, now)
                    break
            under_way.wait()
        try:
            return _told(self._ask(certificate, now))
        finally:
            with self._lock:
                del self._asking[key]
            under_way.set()

    def health(self) -> dict[str, str]:
        """Return for /health whether this process' last lookup was answered, or since when not."""
        failure = self._failure
        if failure is None:
            return {"state": "ok"}
        since = failure.since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"state": "unavailable", "since": since}

    def _begin(self, certificate: ClientCertificate, now: float) -> threading.Event:
        """Note that a lookup begins; raises as find if none should. Under the lock."""
        if is_too_much(certificate):
            raise Ambiguous("it has more names than are looked up")
        failure = self._failure
        if failure is not None:
            if now < failure.until:
                raise StoreUnavailable(failure.why)
            # This one tries; the others are told what the last one was.
            self._failure = replace(failure, until=math.inf)
        event = self._asking[certificate.fingerprint] = threading.Event()
        return event

    def _ask(self, certificate: ClientCertificate, now: float) -> Answer:
        try:
            answer = self._recognised(certificate)
        except BaseException as error:
            self._failed(error)
            raise
        ttl = self._ttl if isinstance(answer, Registration) else min(self._ttl, UNKNOWN_TTL)
        with self._lock:
            self._failure = None
            _put(self._kept, certificate.fingerprint, _Kept(answer, now, ttl))
        if isinstance(answer, Registration):
            self._note(answer)
        return answer

    def _recognised(self, certificate: ClientCertificate) -> Answer:
        try:
            return self.store.recognise(certificate)
        except Ambiguous as ambiguous:
            return ambiguous

    def _failed(self, error: BaseException) -> None:
        """Note that the store failed; of a fault in one answer of it nobody else is to hear."""
        with self._lock:
            last, until = self._failure, self._clock() + PAUSE
            is_down = isinstance(error, StoreUnavailable)
            if is_down and not isinstance(error, UnreadableRegistration):
                since = last.since if last else datetime.now(UTC)
                self._failure = _Failure(str(error), since, until)
            elif last is not None:
                self._failure = replace(last, until=until)

    def _note(self, found: Registration) -> None:
        """Once an hour at most, and with the lookup that was made anyway."""
        now = datetime.now(UTC)
        with self._lock:
            last = max(filter(None, (found.last_seen, self._seen.get(found.id))), default=None)
            if last is not None and now - last < SEEN_EVERY:
                return
            _put(self._seen, found.id, now)
        self.store.touch(found.id, now)


def _put(kept: OrderedDict[str, Value], key: str, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > SIZE:
        kept.popitem(last=False)


def _told(answer: Answer) -> Registration | None:
    if isinstance(answer, Ambiguous):
        raise Ambiguous(str(answer))
    return answer
