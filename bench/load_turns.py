"""One turn of bench.load against a front: the rate, and how busy everybody was."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stack.programs import run

from . import cpu
from .servers import Front

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests a second, and how busy each process was (1 is one core)."""

    rate: float
    load: float
    processes: dict[str, float]  #: by name; empty where nobody tells


def turn(pki_home: Path, front: Front, seconds: float, *options: str) -> Turn:
    """Load *front* for *seconds*, as the client of *pki_home*; *options*: more of bench.load's."""
    before = _used(front)
    said = load(front.port, seconds, "--pki-home", pki_home, *options)
    after = _used(front)
    shares = {name: (after[name] - before[name]) / seconds for name in after}
    return Turn(said["rate"], said["share"], shares)


def load(port: int, seconds: float, *options: str | Path) -> dict[str, float]:
    """What bench.load says of *port*."""
    words = ["-m", "bench.load", str(port), "--connections", str(CONNECTIONS)]
    done = run(sys.executable, *words, "--seconds", str(seconds), *options, timeout=60)
    if done.returncode:
        raise RuntimeError(f"bench.load failed: {done.stderr}")
    said: dict[str, float] = json.loads(done.stdout)
    return said


def _used(front: Front) -> dict[str, float]:
    used = {name: cpu.seconds(pid) for name, pid in front.processes.items()}
    return {name: value for name, value in used.items() if value is not None}


def busy(turns: list[Turn]) -> str:
    """How busy the processes were; the one that is near 100% bounds the rate."""
    parts = [f"load generator {median(turn.load for turn in turns):.0%}"]
    costs = []
    for name in turns[0].processes:
        parts.append(f"{name} {median(turn.processes[name] for turn in turns):.0%}")
        cost = median(turn.processes[name] / turn.rate for turn in turns)
        costs.append(f"{name} {cost * 1e6:.0f} µs")
    each = f"; processor time of a request: {', '.join(costs)}" if costs else ""
    return f"{', '.join(parts)} of one core{each}"
