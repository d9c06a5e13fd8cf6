"""The index as a file: written whole or not at all, and mapped."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

from .index import BrokenIndex, Index

Version = tuple[int, int, int]


class UnusableFolder(OSError):
    """The index must not lie where somebody else could write it."""


class IndexFile:
    """`index` in *folder*, which is this user's alone.

    A new index takes the place of the old one by its name. Nobody ever writes into one: whoever has
    the old one mapped goes on reading it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / "index"
        self._attempt = folder / "attempt"

    @classmethod
    def of(cls, folder: Path | None, name: str) -> IndexFile:
        """In *folder*; without one, in one of our own below the system's temporary folder.

        Raises UnusableFolder.
        """
        own = f"revocation-{os.geteuid()}-{name}"
        found = folder or Path(tempfile.gettempdir()) / own
        try:
            found.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = found.lstat()
        except OSError as error:
            raise UnusableFolder(f"{str(found)!r} cannot be made ({error.strerror})") from error
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise UnusableFolder(f"{str(found)!r} is not a folder of this user")
        if status.st_mode & 0o022:
            raise UnusableFolder(f"{str(found)!r} can be written by others")
        return cls(found)

    def version(self) -> Version | None:
        """What changes when another index is there; None if there is none."""
        try:
            status = self._index.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def open(self) -> Index:
        """Map it; raises BrokenIndex, also where there is none."""
        try:
            with self._index.open("rb") as file:
                return Index(mmap(file.fileno(), 0, access=ACCESS_READ))
        except (OSError, ValueError) as error:
            raise BrokenIndex(str(error)) from error

    def write(self, pieces: Iterable[bytes]) -> None:
        """Put it there, once it is on the disk."""
        handle, name = tempfile.mkstemp(prefix="new-", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._index)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def was_attempted(self, since: float) -> bool:
        """Whether anybody has looked at the sources since then (seconds of the epoch)."""
        try:
            # Not after now: clocks are set back.
            return since <= self._attempt.stat().st_mtime <= time.time() + 1
        except OSError:
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time, of all processes; waits."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._sweep()
            yield

    def attempt(self) -> None:
        """Remember that the sources were looked at just now."""
        self._attempt.touch()

    def _sweep(self) -> None:
        """What somebody left who was killed as it wrote."""
        for path in self.folder.glob("new-*"):
            with suppress(OSError):
                path.unlink()
