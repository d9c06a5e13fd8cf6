"""Keeps the revocation index up to date: one look at the sources, and what comes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime

from .check import Revocation
from .child import Child, StillLooking
from .file import IndexFile, Version
from .index import BrokenIndex
from .settings import RevocationSettings

#: How long a start waits for the first look at the sources. Lambda gives 10 s for all of it.
FIRST = 6.0
LONGEST = 180.0  #: seconds for one look

Log = Callable[[str], None]


class Refresher:
    """Has a child process look at the sources, and puts in force what it makes of them.

    When, is for who has one: background.py, and on_demand.py for Lambda.
    """

    def __init__(self, settings: RevocationSettings, log: Log) -> None:
        self.revocation = Revocation(settings)
        self.settings = settings
        self.file = IndexFile.of(settings.folder, _name(settings))
        self.child: Child | None = None
        self._log = log
        self._version: Version | None = None
        self._told: tuple[str, list[str]] | None = None

    def look(self, unless_since: float, patience: float = LONGEST) -> bool:
        """Have the sources looked at, if nobody has since then, and take what has come of it.

        False: that is not done after *patience* seconds. The next call waits for the same child.
        """
        try:
            if self.child is None and not self.file.was_attempted(unless_since):
                self.child = Child(self.settings, self.file.folder, unless_since)
            problems = self.child.answer(patience) if self.child else None
        except StillLooking:
            return False
        except (OSError, ValueError) as error:
            problems = [f"the index cannot be built: {error}"]
        self.child = None
        self.put_in_force()
        self._tell(problems)
        return True

    def give_up(self, why: str) -> None:
        """End the child that is not done."""
        if self.child is not None:
            self.child.end()
            self.child = None
            self._tell([f"the index cannot be built: {why}"])

    def put_in_force(self) -> None:
        """Take the index that lies there, if it is another one."""
        version = self.file.version()
        if version is None or version == self._version:
            return
        try:
            self.revocation.put_in_force(self.file.open())
        except BrokenIndex as error:
            self.say([f"the index cannot be read: {error}"])
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
            self.say(problems)

    def say(self, problems: list[str]) -> None:
        """Log *problems*, and what is in force."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "revocation": self.revocation.health(datetime.now(UTC)).as_dict(),
            "problems": problems,
        }
        self._log(json.dumps(line) + "\n")


def _name(settings: RevocationSettings) -> str:
    """Of the folder: services with other sources or another truststore share no index."""
    text = json.dumps([settings.sources, settings.truststore])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
