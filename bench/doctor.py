"""`python -m aws` from the shell: its help, and the doctor at a stack that is well."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.native import NativeStack
from stack.settings import ROOT, Settings

from .results import Bounded, Section
from .servers import free_port

HELP_TARGET = 150  # milliseconds
DOCTOR_TARGET = 3000
ABOUT_HELP = """\
The whole command as a process of its own, from its start to its end."""
ABOUT_DOCTOR = """\
The whole command `python -m aws doctor https://localhost:PORT --ca --cert --key --truststore` as a
process of its own, from its start to its end, against both fronts of the laptop stack (nginx,
gunicorn; nginx, gateway, function), with nothing wrong: eight connections, four requests."""


def measure(*, rounds: int, path: str) -> list[Section]:
    """Run the commands; the first run of each, which fills the file cache, does not count."""
    helps = [_row("python -m aws --help", ["--help"], rounds, HELP_TARGET)]
    with _stack(path) as settings:
        doctors = [
            _row(f"doctor, {front}", _words(settings, url), rounds, DOCTOR_TARGET)
            for front, url in settings.urls.items()
        ]
    return [
        Section("The help of python -m aws", ABOUT_HELP, "milliseconds", helps),
        Section("The doctor", ABOUT_DOCTOR, "milliseconds", doctors),
    ]


@contextmanager
def _stack(path: str) -> Iterator[Settings]:
    with TemporaryDirectory(prefix="bench-") as folder:
        settings = Settings(
            alb_port=free_port(),
            api_gateway_port=free_port(),
            pki_port=free_port(),
            pki_home=Path(folder) / "pki",
            run_dir=Path(folder) / "run",
            inherited={"PATH": path, "WORKERS": "1"},
        )
        stack = NativeStack(settings)
        try:
            stack.up(lambda _: None)
            yield settings
        finally:
            stack.down()


def _words(settings: Settings, url: str) -> list[str]:
    home = settings.pki_home
    client = ["--cert", str(home / "clients/billing.pem")]
    client += ["--key", str(home / "clients/billing.key")]
    trusted = ["--truststore", str(home / "truststore.pem")]
    return ["doctor", url, "--ca", str(home / "ca.pem"), *client, *trusted]


def _row(what: str, words: list[str], rounds: int, target: int) -> Bounded:
    run: Callable[[], float] = partial(_milliseconds, words)
    run()
    return Bounded(what, [run() for _ in range(rounds)], at_most=target)


def _milliseconds(words: list[str]) -> float:
    command, env = [sys.executable, "-m", "aws", *words], {"PATH": os.environ["PATH"]}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{words} said {done.returncode}: {done.stdout!r} {done.stderr!r}")
    return elapsed * 1000
