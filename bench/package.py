"""The function as SAM ships it: how fast its bytecode is imported, and how large it is."""

from __future__ import annotations

import io
import json
import os
import platform
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.programs import run
from stack.settings import ROOT, Settings

from .results import Compared, Section, take_turns

TARGET = 1.3
TITLE = "The function, as it is shipped"
ABSENT = "Not measured: {why}."
ABOUT = """\
`import service.lambda_handler` in a fresh {python}, whose own start is not in it, from the folder
that `sam build` makes, every file dated 1980 as SAM dates it, and nothing written. **Shipped** is
that folder: there are no dates in its bytecode, and of others there is nothing else. **Other** has
the sources of all of it, compiled in place by the same Python just now; or with ordinary bytecode,
which 1980 makes stale, so that all of it is compiled anew at each cold start, as if there were
none; or it is the bare handler
(`bench/bare_handler.py`) on the shipped requirements."""
_MODULE = "service.lambda_handler"
_BARE = "bare_handler"
_DATE = 315_532_800  # 1980-01-01, the first day that a zip knows


class NotBuilt(Exception):
    """There is no package to measure; why is the message."""


def measure(event: str, *, rounds: int) -> Section:
    """Build the function for this machine, and import it in turns."""
    with TemporaryDirectory(prefix="bench-package-") as folder:
        try:
            python = runtime_python()
            trees = _trees(Path(folder), python)
        except NotBuilt as why:
            return Section(TITLE, ABSENT.format(why=why), "", [])
        module = {name: _BARE if name == "bare" else _MODULE for name in trees}
        calls = [partial(_import, python, trees[name], module[name], event) for name in trees]
        for call in calls:
            call()  # fills the disk's cache
        shipped, *others = take_turns(rounds, *calls)
        rows = [
            Compared("compiled in place", shipped, others[0], at_most=TARGET),
            Compared("ordinary bytecode", shipped, others[1]),
            Compared("bare handler", shipped, others[2]),
        ]
        about = ABOUT.format(python=run(python, "--version").stdout.strip())
        notes = [_size(trees["shipped"][0])]
        return Section(TITLE, about, "milliseconds", rows, notes, names=("shipped", "other"))


def _import(python: str, path: list[Path], module: str, event: str) -> float:
    env = {
        **Settings().allow,
        "CLIENT_CERT_SOURCE": "api-gateway",
        "PYTHONPATH": ":".join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, "-P", str(ROOT / "bench/first_answer.py"), module]
    done = subprocess.run(
        command, cwd=path[0], env=env, input=event, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr}")
    return float(json.loads(done.stdout)["import"])


def _trees(folder: Path, python: str) -> Mapping[str, list[Path]]:
    """Return what is on the path, by name; shipped first."""
    shipped, fresh, dated, bare = (folder / n for n in ("shipped", "fresh", "dated", "bare"))
    build(shipped)
    _sources(python, shipped, fresh)
    run(python, "-m", "compileall", "-q", fresh)
    shutil.copytree(fresh, dated)
    bare.mkdir()
    shutil.copy(ROOT / "bench/bare_handler.py", bare)
    run(python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", bare)
    for tree in (shipped, dated, bare):
        for path in tree.rglob("*"):
            os.utime(path, (_DATE, _DATE))
    return {"shipped": [shipped], "fresh": [fresh], "dated": [dated], "bare": [shipped, bare]}


def _sources(python: str, shipped: Path, fresh: Path) -> None:
    """What *shipped* was made of: of others that has the bytecode alone."""
    requirements = ROOT / "service/requirements.txt"
    done = run(
        *(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"),
        *("--no-compile", "--target", str(fresh), "-r", str(requirements)),
    )
    if done.returncode:
        raise NotBuilt(f"pip cannot install {requirements.name}")
    ours = shutil.ignore_patterns("__pycache__")
    shutil.copytree(shipped / "service", fresh / "service", ignore=ours)


def build(artifacts: Path) -> None:
    """Do what SAM's makefile builder does, for this machine's processor."""
    if platform.system() != "Linux":
        raise NotBuilt("the package is for Linux")
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    artifacts.mkdir()
    done = subprocess.run(
        ["make", "-C", ROOT / "service", "build-ApiFunction"],
        env={
            **os.environ,
            "ARTIFACTS_DIR": str(artifacts),
            "ARCHITECTURE": "arm64" if arm else "x86_64",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotBuilt(done.stderr.partition("\n")[0].removeprefix("error: "))


def runtime_python() -> str:
    """Return the runtime's Python, from PATH or from pyenv's versions."""
    root = run("pyenv", "root").stdout.strip() if shutil.which("pyenv") else ""
    versions = sorted(Path(root, "versions").glob("3.13*/bin/python3.13")) if root else []
    asks = "import sys; sys.exit(sys.version_info[:2] != (3, 13))"
    for python in filter(shutil.which, ("python3.13", "python3", *map(str, versions))):
        if not run(python, "-c", asks).returncode:
            return python
    raise NotBuilt("Python 3.13 was not found")


def _size(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in files:
            opened.write(path, path.relative_to(folder))
    unzipped = sum(path.stat().st_size for path in files) / 1e6
    zipped = len(archive.getvalue()) / 1e6
    kind = platform.machine()
    return f"For {kind}: {len(files)} files, {unzipped:.1f} MB, {zipped:.2f} MB as a zip."
