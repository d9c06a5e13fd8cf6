"""Full mTLS handshakes per second: our front against a bare nginx."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from statistics import median

from . import cpu
from .results import Compared, Section, take_turns
from .servers import Front, Servers

TARGET = 0.95
CLIENTS = 2  # openssl processes at once: one alone would leave the server waiting
VERSIONS = {"TLS 1.3": "-tls1_3", "TLS 1.2": "-tls1_2"}
ABOUT = """\
`openssl s_time -new`, {clients} processes at once, no request: each handshake is full, with both
certificates verified, and the connection is closed. **Ours** is the proxy of this repository with
one worker; **bare** is an nginx with one worker, the same certificates, protocols, ciphers,
`ssl_verify_client on`, depth, no session cache and no tickets, and `return 200`
(`bench/bare.conf.template`). Before the first turn a client of ours checks that both agree on the
same TLS 1.3 cipher, admit it and give the same answer.

A client's share of a handshake costs more than the server's, and the clients run on the same
machine. So there is a second row for each version: handshakes per second of processor time that
nginx itself used; a busy machine disturbs it less, but not never."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Handshakes a second, and nginx's processor seconds: per second, and per handshake."""

    rate: float
    share: float | None
    cost: float | None


def measure(servers: Servers, *, pairs: int, seconds: int) -> Section:
    """Take the turns for every TLS version."""
    rows: list[Compared] = []
    notes: list[str] = []
    for name, option in VERSIONS.items():
        ours, bare = take_turns(
            pairs,
            partial(_turn, servers, servers.ours, option, seconds),
            partial(_turn, servers, servers.bare, option, seconds),
        )
        rows.append(Compared(name, [t.rate for t in ours], [t.rate for t in bare], TARGET))
        ours_alone, bare_alone = _of_nginx_alone(ours), _of_nginx_alone(bare)
        if ours_alone:
            what = f"{name}, per second of nginx's processor"
            rows.append(Compared(what, ours_alone, bare_alone, None))
            notes.append(f"{name}: nginx was busy {_busy(ours)} (ours), {_busy(bare)} (bare).")
    about = ABOUT.format(clients=CLIENTS)
    return Section("Handshakes", about, "handshakes per second", rows, notes)


def _turn(servers: Servers, front: Front, option: str, seconds: int) -> Turn:
    home = servers.pki_home
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{front.port}", "-new", option]
    command += ["-cert", str(home / "clients/billing.pem")]
    command += ["-key", str(home / "clients/billing.key"), "-CAfile", str(home / "ca.pem")]
    # s_time looks at whole seconds and stops in the first one that is past -time.
    command += ["-time", str(seconds - 1)]
    before, started = cpu.seconds(front.processes["nginx"]), time.perf_counter()
    clients = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(CLIENTS)
    ]
    said = [client.communicate()[0] for client in clients]
    elapsed = time.perf_counter() - started
    after = cpu.seconds(front.processes["nginx"])
    count = sum(map(_count, said))
    used = None if before is None or after is None else after - before
    return Turn(
        count / elapsed,
        None if used is None else used / elapsed,
        None if used is None else used / count,
    )


def _count(said: str) -> int:
    found = re.search(r"(\d+) connections in", said)
    if found is None or not int(found[1]):
        raise RuntimeError(f"openssl s_time made no handshake: {said}")
    return int(found[1])


def _of_nginx_alone(turns: list[Turn]) -> list[float]:
    """Handshakes per processor second; empty where nobody tells."""
    return [1 / turn.cost for turn in turns if turn.cost]


def _busy(turns: list[Turn]) -> str:
    return f"{median(turn.share or 0 for turn in turns):.0%} of the time"
