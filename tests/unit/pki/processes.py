"""Commands in forked processes, which may be killed at their Nth change of the disk."""

import functools
import os
import signal
import sqlite3
import stat
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pki.cli import main

_CHANGES = ("open", "mkdir", "rename", "replace", "link", "unlink", "rmdir", "fsync", "chmod")


def forked(work: Callable[[], None]) -> int:
    """Start *work* in a child and return its process id; the child exits 0, or 1 if it raised."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        work()
        code = 0
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """Return the exit code of the child *pid*, negative for the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def command(home: Path, words: Sequence[str], **env: str) -> None:
    """Run one command in this process; for children only."""
    os.environ.update({"PKI_HOME": str(home), **env})
    try:
        main(list(words))
    except SystemExit as leaving:
        if leaving.code:
            raise


def killed_at(home: Path, words: Sequence[str], count: int, **env: str) -> bool:
    """Run *words* and kill it just before its change number *count*; whether it came that far.

    What is being flushed loses its second half first.
    """

    def work() -> None:
        _kill_at(count)
        command(home, words, **env)

    code = wait(forked(work))
    assert code in (0, -signal.SIGKILL), code
    return code != 0


class _Countdown:
    """Kills this process at the change number *left*."""

    def __init__(self, left: int) -> None:
        self.left = left

    def change(self, halved: int | None = None) -> None:
        self.left -= 1
        if self.left == 0:
            if halved is not None:
                _halve(halved)
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return *original*, the function *name* of os, counted."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            only_reads = name == "open" and not (len(args) > 1 and args[1] & os.O_CREAT)
            if not only_reads:
                is_file = name == "fsync" and stat.S_ISREG(os.fstat(args[0]).st_mode)
                self.change(args[0] if is_file else None)
            return original(*args, **kwargs)

        return counted


def _kill_at(count: int) -> None:
    countdown = _Countdown(count)
    for name in _CHANGES:
        setattr(os, name, countdown.before(name, getattr(os, name)))

    class Connection(sqlite3.Connection):
        def commit(self) -> None:
            countdown.change()
            super().commit()

        def execute(self, *args: Any) -> sqlite3.Cursor:
            if args[0].lstrip().startswith("CREATE"):
                countdown.change()
            return super().execute(*args)

    connect = sqlite3.connect
    sqlite3.connect = functools.partial(connect, factory=Connection)  # type: ignore[assignment]


def _halve(fd: int) -> None:
    with Path(f"/proc/self/fd/{fd}").open("r+b") as file:
        file.truncate(os.fstat(fd).st_size // 2)
