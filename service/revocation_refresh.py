"""Keeps the revocation index up to date, beside the requests and never in one."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from .revocation import BrokenIndex
from .revocation_check import Revocation
from .revocation_file import IndexFile, Version
from .revocation_settings import RevocationSettings

#: How long a start waits for the first look at the sources. Lambda gives 10 s for all of it.
FIRST = 6.0
LONGEST = 180.0  #: seconds for one look
_GLANCE = 5.0  #: seconds from one look at the index to the next: another process may have made one
_JITTER = 0.1
_ROOT = Path(__file__).resolve().parent.parent

Log = Callable[[str], None]


def start(settings: RevocationSettings, log: Log) -> Refresher:
    """Have an index, if one can be had in FIRST seconds, and a thread that keeps it fresh."""
    refresher = Refresher(settings, log)
    refresher.start()
    return refresher


class Refresher:
    """Has a child process look at the sources, and puts in force what it makes of them."""

    def __init__(self, settings: RevocationSettings, log: Log) -> None:
        self.revocation = Revocation(settings)
        self._settings = settings
        self._log = log
        self.file = IndexFile.of(settings.folder, _name(settings))
        self._version: Version | None = None
        self._told: tuple[str, list[str]] | None = None
        self._wake = threading.Event()
        self._looked = threading.Event()
        self._next = 0.0
        self._stopped = False

    def start(self) -> None:
        """Look for the first time; the thread goes on with it where that takes too long."""
        self._put_in_force()
        threading.Thread(target=self._run, daemon=True, name="revocation").start()
        self._looked.wait(FIRST)

    def stop(self) -> None:
        """Let the thread end, after the look that is under way."""
        self._stopped = True
        self._wake.set()

    def nudge(self) -> None:
        """After an answer: a process that was frozen, as Lambda does it, has overslept."""
        if time.time() >= self._next:
            self._wake.set()

    def look(self, unless_since: float) -> None:
        """Have the sources looked at, if nobody has since then, and take what has come of it."""
        problems: list[str] | None = None
        if not self.file.was_attempted(unless_since):
            problems = self._look_in_child(unless_since)
        self._put_in_force()
        self._tell(problems)

    def _run(self) -> None:
        unless_since = time.time()  # at the start a look is wanted, however new the last one is
        while not self._stopped:
            refresh = self._settings.refresh * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
            self._next = time.time() + refresh
            try:
                self.look(unless_since)
            except Exception as error:  # noqa: BLE001  (without this thread no index would come)
                self._say(["cannot be refreshed: " + (str(error) or type(error).__name__)])
            self._looked.set()
            while time.time() < self._next and not self._wake.wait(min(_GLANCE, refresh)):
                self._put_in_force()
            self._wake.clear()
            unless_since = time.time() - self._settings.refresh * (1 - _JITTER)

    def _look_in_child(self, unless_since: float) -> list[str] | None:
        asked = json.dumps(
            {
                "sources": self._settings.sources,
                "truststore": str(self._settings.truststore.resolve()),
                "folder": str(self.file.folder.resolve()),
                "grace": self._settings.grace.total_seconds(),
                "unless_since": unless_since,
            }
        )
        command = [sys.executable, "-m", "service.revocation_build"]
        try:
            done = subprocess.run(
                command, input=asked, cwd=_ROOT, capture_output=True, text=True,
                check=False, timeout=LONGEST,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return [f"the index cannot be built: {error}"]
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            return [f"the index cannot be built: exit {done.returncode}: {last}"]
        problems: list[str] | None = json.loads(done.stdout)
        return problems

    def _put_in_force(self) -> None:
        version = self.file.version()
        if version is None or version == self._version:
            return
        try:
            self.revocation.put_in_force(self.file.open())
        except BrokenIndex as error:
            self._say([f"the index cannot be read: {error}"])
        self._version = version

    def _tell(self, problems: list[str] | None) -> None:
        """Log what has changed, and not the same every minute; None: another process looked."""
        state = self.revocation.health(datetime.now(UTC)).state
        if problems is None:
            if self._told is not None and self._told[0] == state:
                return
            problems = []  # what this process last met is over, or the other one has said so
        if self._told != (state, problems):
            self._told = state, problems
            self._say(problems)

    def _say(self, problems: list[str]) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "revocation": self.revocation.health(datetime.now(UTC)).as_dict(),
            "problems": problems,
        }
        self._log(json.dumps(line) + "\n")


def _name(settings: RevocationSettings) -> str:
    """Of the folder: services with other sources or another truststore share no index."""
    text = json.dumps([settings.sources, str(settings.truststore.resolve())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
