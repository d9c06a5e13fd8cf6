"""The same commands over DynamoDB: AWS's own DynamoDB Local."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dynamodb import local
from tests.unit.aws import moto_server

ROOT = Path(__file__).resolve().parents[5]
Flask = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def flask(dynamodb_url: str, tmp_path: Path) -> Flask:
    """`flask clients` over a table of the test's own."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LOGNAME": "ann",
        "CLIENT_REGISTRY": f"dynamodb://{local.make_table(dynamodb_url)}",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url,
        "AWS_DEFAULT_REGION": moto_server.REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "service.wsgi", "clients", *words],
            cwd=ROOT,
            env={**env, **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def done(finished: subprocess.CompletedProcess[str]) -> str:
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


def test_a_client_is_added_changed_and_deleted(flask: Flask) -> None:
    words = ("--organization", "Example", "--uri", "spiffe://example.org/billing")
    assert done(flask("add", "billing", *words)).startswith("added billing\n")
    taken = flask("add", "other", *words)
    assert taken.returncode == 1
    assert "would match the client 'billing' as well" in taken.stderr
    done(flask("suspend", "billing"))
    (listed,) = json.loads(done(flask("list", "--json")))["clients"]
    assert (listed["id"], listed["status"], listed["version"]) == ("billing", "suspended", 2)
    assert done(flask("delete", "billing")) == "deleted billing\n"
    changes = json.loads(done(flask("audit", "billing", "--json")))["changes"]
    assert [one["action"] for one in changes] == ["delete", "suspend", "create"]
    assert {one["actor"] for one in changes} == {"cli:ann"}


def test_an_import_goes_on_where_one_client_was_in_the_way(flask: Flask, tmp_path: Path) -> None:
    """Here what was written stays; said again with the fault mended, the rest is."""
    clients = [
        {"id": f"c{number}", "organization": "Example",
         "matchers": [{"kind": "dns", "value": f"{number % 3}.example"}]}
        for number in range(4)
    ]  # fmt: skip
    path = tmp_path / "clients.json"
    path.write_text(json.dumps({"clients": clients}))
    refused = flask("import", str(path))
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == (
        "error: clients/3: 'c3': dns '0.example' would match the client 'c0' as well"
    )
    assert "hint: the others were written" in refused.stderr
    clients[3]["matchers"] = [{"kind": "dns", "value": "3.example"}]
    path.write_text(json.dumps({"clients": clients}))
    assert done(flask("import", str(path))) == "added: 1, updated: 0, as they were: 3\n"
    exported = json.loads(done(flask("export")))["clients"]
    assert [one["id"] for one in exported] == ["c0", "c1", "c2", "c3"]


def test_a_table_that_is_not_there_is_told_without_a_traceback(flask: Flask) -> None:
    for words in (("list",), ("delete", "x")):
        refused = flask(*words, CLIENT_REGISTRY="dynamodb://nowhere")
        assert (refused.returncode, refused.stdout) == (1, "")
        error, hint = refused.stderr.splitlines()
        assert error.startswith("error: the registry cannot be used: ")
        assert hint == "  hint: aws dynamodb describe-table --table-name nowhere"
