"""How much processor time other processes used. Linux tells; elsewhere there is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_PARENT = 1  # of the fields after "pid (name) ", proc(5)


def seconds(pid: int) -> float | None:
    """Processor seconds of *pid* and its children so far, None where nobody tells."""
    if not (_PROC / "self/schedstat").exists():
        return None
    # stat counts ticks that happened to meet the process; schedstat counts nanoseconds.
    return sum(_nanoseconds(path) for path in _family(pid)) / 1e9


def _family(pid: int) -> Iterator[Path]:
    for path in _PROC.glob("[0-9]*"):
        fields = _read(path / "stat").rpartition(")")[2].split()
        if path.name == str(pid) or (fields and fields[_PARENT] == str(pid)):
            yield path


def _nanoseconds(process: Path) -> int:
    threads = (_read(path).split() for path in process.glob("task/*/schedstat"))
    return sum(int(fields[0]) for fields in threads if fields)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended meanwhile
        return ""
