"""A thread that keeps the revocation index fresh: for a server, which runs between requests."""

from __future__ import annotations

import random
import threading
import time

from .refresh import FIRST, LONGEST, Log, Refresher
from .settings import RevocationSettings

_GLANCE = 5.0  #: seconds from one look at the index to the next: another process may have made one
_JITTER = 0.1


class Background:
    """A refresher and its thread."""

    def __init__(self, settings: RevocationSettings, log: Log) -> None:
        self.refresher = Refresher(settings, log)
        self._refresh = settings.refresh
        self._ended = threading.Event()
        self._looked = threading.Event()

    def start(self) -> None:
        """Have an index, if one can be had in FIRST seconds; the thread goes on with it."""
        self.refresher.put_in_force()
        threading.Thread(target=self._run, daemon=True, name="revocation").start()
        self._looked.wait(FIRST)

    def stop(self) -> None:
        """Let the thread end, after the look that is under way."""
        self._ended.set()

    def _run(self) -> None:
        unless_since = time.time()  # at the start a look is wanted, however new the last one is
        while not self._ended.is_set():
            refresh = self._refresh * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
            following = time.time() + refresh
            try:
                if not self.refresher.look(unless_since):
                    self.refresher.give_up(f"not done after {LONGEST:.0f} s")
            except Exception as error:  # noqa: BLE001  (without this thread no index would come)
                self.refresher.say(["cannot be refreshed: " + (str(error) or type(error).__name__)])
            self._looked.set()
            while time.time() < following and not self._ended.wait(min(_GLANCE, refresh)):
                self.refresher.put_in_force()
            unless_since = time.time() - self._refresh * (1 - _JITTER)
