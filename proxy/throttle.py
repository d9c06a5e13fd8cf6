"""Throttling: of a stage, as API Gateway does it, and of each client; token buckets."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_CLIENTS = 10_000
# As service/throttle_settings.py and proxy/run have them.
_RATE = re.compile(r"([1-9][0-9]{0,4})/([sm])")
_BURST = re.compile(r"[1-9][0-9]{0,4}")
_SECONDS = {"s": 1, "m": 60}


def rate_from(text: str) -> float:
    """Requests a second from "20/s" or "90/m"; raises ValueError."""
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError("expected so many a second or minute: 20/s, 90/m")
    return int(found[1]) / _SECONDS[found[2]]


def burst_from(text: str) -> int:
    """Requests at once; raises ValueError."""
    if not _BURST.fullmatch(text):
        raise ValueError("expected so many at once, 1 to 99999")
    return int(text)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float

    def wait(self, rate: float, burst: float, now: float) -> float:
        """Take a token; 0, or in how many seconds there is one."""
        self.tokens = min(burst, self.tokens + (now - self.filled) * rate)
        self.filled = now
        if self.tokens < 1:
            return (1 - self.tokens) / rate
        self.tokens -= 1
        return 0.0


class Throttle:
    """*rate* requests a second, *burst* at once (AWS: "Throttle requests to your REST APIs")."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._bucket = _Bucket(self._burst, clock())

    def admits(self) -> bool:
        """Take a token; False if there is none."""
        with self._lock:
            return self._bucket.wait(self._rate, self._burst, self._clock()) == 0


class ClientThrottle:
    """The same for each certificate: what the service allows, before the function is bothered.

    On AWS nobody does this: there per-client limits belong to API keys of a usage plan, and the
    service alone counts certificates. As there, it comes before the stage's (the page above).
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def wait(self, pem: str) -> float:
        """Take a token of the certificate *pem*; 0, or in how many seconds there is one."""
        client = hashlib.sha256(pem.encode()).digest()
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(client, _Bucket(self._burst, now))
            self._buckets.move_to_end(client)
            while len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
            return bucket.wait(self._rate, self._burst, now)
