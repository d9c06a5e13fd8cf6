"""Requests per second on keep-alive connections: our stack against a bare Flask behind nginx."""

from __future__ import annotations

from functools import partial

from . import gateway
from .load_turns import CONNECTIONS, Turn, busy, turn
from .results import Compared, Section, take_turns
from .servers import Servers

TARGET = 0.90
ABOUT = """\
`GET /whoami` over mTLS on {connections} keep-alive connections, each with one request under way,
from a process of its own (`bench/load.py`). **Ours** is the whole stack: the proxy (one worker),
gunicorn (one worker, 4 threads), identity, policy, access log. **Bare** is a Flask application
with one view that returns the same JSON as a constant (`bench/bare_app.py`), in gunicorn with
the very same settings file, behind the same proxy; it checks nothing and logs nothing.

The second row, for information, takes the proxy away as well: the same bare Flask behind an nginx
with the same TLS, `proxy_pass`, kept upstream connections and nothing else, so that the cost of
the identity headers, and of reading them, is in it."""


def measure(servers: Servers, *, pairs: int, seconds: float) -> list[Section]:
    """Warm all fronts up, and let them take turns."""
    fronts = [servers.ours, servers.bare_flask, servers.bare, servers.gateway]
    fronts += [servers.emulator] if servers.emulator else []
    for front in fronts:
        turn(servers.pki_home, front, min(seconds, 1.0))
    ours, bare_flask, bare, *behind_gateway = take_turns(
        pairs, *(partial(turn, servers.pki_home, front, seconds) for front in fronts)
    )
    return [_against_bare(ours, bare_flask, bare), gateway.section(ours, *behind_gateway)]


def _against_bare(ours: list[Turn], bare_flask: list[Turn], bare: list[Turn]) -> Section:
    rates = [turn.rate for turn in ours]
    rows = [
        Compared("/whoami", rates, [turn.rate for turn in bare_flask], TARGET),
        Compared("/whoami, against nginx and Flask both bare", rates, [turn.rate for turn in bare]),
    ]
    notes = [
        f"Ours: {busy(ours)}.",
        f"Bare Flask behind the same proxy: {busy(bare_flask)}.",
        f"Bare Flask behind a bare nginx: {busy(bare)}.",
    ]
    about = ABOUT.format(connections=CONNECTIONS)
    return Section("Requests", about, "requests per second", rows, notes)
