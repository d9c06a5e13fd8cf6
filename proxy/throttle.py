"""API Gateway's throttling of a stage: a token bucket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """*rate* requests a second, *burst* at once (AWS: "Throttle requests to your REST APIs")."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._burst
        self._filled = clock()

    def admits(self) -> bool:
        """Take a token; False if there is none."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
