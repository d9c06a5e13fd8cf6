"""Python programs that clash with our own packages: each in an environment of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from .errors import StackError
from .programs import VENV, last_line, make_venv, run
from .settings import ROOT

LISTS = ROOT / "tests/tools"
FOLDER = VENV / "tools"
TOOLS = ("sam", "checkov", "moto", "schemathesis")


def ensure_tool(name: str, say: Callable[[str], None]) -> Path:
    """Return the folder of programs of the tool *name*, installed from its frozen list.

    *name* is one of TOOLS, or "pkilint" for the benchmarks. StackError if pip cannot install it.
    """
    home, wanted = FOLDER / name, (LISTS / f"{name}.txt").read_text()
    stamp = home / "installed"
    if not (stamp.exists() and stamp.read_text() == wanted + sys.version):
        say(f"installing {name} into {home.relative_to(ROOT)}")
        make_venv(home, say)
        # The list is complete: nothing is resolved, so nothing newer slips in.
        done = run(home / "bin/python", "-m", "pip", "install", "-q", "--no-deps",
                   "--disable-pip-version-check", "-r", LISTS / f"{name}.txt")  # fmt: skip
        if done.returncode:
            raise StackError(
                f"pip could not install {name}: {last_line(done.stderr)}",
                f"{home.relative_to(ROOT)}/bin/pip install --no-deps -r tests/tools/{name}.txt",
            )
        stamp.write_text(wanted + sys.version)
    return home / "bin"
