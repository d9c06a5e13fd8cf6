"""`python -m bench`: run everything and write docs/performance.md, or look at a part of it."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from stack import programs, runtime
from stack.errors import StackError
from stack.settings import ROOT

from . import (
    admission,
    doctor,
    explain,
    function,
    function_registry,
    function_revocation,
    handshakes,
    issuing,
    keep_alive,
    linting,
    ocsp,
    orders,
    registry,
    report,
    revocation,
    sam,
    servers,
)
from .results import Section

_ONLY = (
    "print these alone: servers, orders, admission, registry, function, issuing, explain, lint,"
    " revocation, ocsp, doctor"
)
PAGE = ROOT / "docs/performance.md"


@dataclass(frozen=True, slots=True)
class Size:
    """How long it takes: at least five pairs count, fewer show only that it works."""

    pairs: int
    server_seconds: int  #: of one turn against a server
    process_seconds: float  #: of one turn within this process
    calls: int  #: in a round of admissions
    durable_calls: int
    clients: int  #: in the larger registry


FULL = Size(
    pairs=7, server_seconds=3, process_seconds=0.5, calls=2000, durable_calls=40, clients=100_000
)
QUICK = Size(
    pairs=2, server_seconds=2, process_seconds=0.1, calls=200, durable_calls=5, clients=2000
)


def main() -> int:
    """Measure, print the page, and write it if it is whole; errors are two lines and exit 1."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *PARTS], metavar="PART", help=_ONLY)
    parser.add_argument("--quick", action="store_true", help="too short to count: print only")
    asked = parser.parse_args()
    # Debian keeps servers in /usr/sbin, which is not on everybody's PATH.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    try:
        _require_tools()
        names = asked.only or list(PARTS)
        sections = _measure(names, QUICK if asked.quick else FULL)
        text = report.page(sections, _machine())
    except StackError as error:
        sys.stderr.write(f"error: {error.message}\n  hint: {error.hint}\n")
        return 1
    print(text)
    if not asked.only and not asked.quick:
        PAGE.write_text(text)
        _say(f"written to {PAGE.relative_to(ROOT)}")
    return 0


def _require_tools() -> None:
    programs.ensure_nginx(_say)
    runtime.ensure_rie(_say)
    if shutil.which("openssl") is None:
        raise StackError("openssl is not installed", "install openssl, then: make bench")
    if os.environ.get("SAM"):
        sam.require(os.environ["SAM"])


def _measure(names: Sequence[str], size: Size) -> list[Section]:
    sections = []
    for name in names:
        _say(f"measuring: {name}")
        sections += PARTS[name](size)
    return sections


def _servers(size: Size) -> list[Section]:
    pairs, seconds = size.pairs, size.server_seconds
    with servers.running(os.environ["PATH"]) as fronts:
        sections = [
            handshakes.measure(fronts, pairs=pairs, seconds=seconds),
            *keep_alive.measure(fronts, pairs=pairs, seconds=seconds),
        ]
        if not os.environ.get("SAM"):
            return [*sections, sam.absent()]
        against = sam.measure(os.environ["SAM"], fronts, pairs=pairs, seconds=seconds)
        return [*sections, against]


def _orders(size: Size) -> list[Section]:
    path = os.environ["PATH"]
    return [orders.measure(path, pairs=size.pairs, seconds=size.server_seconds)]


def _admission(size: Size) -> list[Section]:
    return [admission.measure(rounds=size.pairs, calls=size.calls)]


def _registry(size: Size) -> list[Section]:
    return [registry.measure(rounds=size.pairs, calls=size.calls, clients=size.clients)]


def _function(size: Size) -> list[Section]:
    return [
        *function.measure(pairs=size.pairs, calls=size.calls),
        function_revocation.measure(rounds=size.pairs),
        function_registry.measure(rounds=size.pairs),
    ]


def _issuing(size: Size) -> list[Section]:
    seconds, calls = size.process_seconds, size.durable_calls
    return [issuing.measure(pairs=size.pairs, seconds=seconds, durable_calls=calls)]


def _explain(size: Size) -> list[Section]:
    return [explain.measure(rounds=2 * size.pairs + 1)]


def _lint(size: Size) -> list[Section]:
    return [linting.measure(pairs=size.pairs, say=_say)]


def _revocation(size: Size) -> list[Section]:
    return revocation.measure(pairs=size.pairs, calls=size.calls)


def _ocsp(size: Size) -> list[Section]:
    return [ocsp.measure(pairs=size.pairs, seconds=size.process_seconds)]


def _doctor(size: Size) -> list[Section]:
    return doctor.measure(rounds=2 * size.pairs + 1, path=os.environ["PATH"])


PARTS: Mapping[str, Callable[[Size], list[Section]]] = {
    "servers": _servers,
    "orders": _orders,
    "admission": _admission,
    "registry": _registry,
    "function": _function,
    "issuing": _issuing,
    "ocsp": _ocsp,
    "explain": _explain,
    "lint": _lint,
    "revocation": _revocation,
    "doctor": _doctor,
}


def _machine() -> str:
    nginx = programs.run("nginx", "-v").stderr.strip().rpartition("/")[2]
    openssl = programs.run("openssl", "version").stdout.split()[1]
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("gunicorn", "Flask", "cryptography")
    )
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, nginx {nginx}, OpenSSL {openssl}, {packages}"
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
