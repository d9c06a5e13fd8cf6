"""The watcher as `sam build` packs it, under the runtime's Python: it looks, measures and tells."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import authority, bundle
from tests.packaging import package
from tests.packaging.lambda_image import MACHINE
from tests.unit.aws.watched import SERVER
from tests.unit.aws.watcher_run import Watcher

# The zip's root comes first, as /var/task does; boto3 is beside it, as in the runtime.
CALL = """
import sys
sys.path[:] = [sys.argv[1], *(path for path in sys.path if path), sys.argv[2]]
class Context:
    log_group_name = "/log"
    def get_remaining_time_in_millis(self):
        return 90000
from aws.watcher.handler import handler
import aws, cryptography
assert all(one.__file__.startswith(sys.argv[1]) for one in (aws, cryptography))
unwanted = {"boto3", "botocore", "click", "pki", "flask"} & set(sys.modules)
assert not unwanted, unwanted
handler({}, Context())
"""


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watcher")
    env = package.environment(folder, ARCHITECTURE=MACHINE)
    done = package.make(folder, env, "ExpiryWatcher")
    assert done.returncode == 0, done.stderr
    archive = package.zip_as_sam(folder / "artifacts", folder / "watcher.zip")
    return package.unzip_as_lambda(archive, folder / "task")


def run(task: Path) -> dict[str, Any]:
    """What it logs."""
    done = subprocess.run(
        [package.runtime_python(), "-c", CALL, task, sysconfig.get_path("purelib")],
        cwd=task,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    line: dict[str, Any] = json.loads(done.stdout)
    return line


def test_what_is_packed_looks_measures_and_tells(watcher: Watcher, task: Path) -> None:
    line = run(task)
    assert (line["need_attention"], watcher.messages) == (0, [])
    assert watcher.metrics["DaysLeft ca"] == pytest.approx(700, abs=0.1)
    root = authority(subject="CN=Root,O=Test")
    soon = authority(subject="CN=Soon,O=Test", issuer=root, lifetime=timedelta(days=20))
    watcher.domain.publish(bundle(root.certificate, soon.certificate))
    watcher.domain.issue(SERVER, datetime.now(UTC) + timedelta(days=3), Type="IMPORTED")
    watcher.domain.between.seen.clear()
    line = run(task)
    ((subject, text),) = watcher.messages
    assert subject.endswith(": 2 certificates need attention")
    assert f"--chain CHAIN.pem --arn {SERVER}" in text
    assert [one["kind"] for one in line["entries"]] == ["server-certificate", "ca"]
    assert (line["metrics_published"], line["message_sent"]) == (True, True)


def test_the_command_says_the_same_of_the_domain(watcher: Watcher, task: Path) -> None:
    """The same code: one list, by hand and every day."""
    from click.testing import CliRunner

    from aws.cli import main

    over = authority(subject="CN=Over", not_before=datetime(2020, 1, 1, tzinfo=UTC))
    watcher.domain.publish(bundle(over.certificate))
    line = run(task)
    words = ("watch-expiry", watcher.domain.domain["domainName"], "--json")
    done = CliRunner().invoke(main, words, env={"PKI_HOME": "/nowhere"})
    said = json.loads(done.stdout)
    due = [one for one in said["certificates"] if one["state"] != "good"]
    assert line["entries"] == due
    assert said["need_attention"] == 1
