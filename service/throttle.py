"""How often each client may call: identity.Questions.limited."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from . import problems
from .client import Client
from .rate import Rate, take
from .throttle_settings import ThrottleSettings

SIZE = 10_000  #: buckets that are kept; a client whose bucket is forgotten has a full one again


class Buckets(Protocol):
    """One bucket of tokens a client."""

    def wait(self, client: str, rate: Rate) -> float:
        """Take a token for *client*; 0, or in how many seconds there is one."""


class Throttle:
    """Refuses a client that calls more often than it may.

    A client has the rate of its registration, but no more than settings.most; without one it has
    settings.default. Without settings only registered rates count.
    """

    def __init__(self, settings: ThrottleSettings | None, buckets: Buckets) -> None:
        self._default = settings.default if settings else None
        self._most = settings.most if settings else None
        self._buckets = buckets

    def __call__(self, client: Client) -> None:
        """Take a token of *client*; raises TooManyRequests if there is none."""
        rate = client.rate.capped(self._most) if client.rate else self._default
        if rate is None:
            return
        # Of a registered client all certificates together; else there is nothing but this one.
        name = client.id or f"certificate {client.certificate.fingerprint}"
        wait = self._buckets.wait(name, rate)
        if wait > 0:
            raise problems.TooManyRequests(
                f"{name} calls more often than {rate.per_second:.6g} times a second",
                {"Retry-After": str(math.ceil(wait))},
            )


class Local:
    """The buckets of this process, which no other one knows of."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str, rate: Rate) -> float:
        """As Buckets.wait."""
        with self._lock:
            now = self._clock()
            taken = take(self._full_at.get(client, now), rate, now)
            self._full_at[client] = taken.full_at
            self._full_at.move_to_end(client)
            while len(self._full_at) > SIZE:
                self._full_at.popitem(last=False)
        return taken.wait
