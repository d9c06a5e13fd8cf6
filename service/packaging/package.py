"""Packs a function as SAM ships it; called by the Makefile of service/, in the function's folder.

1. the requirements, as wheels for the runtime, whatever machine builds;
2. of ours what is named in FUNCTIONS;
3. not what a function never needs;
4. bytecode, by this very Python, which must be the runtime's: of others in the source's place;
5. all that done, and seen to be done, into the folder that SAM ships.
"""  # noqa: INP001  (a script; a package here would be one of the function's)

from __future__ import annotations

import argparse
import py_compile
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

TASK_ROOT = "/var/task"  #: where Lambda unzips it
VERSION = "3.13"  #: of the runtime's Python
#: The start of its bytecode: the magic number; flags: by hash, never held against the source.
BYTECODE = b"\xf3\r\r\n" + b"\1\0\0\0"
#: AWS's name of a processor → the name that wheels have.
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
#: The runtime has glibc 2.34; newer wheels only of what has no older one.
GLIBC = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")


@dataclass(frozen=True)
class Function:
    """Of a folder, what is shipped as the package of that name; globs and paths are below it."""

    package: str
    ours: tuple[str, ...]
    requirements: str
    but: frozenset[str] = frozenset()  #: names of files that ours would take


#: By the logical id in template.yaml.
FUNCTIONS = {
    "ApiFunction": Function(
        "service",
        ours=(
            *("*.py", "blueprints/*.py", "contract/*.py", "orders/*.py", "registry/*.py"),
            *("revocation/*.py", "tokens/*.py"),
        ),
        requirements="requirements.txt",
        but=frozenset({"gunicorn.conf.py", "wsgi.py"}),
    ),
    "ExpiryWatcher": Function(
        "aws",
        ours=(
            *("__init__.py", "errors.py", "expiry.py", "expiry_bundle.py", "expiry_crl.py"),
            *("expiry_domain.py", "expiry_report.py", "watcher/*.py"),
        ),
        requirements="watcher/requirements.txt",
    ),
}

NEVER_NEEDED = (
    *("bin", "**/tests", "**/__pycache__", "**/*.pyi", "**/py.typed", "**/*.[ch]"),
    "werkzeug/debug",  # the development server's, and its console runs whatever it is sent
)
#: Licences have to be shipped, METADATA and entry points can be asked for. The rest is for pip, and
#: differs from one pip to the next.
DIST_INFO = re.compile(r"METADATA|entry_points\.txt|licenses/.*|(?i:.*licen[cs]e|copying|notice).*")
#: For who declares or compiles C at runtime. cryptography needs the extension _cffi_backend alone.
CFFI = ("cffi", "pycparser", "pycparser-*.dist-info")
IMPORTS_CFFI = re.compile(r"^\s*(?:import|from)\s+(?:cffi|pycparser)\b", re.MULTILINE)


