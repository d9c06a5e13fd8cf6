"""The time of the control plane, which passes where somebody sleeps."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Starts now. `sleep` and `time` are what aws.domain.Patience takes as sleep and clock.

    *speed*: seconds of its time that pass in a real one, by themselves; for a command in another
    process, which sleeps by its own clock.
    """

    def __init__(self, speed: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._began = datetime.now(UTC).replace(microsecond=0)
        self._since = time.monotonic()
        self._passed = 0.0
        self._speed = speed

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._passed, self._since = self._elapsed(), time.monotonic()
            self._speed = speed

    def time(self) -> float:
        """Seconds since the start."""
        with self._lock:
            return self._elapsed()

    def now(self) -> datetime:
        """The same as an aware datetime."""
        return self._began + timedelta(seconds=self.time())

    def sleep(self, seconds: float) -> None:
        """Return at once, so many seconds later."""
        assert seconds >= 0, seconds
        with self._lock:
            self._passed += seconds

    def _elapsed(self) -> float:
        return self._passed + (time.monotonic() - self._since) * self._speed
