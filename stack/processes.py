"""Plain processes in the background: started, found again, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import StackError
from .programs import run
from .settings import ROOT


@dataclass(frozen=True, slots=True)
class Process:
    """A program that outlives the command that started it, known by its pid file."""

    name: str  #: also a word of its command line, so that a reused pid is not taken for it
    run_dir: Path

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.run_dir / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.run_dir / f"{self.name}.pid"

    def start(self, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Start *command* in a session of its own, its output going to the log."""
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{child.pid}\n")
        # It outlives us, about which Popen would warn when it is dropped.
        child.returncode = 0

    def pid(self) -> int | None:
        """The pid, if the process runs."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        for _ in range(20):
            words = _command_line(pid)
            if words != "":
                return pid if words is not None and self.name in words else None
            time.sleep(0.01)  # between fork and exec it has none
        return None

    def signal(self, number: signal.Signals) -> None:
        """Send *number* to the process; nothing if it does not run."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, number)

    def stop(self, seconds: float = 15.0) -> None:
        """End it: asked first, killed after *seconds*."""
        deadline = time.monotonic() + seconds
        self.signal(signal.SIGTERM)
        while (pid := self.pid()) is not None:
            _reap(pid)
            if time.monotonic() > deadline:
                # gunicorn's and nginx's children are in the session that start() made.
                os.killpg(pid, signal.SIGKILL)
            time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 8) -> str:
        """The end of the log, indented."""
        if not self.log.exists():
            return ""
        return "\n".join("  " + line for line in self.log.read_text().splitlines()[-lines:])

    def require(self) -> None:
        """Raise StackError with its last words if it does not run."""
        pid = self.pid()
        if pid is not None:
            _reap(pid)
        if self.pid() is None:
            raise StackError(f"the {self.name} ended:\n{self.last_words()}", f"less {self.log}")


def _command_line(pid: int) -> str | None:
    """The command line of a process; None if there is none, or only its remains."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        words = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        if Path("/proc/self").exists():
            return None
        shown = ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)]  # macOS
        state, _, words = run(*shown).stdout.partition(" ")
        return None if not state or state.startswith("Z") else words
    return None if state == "Z" else words


def _reap(pid: int) -> None:
    """Let go of a child of ours that has ended; it is a zombie until then."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
