"""The issuer's keys, kept and renewed: one fetch at a time, and no request waits for long."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from . import jwks
from .jwks import InvalidJwks, KeySet
from .source import DEADLINE, Source, Unavailable

#: Seconds for which keys count on that can no longer be renewed. Access tokens that were issued
#: before the issuer went away have expired by then.
KEPT = 3600.0
#: Seconds that a request waits for keys without which it cannot be answered.
PATIENCE = 3.0
#: So many requests do so at once: a process has four threads, and others need no new key.
_WAITING = 2
#: Seconds after which a fetch that is not done is no longer waited for.
_GIVEN_UP = 2 * DEADLINE


class KeysUnavailable(Exception):
    """There are no keys that count, or none newer: says why, for the log."""


@dataclass(frozen=True, slots=True)
class _Held:
    keys: KeySet
    data: bytes
    since: float
    ttl: float

    def is_new(self, now: float) -> bool:
        """Whether nobody need ask again. Clocks are set back."""
        return 0 <= now - self.since < self.ttl

    def is_just_due(self, now: float) -> bool:
        """Whether somebody asked a moment ago, if anybody asks at all."""
        return 0 <= now - self.since < 2 * self.ttl

    def counts(self, now: float) -> bool:
        """Whether a token may be held against them."""
        return 0 <= now - self.since < self.ttl + KEPT


@dataclass(slots=True)
class _Flight:
    """One fetch."""

    began: float
    done: threading.Event = field(default_factory=threading.Event)
    failed: str = ""  #: why


class Keys:
    """What Source brings, parsed; *pinned*: the algorithms that count.

    *clock*: seconds of the wall clock: one that begins anew, or rests while Lambda does, would make
    old keys new. *stands_still*: nothing runs between two requests, as in Lambda, so that whoever
    finds the keys due waits for new ones. Elsewhere they are fetched in the back of the requests.
    """

    def __init__(
        self,
        source: Source,
        pinned: frozenset[str],
        log: Callable[[str], None],
        *,
        clock: Callable[[], float],
        stands_still: bool = False,
    ) -> None:
        self._source = source
        self._pinned = pinned
        self._log = log
        self._clock = clock
        self._stands_still = stands_still
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(_WAITING)
        self._held: _Held | None = None
        self._flight: _Flight | None = None
        self._failed = ""  #: why the last fetch did, "" = it did not
        self._told: object = None

    def start(self) -> None:
        """Have the keys fetched before somebody needs them."""
        self._wait(self._begin(self._clock()))

    def current(self) -> KeySet:
        """Return the keys that count now; raises KeysUnavailable."""
        now, held = self._clock(), self._held
        if held is None or not held.is_new(now):
            failed = bool(self._failed)
            flight = self._begin(now)
            if self._stands_still or not self._goes_on(held, now, failed=failed):
                self._wait(flight)
            held = self._held
        if held is None or not held.counts(self._clock()):
            raise KeysUnavailable(self._why())
        return held.keys

    def newer(self, known: KeySet) -> KeySet:
        """Return the keys that count now, asked for again because *known* lack one.

        The same ones if that was done a moment ago: a kid costs nothing to invent. Raises
        KeysUnavailable where nobody can tell, since the last fetch failed or is under way.
        """
        flight = self._begin(self._clock())
        self._wait(flight)
        if self._held is not None and self._held.keys is not known:
            return self._held.keys
        if flight.failed or not flight.done.is_set():
            raise KeysUnavailable(self._why())
        return known

    def health(self) -> dict[str, object]:
        """For /health: whether there are keys that count, and whether they could be renewed."""
        now, held = self._clock(), self._held
        if not self._failed:
            return {"state": "fresh"}  # or there was nobody who needed them
        return {"state": "stale" if held and held.counts(now) else "unavailable"}

    @staticmethod
    def _goes_on(held: _Held | None, now: float, *, failed: bool) -> bool:
        """Whether a request goes on with the keys of yesterday, while new ones are fetched.

        Not after a quiet time, in which nobody asked: a key may be taken back since.
        """
        return held is not None and held.counts(now) and (failed or held.is_just_due(now))

    def _begin(self, now: float) -> _Flight:
        """Have the keys fetched, unless that is under way, or was done a moment ago."""
        with self._lock:
            last = self._flight
            if last is not None:
                age = now - last.began
                longest = self._source.every if last.done.is_set() else _GIVEN_UP
                if 0 <= age < longest:
                    return last
            flight = self._flight = _Flight(now)
            if not self._source.is_slow:
                self._fly(flight)
                return flight
        try:
            threading.Thread(target=self._fly, args=(flight,), daemon=True, name="jwks").start()
        except RuntimeError as error:  # no thread can be had
            flight.failed = self._failed = str(error)
            flight.done.set()
        return flight

    def _wait(self, flight: _Flight) -> None:
        if flight.done.is_set() or not self._waiting.acquire(blocking=False):
            return
        try:
            flight.done.wait(PATIENCE)
        finally:
            self._waiting.release()

    def _fly(self, flight: _Flight) -> None:
        try:
            document = self._source.fetch()
            now, held = self._clock(), self._held
            if held is not None and held.data == document.data:
                keys = held.keys  # the same object: what was checked with it stays checked
            else:
                keys = jwks.read(document.data, self._pinned)
            if self._flight is flight:  # else it was given up, and another one began
                self._held = _Held(keys, document.data, now, document.ttl)
        except (Unavailable, InvalidJwks) as error:
            flight.failed = str(error)
        except Exception as error:  # noqa: BLE001  (whoever waits would wait in vain)
            flight.failed = f"{type(error).__name__}: {error}"
        finally:
            counts = self._flight is flight
            if counts:
                self._failed = flight.failed
            flight.done.set()
            if counts:
                self._tell(flight.failed)

    def _why(self) -> str:
        return self._failed or "the keys are being fetched"

    def _tell(self, failed: str) -> None:
        """Log what has changed, and not the same every few minutes."""
        held = self._held
        left_out = list(held.keys.left_out) if held else []
        kids = [key.kid[:64] for key in held.keys.keys] if held else []
        if self._told == (failed, kids, left_out):
            return
        self._told = (failed, kids, left_out)
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "token_keys": {"kids": kids, "left_out": left_out[:20]},
            "problems": [failed] if failed else [],
        }
        self._log(json.dumps(line) + "\n")
