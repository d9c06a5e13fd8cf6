"""Leaves become visible all at once: staged, recorded, published; and mended after a crash.

1. the files are written into .staging-SERIAL/, laid out as in the PKI's folder;
2. the certificate is recorded in the index: from here on it is issued;
3. the files move into place, the key before the certificate;
4. the staging folder is removed.

A crash before (2) leaves a folder whose serial number is unknown: it is removed. A crash after
(2) leaves one that is known: (3) and (4) are done again. All of it happens under the lock.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from . import keys
from .errors import PkiError
from .index import Index

PREFIX = ".staging-"
PARTIAL = ".partial"
PRIVATE_MODE = 0o600
_PRIVATE = (".key", ".p12")
_ORDER = (".key", ".p12", ".pem")  # the certificate last: who sees it has the key


def stage(home: Path, serial_number: str, files: Mapping[Path, bytes]) -> Path:
    """Write *files*, by their final paths, to a staging folder of *home*, and return it."""
    folder = home / f"{PREFIX}{serial_number}"
    folder.mkdir(mode=0o700)
    for path, data in files.items():
        staged = folder / path.relative_to(home)
        staged.parent.mkdir(mode=0o700, exist_ok=True)
        write = keys.write if path.suffix in _PRIVATE else write_public
        write(staged, data)
    return folder


def publish(home: Path, folder: Path) -> None:
    """Move what is staged in *folder* into place; what is missing there is in place already."""
    staged = [path for path in folder.glob("*/*") if path.suffix in _ORDER]
    staged.sort(key=lambda path: _ORDER.index(path.suffix))
    targets = {path: home / path.relative_to(folder) for path in staged}
    for path, target in targets.items():
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if path.suffix == ".key":
            _link(path, target)
        else:
            path.replace(target)
    for parent in {target.parent for target in targets.values()}:
        sync(parent)
    shutil.rmtree(folder)


def recover(home: Path, index: Index) -> frozenset[str]:
    """Complete or clear what a crash left behind; return the fingerprints completed."""
    completed: set[str] = set()
    for left in [path for path in home.iterdir() if _is_left(path)]:
        serial_number = left.name.removeprefix(PREFIX)
        entry = index.by_serial_number(serial_number) if index.exists() else None
        if entry is None:
            shutil.rmtree(left)
        else:
            publish(home, left)
            completed.add(entry.fingerprint)
    for partial in [*home.glob(f".*{PARTIAL}")]:
        partial.unlink()
    return frozenset(completed)


def _is_left(path: Path) -> bool:
    return path.name.startswith(PREFIX) and path.is_dir() and not path.is_symlink()


def write_public(path: Path, data: bytes) -> None:
    """Create *path* with *data*, readable by everybody; never overwrite."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(fd, "wb") as file:
        os.fchmod(fd, 0o644)  # whatever the umask: the proxy reads it as another user
        file.write(data)
        file.flush()
        os.fsync(fd)


def sync(folder: Path) -> None:
    """Make the entries of *folder* survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileExistsError:
        if not path.samefile(target):
            raise PkiError(
                f"{str(target)!r} appeared meanwhile and is never overwritten",
                f"move it away: mv {target} {target}.other",
            ) from None
