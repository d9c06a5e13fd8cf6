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
    """A program that outlives the command that started it.

    Its pid file has the pid and when that process began, so that no other is taken for it.
    """

    name: str
    run_dir: Path

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.run_dir / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.run_dir / f"{self.name}.pid"

    @property
    def _beginning(self) -> Path:
        """Has the log's length when the process was started."""
        return self.run_dir / f"{self.name}.beginning"

    def start(self, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Start *command* in a session of its own, its output going to the log."""
        with self.log.open("ab") as log:
            self._beginning.write_text(str(log.tell()))
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{child.pid} {_began(child.pid)}\n")
        # It outlives us, about which Popen would warn when it is dropped.
        child.returncode = 0

    def pid(self) -> int | None:
        """The pid, if the process runs."""
        try:
            pid, _, began = self._pid_file.read_text().strip().partition(" ")
            return int(pid) if began and _began(int(pid)) == began else None
        except (OSError, ValueError):
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
        """The end of what it has logged since it was started, indented."""
        if not self.log.exists():
            return ""
        beginning = int(self._beginning.read_text()) if self._beginning.exists() else 0
        said = self.log.read_bytes()[beginning:].decode(errors="replace")
        return "\n".join("  " + line for line in said.splitlines()[-lines:])

    def require(self) -> None:
        """Raise StackError with its last words if it does not run."""
        pid = self.pid()
        if pid is not None:
            _reap(pid)
        if self.pid() is None:
            raise StackError(f"the {self.name} ended:\n{self.last_words()}", f"less {self.log}")


def _began(pid: int) -> str:
    """When the process *pid* began, in whatever form the system tells it; "" if it has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self").exists():
            return ""
        state, _, began = run("ps", "-o", "stat=,lstart=", "-p", str(pid)).stdout.partition(" ")
        return "" if not state or state.startswith("Z") else began.strip()  # macOS
    return "" if state == "Z" else fields[18]  # starttime, the 22nd of proc(5)


def _reap(pid: int) -> None:
    """Let go of a child of ours that has ended; it is a zombie until then."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
