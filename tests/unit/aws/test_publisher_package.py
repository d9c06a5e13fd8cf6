"""What `sam build` packs, and that it works from there with nothing else around it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.settings import ROOT
from tests.conftest import require
from tests.unit.aws.moto_server import environment
from tests.unit.aws.publisher_run import Publisher

PUBLISHER = ROOT / "aws/publisher"
MODULES = {file.name for file in PUBLISHER.glob("*.py")}
CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
class Context:
    log_group_name = "/aws/lambda/publisher"
    def get_remaining_time_in_millis(self):
        return 60000
from publisher.handler import handler
assert not {"boto3", "botocore", "aws"} & set(sys.modules)
assert handler(json.load(sys.stdin), Context()) is None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder, as sam makes it: with whatever lies there."""
    copy = tmp_path / "scratch"
    shutil.copytree(PUBLISHER, copy, ignore=shutil.ignore_patterns("truststore.pem"))
    (copy / "notes.txt").touch()
    (copy / "private.key").touch()
    (copy / "__pycache__").mkdir(exist_ok=True)
    return copy


def make(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            require("make"),
            *words,
            "--makefile",
            PUBLISHER / "Makefile",
            "build-TruststorePublisher",
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "ARTIFACTS_DIR": str(folder.parent / "zip root"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def packed(folder: Path) -> set[str]:
    root = folder.parent / "zip root"
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def test_exactly_the_modules_and_the_truststore_are_packed(folder: Path) -> None:
    (folder / "truststore.pem").write_text("PEM")
    (folder / "truststore.pem").chmod(0o600)
    done = make(folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert packed(folder) == {f"publisher/{name}" for name in {*MODULES, "truststore.pem"}}
    # The function runs as another user.
    modes = {p.stat().st_mode & 0o777 for p in (folder.parent / "zip root/publisher").iterdir()}
    assert modes == {0o644}


def test_without_a_truststore_nothing_is_packed(folder: Path) -> None:
    done = make(folder)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: aws/publisher/truststore.pem is missing\n"
        "  hint: make truststore   (or make truststore TRUSTSTORE=path;"
        " with an existing one in S3: make build TRUSTSTORE=none)\n"
    )
    assert packed(folder) == set()


def test_none_packs_none_even_if_one_is_there(folder: Path) -> None:
    (folder / "truststore.pem").write_text("PEM")
    assert make(folder, TRUSTSTORE="none").returncode == 0
    assert packed(folder) == {f"publisher/{name}" for name in MODULES}


def test_a_dry_run_packs_nothing(folder: Path) -> None:
    assert make(folder, "--dry-run").returncode == 0
    assert packed(folder) == set()


def test_without_a_place_it_says_so(folder: Path) -> None:
    done = make(folder, ARTIFACTS_DIR="")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ARTIFACTS_DIR is not set\n  hint: sam build\n")


@pytest.mark.parametrize("truststore", ["", "none"])
def test_what_is_packed_answers_cloudformation(
    publisher: Publisher, folder: Path, moto: str, truststore: str
) -> None:
    """In a process that has boto3, as the runtime has, and nothing of the repository."""
    shutil.copy(publisher.truststore, folder / "truststore.pem")
    assert make(folder, TRUSTSTORE=truststore).returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", CALL, folder.parent / "zip root"],
        cwd=folder.parent,
        env={"PATH": os.environ["PATH"], **environment(moto)},
        input=json.dumps(publisher.event()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (put,) = publisher.waiting.arrived
    answer = json.loads(put.body)
    if truststore == "none":
        assert "packed without a truststore" in answer["Reason"]
        assert publisher.versions() == []
    else:
        assert answer["Status"] == "SUCCESS"
        (version,) = publisher.versions()
        assert version == (answer["Data"]["VersionId"], publisher.truststore.read_bytes())
    assert json.loads(done.stdout)["status"] == answer["Status"]


def foreign(code: str) -> list[str]:
    """What *code* imports beyond the standard library and its siblings."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1
    return [name for name in found if name.split(".")[0] not in sys.stdlib_module_names]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_it_imports_the_standard_library_and_later_boto3(name: str) -> None:
    code = (PUBLISHER / name).read_text()
    expected = {"boto3", "botocore.config", "botocore.exceptions"} if name == "bucket.py" else set()
    assert set(foreign(code)) == expected
    outside = [
        node for node in ast.parse(code).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert all(foreign(ast.unparse(node)) == [] for node in outside)


def test_a_foreign_import_would_be_seen() -> None:
    assert foreign("def f():\n    import cryptography.x509\n    from click import echo") == [
        "cryptography.x509",
        "click",
    ]
