"""The process that looks at the sources once, build.py, for whoever waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from .settings import RevocationSettings

_ROOT = Path(__file__).resolve().parents[2]


class StillLooking(Exception):
    """It is not done."""


class Child:
    """A look that has begun; *began* in seconds of the epoch."""

    def __init__(self, settings: RevocationSettings, folder: Path, unless_since: float) -> None:
        """Begin; raises OSError where no process can be had."""
        self._asked: str | None = json.dumps(
            {
                "sources": settings.sources,
                "truststore": settings.truststore,
                "folder": str(folder.resolve()),
                "grace": settings.grace.total_seconds(),
                "unless_since": unless_since,
                # In Lambda boto3 is where the runtime's own bootstrap has looked for it.
                "path": sys.path,
            }
        )
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "service.revocation.build"],
            stdin=pipe, stdout=pipe, stderr=pipe, cwd=_ROOT, text=True,
        )  # fmt: skip
        self.began = time.time()

    def answer(self, patience: float) -> list[str] | None:
        """What is wrong with the sources, None if another process has looked at them just now.

        Raises StillLooking after *patience* seconds: then it goes on, and can be asked again.
        """
        asked, self._asked = self._asked, None
        try:
            said, complaints = self._process.communicate(asked, timeout=patience)
        except subprocess.TimeoutExpired as late:
            raise StillLooking from late
        if self._process.returncode:
            last = complaints.strip().rpartition("\n")[2]
            return [f"the index cannot be built: exit {self._process.returncode}: {last}"]
        problems: list[str] | None = json.loads(said)
        return problems

    def end(self) -> None:
        """Give it up; what it has written is whole or not there."""
        self._process.kill()
        self._process.communicate()
