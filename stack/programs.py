"""Programs and the virtual environment: found, or installed where we may."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import StackError
from .settings import ROOT

VENV = ROOT / ".venv"
Say = Callable[[str], None]
#: What a package manager calls a package that Fedora and Alpine call otherwise.
NAMES = {
    ("apt-get", "nss-tools"): "libnss3-tools",
    ("pacman", "nss-tools"): "nss",
    ("brew", "nss-tools"): "nss",
}


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run *command* in the project's folder, quietly; its output is in the result."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words,
            cwd=ROOT,
            env=None if env is None else dict(env),
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"no end after {timeout} seconds")


def ensure_venv(say: Say) -> None:
    """Make .venv with the pinned requirements, unless it is there and up to date."""
    stamp = VENV / "installed"
    wanted = _requirements_hash()
    if stamp.exists() and stamp.read_text() == wanted and _has_pip():
        return
    say("installing the Python packages into .venv")
    if not _has_pip():
        make_venv(VENV, say)
    done = run(VENV / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
               "-r", ROOT / "requirements.txt")  # fmt: skip
    if done.returncode:
        raise StackError(
            f"pip could not install requirements.txt: {last_line(done.stderr)}",
            ".venv/bin/pip install -r requirements.txt",
        )
    stamp.write_text(wanted)


def _has_pip() -> bool:
    python = VENV / "bin/python"  # a dangling link where the system's Python was upgraded
    return python.exists() and run(python, "-c", "import pip").returncode == 0


def make_venv(home: Path, say: Say) -> None:
    """Make an empty virtual environment in *home*; StackError if that cannot be done."""
    done = run(sys.executable, "-m", "venv", "--clear", home)
    if done.returncode and shutil.which("apt-get"):
        # Debian and Ubuntu keep ensurepip in a package of its own.
        _install("python3-venv", say)
        done = run(sys.executable, "-m", "venv", "--clear", home)
    if done.returncode:
        raise StackError(
            f"cannot make {home.relative_to(ROOT)}: {last_line(done.stderr or done.stdout)}",
            f"{sys.executable} -m venv {home.relative_to(ROOT)}",
        )


def ensure_nginx(say: Say) -> None:
    """Install nginx with the system's package manager, unless it is there."""
    if shutil.which("nginx") is None:
        _install("nginx", say)
        # Debian's package starts a web server on port 80, which nobody asked for here.
        if shutil.which("systemctl"):
            run(*_as_root(["systemctl", "disable", "--now", "nginx"]))
    if shutil.which("nginx") is None:
        raise StackError("nginx is not installed", "install nginx, then: make up")


def ensure_nss_tools(say: Say) -> None:
    """Install pk12util and certutil of NSS, the library of Firefox and Chromium, for the tests."""
    if shutil.which("pk12util") is None or shutil.which("certutil") is None:
        _install("nss-tools", say)


def ensure_chromium(say: Say) -> None:
    """Install Chromium, for the tests that need a browser."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        _install("chromium", say)


def _install(package: str, say: Say) -> None:
    command = _install_command(package)
    if command is None:
        raise StackError(
            f"{package} is not installed, and this system's package manager is not known",
            f"install {package}, then: make up",
        )
    if platform.system() == "Linux" and os.geteuid() != 0:
        if run("sudo", "-n", "true").returncode if shutil.which("sudo") else True:
            raise StackError(f"{package} is not installed", f"sudo {' '.join(command)}")
        command = _as_root(command)
    say(f"installing {package}: {' '.join(command)}")
    if "apt-get" in command:
        run(*command[: command.index("apt-get") + 1], "update", "-qq")
    done = run(*command)
    if done.returncode:
        raise StackError(
            f"cannot install {package}: {last_line(done.stderr or done.stdout)}",
            " ".join(command),
        )


def _as_root(command: list[str]) -> list[str]:
    return command if os.geteuid() == 0 else ["sudo", "-n", *command]


def _install_command(package: str) -> list[str] | None:
    apt_get = "env DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y -qq"
    commands = {
        "apt-get": apt_get.split(),
        "dnf": ["dnf", "install", "-y", "-q"],
        "apk": ["apk", "add", "-q"],
        "pacman": ["pacman", "-S", "--noconfirm"],
        "brew": ["brew", "install", "-q"],
    }
    manager = next(filter(shutil.which, commands), None)
    if manager is None:
        return None
    return [*commands[manager], NAMES.get((manager, package), package)]


def _requirements_hash() -> str:
    files = (ROOT / "requirements.txt", *sorted(ROOT.glob("*/requirements*.txt")))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def last_line(text: str) -> str:
    """Return the last line of *text* that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
