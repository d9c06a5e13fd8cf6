"""Requests per second on keep-alive connections: our stack against a bare Flask behind nginx."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from statistics import median

from stack.programs import run

from . import cpu
from .results import Compared, Section, take_turns
from .servers import Front, Servers

TARGET = 0.90
CONNECTIONS = 8
ABOUT = """\
`GET /whoami` over mTLS on {connections} keep-alive connections, each with one request under way,
from a process of its own (`bench/load.py`). **Ours** is the whole stack: the proxy (one worker),
gunicorn (one worker, 8 threads), identity, policy, access log. **Bare** is a Flask application
with one view that returns the same JSON as a constant (`bench/bare_app.py`), in gunicorn with
the very same settings file, behind the same proxy; it checks nothing and logs nothing.

The second row, for information, takes the proxy away as well: the same bare Flask behind an nginx
with the same TLS, `proxy_pass`, kept upstream connections and nothing else, so that the cost of
the identity headers, and of reading them, is in it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests a second, and how busy each process was (1 is one core)."""

    rate: float
    load: float
    nginx: float | None
    gunicorn: float | None


def measure(servers: Servers, *, pairs: int, seconds: float) -> Section:
    """Warm both up, and take the turns."""
    for front in (servers.ours, servers.bare, servers.bare_flask):
        _turn(servers, front, min(seconds, 1.0))
    rows, notes = [], []
    for what, other, target in (
        ("/whoami", servers.bare_flask, TARGET),
        ("/whoami, against nginx and Flask both bare", servers.bare, None),
    ):
        ours, bare = take_turns(
            partial(_turn, servers, servers.ours, seconds),
            partial(_turn, servers, other, seconds),
            pairs,
        )
        rows.append(Compared(what, [t.rate for t in ours], [t.rate for t in bare], target))
        notes += [f"{what}: ours: {_busy(ours)}.", f"{what}: bare: {_busy(bare)}."]
    about = ABOUT.format(connections=CONNECTIONS)
    return Section("Requests", about, "requests per second", rows, notes)


def _turn(servers: Servers, front: Front, seconds: float) -> Turn:
    pids = (front.nginx, front.gunicorn)
    before = [cpu.seconds(pid) for pid in pids]
    options = ["--connections", str(CONNECTIONS), "--seconds", str(seconds)]
    done = run(
        sys.executable, "-m", "bench.load", str(front.port), servers.pki_home, *options, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"bench.load failed: {done.stderr}")
    after = [cpu.seconds(pid) for pid in pids]
    said = json.loads(done.stdout)
    used = [
        None if old is None or new is None else (new - old) / seconds
        for old, new in zip(before, after, strict=True)
    ]
    return Turn(said["rate"], said["share"], *used)


def _busy(turns: list[Turn]) -> str:
    """How busy the processes were; the one that is near 100% bounds the rate."""
    parts = [f"load generator {median(turn.load for turn in turns):.0%}"]
    for name, values in (
        ("nginx", [turn.nginx for turn in turns if turn.nginx is not None]),
        ("gunicorn", [turn.gunicorn for turn in turns if turn.gunicorn is not None]),
    ):
        if values:
            parts.append(f"{name} {median(values):.0%}")
    costs = [
        f"{name} {median(values) * 1e6:.0f} µs"
        for name, values in (
            ("nginx", [turn.nginx / turn.rate for turn in turns if turn.nginx is not None]),
            (
                "gunicorn",
                [turn.gunicorn / turn.rate for turn in turns if turn.gunicorn is not None],
            ),
        )
        if values
    ]
    each = f"; processor time of a request: {', '.join(costs)}" if costs else ""
    return f"{', '.join(parts)} of one core{each}"
