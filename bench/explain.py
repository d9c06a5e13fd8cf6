"""`python -m pki explain` from the shell: what somebody waits for at night."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pki import issuance, wishes
from pki.initialisation import initialise
from pki.store import Store
from stack.settings import ROOT

from .results import Bounded, Section

TARGET = 400  # milliseconds
ABOUT = """\
The whole command `python -m pki explain NAME` as a process of its own, from its start to its end,
against a PKI with one client; accepted by both fronts, and refused by both (`--at` after its end).
"""


def measure(*, rounds: int) -> Section:
    """Run the command; the first run, which fills the file cache, does not count."""
    folder = ROOT / ".run"
    folder.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=folder) as home:
        store, now = Store(Path(home) / "pki"), datetime.now(UTC)
        initialise(store, now=now)
        secrets = issuance.Secrets(authority=bytes, leaf=bytes)
        issuance.issue(store, wishes.client("billing", wishes.Asked()), secrets, now=now)
        rows = [
            _row("accepted", partial(_milliseconds, store, 0), rounds),
            _row(
                "refused", partial(_milliseconds, store, 1, "--at", f"{now.year + 1}-12-31"), rounds
            ),
        ]
    return Section("Explain", ABOUT, "milliseconds", rows)


def _row(what: str, run: Callable[[], float], rounds: int) -> Bounded:
    run()
    return Bounded(f"explain, {what}", [run() for _ in range(rounds)], at_most=TARGET)


def _milliseconds(store: Store, expected: int, *words: str) -> float:
    command = [sys.executable, "-m", "pki", "explain", "billing", *words]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={"PKI_HOME": str(store.home)}, capture_output=True, check=False
    )
    elapsed = time.perf_counter() - started
    if done.returncode != expected:
        raise RuntimeError(f"explain said {done.returncode}, expected {expected}: {done.stderr!r}")
    return elapsed * 1000
