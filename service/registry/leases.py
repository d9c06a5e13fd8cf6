"""Tokens of the shared buckets, a few at a time: most requests ask no store."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from service.rate import Rate
from service.throttle import SIZE, Local

from .buckets import SharedBuckets
from .store import StoreUnavailable

LEASE = 1.0  #: seconds after which tokens that are left are no longer used
PAUSE = 0.25  #: seconds at most in which a bucket that was seen empty is not asked again
OUTAGE = 5.0  #: seconds in which a store that could not be asked is not asked again


@dataclass(slots=True)
class _Lease:
    """The tokens that this process has of one client."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    granted: int = 0
    left: int = 0
    until: float = 0.0
    ask_again: float = 0.0  #: if the client still has the same rate then
    rate: Rate | None = None


class Leases:
    """throttle.Buckets over *shared*: over all processes no more tokens than there are.

    A process takes as many as it has used of late, from one to half a second's worth; what it does
    not use within LEASE is lost. While the store cannot be asked, each process has buckets of its
    own: a client may call each of them as often as all together.
    """

    def __init__(
        self,
        shared: SharedBuckets,
        log: Callable[[str], None],
        *,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._shared = shared
        self._log = log
        self._clock = clock  # never goes back
        self._now = now  # is the same in all processes
        self._local = Local(clock)
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._lock = threading.Lock()
        self._down_until: float | None = None

    def wait(self, client: str, rate: Rate) -> float:
        """As throttle.Buckets.wait."""
        lease = self._lease(client)
        with lease.lock:
            now = self._clock()
            if lease.left and now < lease.until:
                lease.left -= 1
                return 0.0
            if now < lease.ask_again and lease.rate == rate:
                return lease.ask_again - now
            if self._down_until is not None and now < self._down_until:
                return self._local.wait(client, rate)
            try:
                return self._renew(lease, client, rate, now)
            except StoreUnavailable as error:
                self._down(error, now)
                return self._local.wait(client, rate)

    def _lease(self, client: str) -> _Lease:
        with self._lock:
            lease = self._leases.get(client)
            if lease is None:
                lease = self._leases[client] = _Lease()
                while len(self._leases) > SIZE:
                    self._leases.popitem(last=False)
            else:
                self._leases.move_to_end(client)
            return lease

    def _renew(self, lease: _Lease, client: str, rate: Rate, now: float) -> float:
        """Take the next tokens, one of them for this request."""
        wanted = _wanted(lease, rate, now)
        lease.left, lease.rate, lease.ask_again = 0, rate, 0.0
        taken = self._shared.take(client, rate, self._now(), wanted)
        self._up()
        if not taken.granted:
            pause = min(PAUSE, rate.burst / rate.per_second / 2)
            lease.ask_again = now + max(taken.wait, pause)
            return max(taken.wait, pause)
        lease.granted, lease.left, lease.until = taken.granted, taken.granted - 1, now + LEASE
        return 0.0

    def _down(self, error: StoreUnavailable, now: float) -> None:
        with self._lock:
            was_up, self._down_until = self._down_until is None, now + OUTAGE
        if was_up:
            self._say("each process alone", [f"the buckets cannot be asked: {error}"])

    def _up(self) -> None:
        if self._down_until is None:
            return
        with self._lock:
            was_down, self._down_until = self._down_until is not None, None
        if was_down:
            self._say("all processes together", [])

    def _say(self, counted_by: str, problems: list[str]) -> None:
        """Log a change, and not every request of an outage."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "throttling": counted_by,
            "problems": problems,
        }
        self._log(json.dumps(line) + "\n")


def _wanted(lease: _Lease, rate: Rate, now: float) -> int:
    """So many as were used of the last ones; more of them if they did not last."""
    most = max(1, min(int(rate.per_second * LEASE / 2), rate.burst // 2))
    if now >= lease.until + LEASE:
        used = 1
    elif lease.left == 0 and now < lease.until:
        used = 2 * lease.granted
    else:
        used = lease.granted - lease.left
    return min(max(used, 1), most)
