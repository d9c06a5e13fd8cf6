"""The two ways in: with a registry that cannot be used, neither of them starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.registry.opening import open_store

ROOT = Path(__file__).resolve().parents[4]
WAYS = {
    "gunicorn": ("-m", "gunicorn", "-c", "service/gunicorn.conf.py"),
    "Lambda": ("-c", "import service.lambda_handler"),
}


def start(way: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    asked = {
        "CLIENT_CERT_SOURCE": "api-gateway",
        "ALLOW_URIS": "spiffe://example.org/*",
        "BIND": f"unix:{folder}/service.sock",
        "PATH": os.environ["PATH"],
    }
    return subprocess.run(
        [sys.executable, *WAYS[way]],
        env={**asked, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_is_no_database_is_told_once_and_nothing_starts(
    tmp_path: Path, way: str
) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_bytes(b"no database" * 1000)
    done = start(way, tmp_path, {"CLIENT_REGISTRY": f"sqlite:///{path}", "WORKERS": "4"})
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith(f"error: CLIENT_REGISTRY is 'sqlite:///{path}'; ")
    assert lines[1].startswith("  hint: ")
    assert path.read_bytes() == b"no database" * 1000


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_cannot_be_made_is_told_once_and_nothing_starts(
    tmp_path: Path, way: str
) -> None:
    path = tmp_path / "not-there" / "registry.sqlite"
    done = start(way, tmp_path, {"CLIENT_REGISTRY": f"sqlite:///{path}"})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2), done.stderr
    assert not path.parent.exists()


def test_a_good_file_is_taken(tmp_path: Path) -> None:
    """The twin: what is refused above is not refused for another reason."""
    path = tmp_path / "registry.sqlite"
    done = start("Lambda", tmp_path, {"CLIENT_REGISTRY": f"sqlite:///{path}"})
    assert (done.returncode, done.stderr) == (0, "")
    open_store(f"sqlite:///{path}").close()
