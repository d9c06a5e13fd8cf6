"""Keeps the revocation index fresh in Lambda, which stands still between two requests.

No thread would run there when it is time, and what is begun after an answer lies frozen, with half
an answer from S3, until somebody calls. So the first request after REVOCATION_REFRESH waits for a
look. That is also the first one after a snapshot was restored (SnapStart), whose index is as old as
the deployment. A hook of the runtime (snapshot_restore_py) could do the same no sooner; and one
that takes 10 s fails the restore, where here the policy decides.
"""

from __future__ import annotations

import threading
import time

from .refresh import FIRST, LONGEST, Log, Refresher
from .settings import RevocationSettings

#: How long a request waits, in seconds. API Gateway gives up after 29.
PATIENCE = 8.0
#: Seconds without a request after which it stood still, and a child with it.
_FROZEN = 10.0
_WAITS = 3  #: for one child


class OnDemand:
    """A refresher that is asked at the start of each request."""

    def __init__(self, settings: RevocationSettings, log: Log) -> None:
        self.refresher = Refresher(settings, log)
        self._refresh = settings.refresh
        self._lock = threading.Lock()  # what calls in the place of Lambda may have threads
        self._began = self._seen = 0.0  #: the last look; the last request
        self._waits = 0

    def start(self) -> None:
        """Have an index, if one can be had in FIRST seconds; the requests go on with it."""
        self.refresher.put_in_force()
        self._look(time.time(), FIRST)

    def catch_up(self) -> None:
        """Before a request: see to it that the sources were looked at in the last seconds.

        Whoever begins a look waits PATIENCE for it. What takes longer, the next ones wait for if
        it was frozen meanwhile, or there is no index yet. What is in force counts as long as its
        CRLs do, however old the last look is.
        """
        if self.refresher.child is None and self._is_fresh():
            return
        with self._lock:
            until = time.monotonic() + PATIENCE
            if self.refresher.child is not None and not self._go_on():
                return
            # What a frozen child brings is as old as its beginning.
            if not self._is_fresh():
                self._look(time.time() - self._refresh, max(0.0, until - time.monotonic()))

    def stop(self) -> None:
        """Leave no child behind."""
        self.refresher.give_up("stopped")

    def _is_fresh(self) -> bool:
        return 0 <= time.time() - self._began < self._refresh  # clocks are set back

    def _look(self, unless_since: float, patience: float) -> None:
        self._began, self._waits = time.time(), 1
        self.refresher.look(unless_since, patience)
        self._seen = time.time()

    def _go_on(self) -> bool:
        """With the child that is under way; False: it is not done."""
        now, refresher = time.time(), self.refresher
        goes_on = 0 <= now - self._seen < _FROZEN and now - self._began < LONGEST
        waits = not goes_on or not refresher.revocation.has_index
        if waits and self._waits >= _WAITS:
            refresher.give_up(f"not done after {now - self._began:.0f} s")
            return True
        self._waits += waits
        is_done = refresher.look(self._began, PATIENCE if waits else 0)
        self._seen = time.time()
        return is_done