class CannotPack(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main() -> int:
    """Pack; errors are two lines on stderr and exit 1."""
    parser = argparse.ArgumentParser(description="pack a function as SAM ships it")
    parser.add_argument("--function", required=True, choices=FUNCTIONS)
    parser.add_argument("--architecture", required=True, metavar="|".join(MACHINES))
    parser.add_argument("--into", required=True, type=Path, help="an empty folder")
    asked = parser.parse_args()
    try:
        pack(FUNCTIONS[asked.function], asked.architecture, asked.into)
    except CannotPack as error:
        sys.stderr.write(f"error: {error}\n  hint: {error.hint}\n")
        return 1
    return 0


def pack(function: Function, architecture: str, artifacts: Path) -> None:
    """Fill *artifacts* with *function*, whose folder this is; or CannotPack, and it stays empty."""
    if architecture not in MACHINES:
        expected = " or ".join(MACHINES)
        raise CannotPack(
            f"ARCHITECTURE is {architecture!r}; expected {expected}",
            "ARCHITECTURE=arm64 sam build",
        )
    # What is in it already would be shipped.
    if not artifacts.is_dir() or any(artifacts.iterdir()):
        raise CannotPack(f"{str(artifacts)!r} is no empty folder", "sam build makes one")
    with TemporaryDirectory(prefix="package-") as folder:
        package = Path(folder, "package")
        install(package, Path(function.requirements).resolve(), architecture)  # (1)
        copy_ours(package, function)  # (2)
        drop(package)  # (3)
        compile_all(package, function.package)  # (4)
        hand_over(package, artifacts)  # (5)


def install(package: Path, requirements: Path, architecture: str) -> None:
    """Have pip unpack the wheels of *requirements*. Nothing is resolved: the list is complete."""
    wheels = f"{GLIBC[0]}_{MACHINES[architecture]}"
    command = [*_pip(), "install", "-qq", "--disable-pip-version-check", "--target", str(package)]
    command += ["--no-deps", "--no-compile", "--only-binary", ":all:"]
    command += ["--implementation", "cp", "--python-version", VERSION, "--abi", "cp313"]
    command += [f"--platform={libc}_{MACHINES[architecture]}" for libc in GLIBC]
    done = _run([*command, "-r", str(requirements)], package.parent)
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or "it said nothing"
        raise CannotPack(
            f"pip cannot install the wheels for {architecture}: {said}",
            "check the network, and that every package in the function's requirements.txt "
            f"has a wheel for Python {VERSION} and {wheels}",
        )


def copy_ours(package: Path, function: Function) -> None:
    """Copy what *function* names of this folder, as a package; there must be something of each."""
    here = Path.cwd()
    for pattern in function.ours:
        found = [path for path in here.glob(pattern) if path.name not in function.but]
        if not found:
            raise CannotPack(f"there is no {pattern!r} in {str(here)!r}", "sam build")
        for source in found:
            copy = package / function.package / source.relative_to(here)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def drop(package: Path) -> None:
    """Remove programs, tests, type stubs, C, pip's notes, and symbols for debuggers."""
    unneeded = [path for pattern in NEVER_NEEDED for path in package.glob(pattern)]
    for path in package.glob("*.dist-info/**/*"):
        name = path.relative_to(package).as_posix().partition("/")[2]
        if path.is_file() and not DIST_INFO.fullmatch(name):
            unneeded.append(path)
    if not any(_imports_cffi(package, source) for source in package.rglob("*.py")):
        unneeded += [path for pattern in CFFI for path in package.glob(pattern)]
    for path in unneeded:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in package.rglob("*.so*"):
        path.write_bytes(without_symbols(path.read_bytes()))
    for path in sorted(package.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def without_symbols(library: bytes) -> bytes:
    """Cut *library* off behind its last segment: what follows is never loaded."""
    if not library.startswith(b"\x7fELF\2\1"):  # of 64 bits, the lowest byte first
        return library
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    ends = [table + size * count]
    for number in range(count):
        offset, length = struct.unpack_from("<8xQ16xQ", library, table + size * number)
        ends.append(offset + length)
    loaded = bytearray(library[: max(ends)])
    struct.pack_into("<Q", loaded, 40, 0)  # where the table of sections was
    struct.pack_into("<HH", loaded, 60, 0, 0)  # how long it was, and where the sections' names were
    return bytes(loaded)


def compile_all(package: Path, ours: str) -> None:
    """Compile every file. SAM dates all of them 1980, so no date is in the bytecode.

    Of others the bytecode alone is shipped, a ninth less to fetch for each new sandbox: Python
    takes it from the source's place (importlib.machinery.SourcelessFileLoader), and a traceback
    names file and line all the same. A Python that is not the runtime's would not start at all.
    """
    for source in sorted(package.rglob("*.py")):
        name = source.relative_to(package).as_posix()
        is_ours = name.startswith(f"{ours}/")
        bytecode = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        if not is_ours:
            bytecode = source.with_suffix(".pyc")
        try:
            py_compile.compile(
                str(source),
                str(bytecode),
                dfile=f"{TASK_ROOT}/{name}",
                doraise=True,
                optimize=0,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError as error:
            wrong = error.exc_value
            where = f"{name}:{getattr(wrong, 'lineno', None) or 1}"
            raise CannotPack(
                f"{where}: {getattr(wrong, 'msg', wrong)}", f"python{VERSION} -m py_compile {name}"
            ) from error
        if not bytecode.read_bytes().startswith(BYTECODE):
            raise CannotPack(
                f"this is Python {sys.version.split()[0]}, the runtime's bytecode needs {VERSION}",
                "install python3.13, or build in SAM's image: sam build --use-container",
            )
        if not is_ours:
            source.unlink()


def hand_over(package: Path, artifacts: Path) -> None:
    """Move all of it into *artifacts*, with the same rights whoever builds."""
    for path in package.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    try:
        for path in sorted(package.iterdir()):
            shutil.move(path, artifacts / path.name)
    except BaseException:
        for path in artifacts.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _imports_cffi(package: Path, source: Path) -> bool:
    inside = source.relative_to(package).parts[0] in CFFI
    return not inside and bool(IMPORTS_CFFI.search(source.read_text(errors="replace")))


def _pip() -> list[str]:
    """Return the command of a pip: this Python's, or another's."""
    for python in filter(shutil.which, (sys.executable, "python3", "python")):
        command = [python, "-m", "pip"]
        if not _run([*command, "--version"], Path("/")).returncode:
            return command
    raise CannotPack("pip was not found, it fetches the wheels", f"{sys.executable} -m ensurepip")


def _run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run *command*, not here: -m would take a types.py of ours for the standard library's."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
