"""The functions as they are shipped: built and zipped by SAM, unzipped as Lambda does it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stack.settings import ROOT
from stack.tools import FOLDER
from tests.conftest import missing, require

SAM = FOLDER / "sam/bin/sam"
ARCHITECTURES = ("arm64", "x86_64")
#: This machine's.
MACHINE = "x86_64" if platform.machine().lower() in {"x86_64", "amd64"} else "arm64"
MAKEFILE = ROOT / "service/Makefile"
#: Whatever the script packs → the folder that template.yaml says.
FOLDERS = {"ApiFunction": "service", "ExpiryWatcher": "aws"}

#: What `sam package` does with a built function; 6.5 MB and 22 MB are counted in its result.
_ZIP = """\
import sys
from samcli.lib.package.utils import make_zip_with_lambda_permissions
make_zip_with_lambda_permissions(sys.argv[1], sys.argv[2])
"""


@dataclass(frozen=True)
class Package:
    """A built function."""

    function: str
    architecture: str
    folder: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """Name in the package → file."""
        found = sorted(path for path in self.folder.rglob("*") if not path.is_dir())
        return {path.relative_to(self.folder).as_posix(): path for path in found}

    @cached_property
    def contents(self) -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in self.files.items()}

    @property
    def modes(self) -> dict[str, int]:
        return {name: path.stat().st_mode for name, path in self.files.items()}


#: By function and architecture.
Packages = dict[tuple[str, str], Package]
Zips = dict[tuple[str, str], Path]


def runtime_python() -> str:
    """The runtime's Python, from PATH or from pyenv's versions; without one there is no package."""
    names = ["python3.13", "python3", "python"]
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout
        versions = Path(root.strip(), "versions")
        names += sorted(str(path) for path in versions.glob("3.13*/bin/python3.13"))
    asks = "import sys; print(sys.executable); sys.exit(sys.version_info[:2] != (3, 13))"
    for name in filter(shutil.which, names):
        done = subprocess.run([name, "-c", asks], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    missing("Python 3.13 is not installed")
    return ""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Of who builds: this process's, with a home where something may be written."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"ARCHITECTURE", "ARTIFACTS_DIR", "LAMBDA_TASK_ROOT"}
        and not name.startswith(("AWS_", "SAM_", "PYTHON", "MAKE"))
    }
    # Where pip looks for its settings, which may name a mirror.
    kept.setdefault("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    return {**kept, "HOME": str(home), **more}


def sam_build(
    folder: Path, architecture: str, function: str = "ApiFunction", **env: str
) -> subprocess.CompletedProcess[str]:
    """`sam build FUNCTION` with the repository's template; the artifacts are in built()."""
    if not SAM.exists():
        missing(f"{SAM} is not there: python -m stack test")
    require("make")
    runtime_python()
    telemetry = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
    folders = ("--build-dir", folder / "build", "--cache-dir", folder / "cache")
    parameters = ("--parameter-overrides", f"Architecture={architecture}")
    return subprocess.run(
        [SAM, "build", function, *folders, *parameters],
        cwd=ROOT,
        env=environment(folder, **telemetry, **{"ARCHITECTURE": architecture, **env}),
        capture_output=True,
        text=True,
        check=False,
    )


def built(folder: Path, function: str = "ApiFunction") -> Path:
    """Where sam_build() puts the function."""
    return folder / "build" / function


def make(
    folder: Path, env: Mapping[str, str], function: str = "ApiFunction", makefile: Path = MAKEFILE
) -> subprocess.CompletedProcess[str]:
    """What SAM's makefile builder runs, in *folder*/source, a copy of the function's folder."""
    source, artifacts = folder / "source", folder / "artifacts"
    if not source.exists():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / FOLDERS[function], source, ignore=ignored)
    artifacts.mkdir(exist_ok=True)
    return subprocess.run(
        [require("make"), "--makefile", str(makefile), f"build-{function}"],
        cwd=source,
        env={"ARTIFACTS_DIR": str(artifacts), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def zip_as_sam(folder: Path, archive: Path) -> Path:
    """Zip *folder* with SAM's own function into *archive*, whose name ends in .zip."""
    if not SAM.exists():
        missing(f"{SAM} is not there: python -m stack test")
    python = SAM.with_name("python")
    subprocess.run(
        [python, "-c", _ZIP, archive.with_suffix(""), folder], check=True, capture_output=True
    )
    return archive


def unzip_as_lambda(archive: Path, folder: Path) -> Path:
    """Unzip with the dates and rights that are in the zip, which zipfile alone passes over."""
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            path = Path(opened.extract(info, folder))
            path.chmod((info.external_attr >> 16) & 0o777)
            date = time.mktime((*info.date_time, 0, 0, -1))
            os.utime(path, (date, date))
    # Folders are not in the zip, and the function is another user.
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    return folder
