"""A PKI in a temporary folder, driven as a user drives it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pki.cli import main

ROOT = Path(__file__).parents[3]
_SECRETS = ("PKI_HOME", "PKI_PASSPHRASE", "PKI_LEAF_PASSPHRASE", "PKI_P12_PASSPHRASE")


@dataclass(frozen=True)
class Pki:
    """The folder, and commands on it."""

    home: Path

    def run(self, *words: str, **env: str) -> Result:
        return self.fed(None, *words, **env)

    def fed(self, given: bytes | None, *words: str, **env: str) -> Result:
        """Run with *given* on standard input."""
        cleared: dict[str, str | None] = dict.fromkeys(_SECRETS)
        runner = CliRunner(env={**cleared, "PKI_HOME": str(self.home), **env})
        return runner.invoke(main, words, input=given, catch_exceptions=False)

    def done(self, *words: str, **env: str) -> Result:
        result = self.run(*words, **env)
        assert result.exit_code == 0, result.output
        return result

    def refused(self, *words: str, **env: str) -> str:
        """Run, assert a two-line refusal, and return it."""
        result = self.run(*words, **env)
        assert_refusal(result)
        return result.stderr

    def misused(self, *words: str) -> str:
        """Run, assert that it is wrong usage, and return what it says."""
        result = self.run(*words)
        assert_refusal(result, 2)
        return result.stderr

    def process(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        clean = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        return subprocess.run(
            [sys.executable, "-m", "pki", *words],
            cwd=ROOT,
            env={**clean, "PKI_HOME": str(self.home), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def certificate(self, path: str) -> x509.Certificate:
        return x509.load_pem_x509_certificates((self.home / path).read_bytes())[0]

    def key(self, path: str, passphrase: bytes | None = None) -> Any:
        return load_pem_private_key((self.home / path).read_bytes(), passphrase)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.done("list", "--json").stdout)
        return found

    def assert_consistent(self) -> None:
        """Every leaf on disk fits its key and is recorded; every name recorded is on disk."""
        present = set()
        for folder, profile in (("clients", "client"), ("server", "server")):
            for key in (self.home / folder).glob("*.key"):
                leaf = self.certificate(f"{folder}/{key.stem}.pem")
                assert leaf.public_key() == self.key(f"{folder}/{key.name}").public_key()
                present.add((profile, key.stem, f"{leaf.serial_number:x}"))
            keys = {path.stem for path in (self.home / folder).glob("*.key")}
            assert {path.stem for path in (self.home / folder).glob("*.pem")} == keys
        with sqlite3.connect(self.home / "index.sqlite") as connection:
            rows = connection.execute(
                "SELECT profile, name, serial_number FROM certificates ORDER BY rowid"
            ).fetchall()
        connection.close()
        latest = {(profile, name): serial for profile, name, serial in rows}
        recorded = {(p, n, s) for (p, n), s in latest.items() if p in ("client", "server")}
        assert recorded == present
        assert {("root", "root"), ("issuing", "issuing")} <= set(latest)
        strays = [
            p.name for p in self.home.rglob("*") if ".staging" in p.name or "partial" in p.name
        ]
        assert strays == []


def assert_refusal(result: Result, code: int = 1) -> None:
    lines = result.stderr.splitlines()
    assert result.exit_code == code, result.output
    assert len(lines) == 2, result.output
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("  hint: ")
    assert not lines[0].endswith(".")


def tool(name: str) -> str:
    """Return the path of the program *name*; skip without it, or fail if nothing may be missing."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get("REQUIRE_ALL_TESTS") == "1":
            pytest.fail(f"{name} is missing")
        pytest.skip(f"{name} is missing")
    return path


def made(tmp_path: Path, *options: str) -> Pki:
    """Return a new PKI below *tmp_path*."""
    pki = Pki(tmp_path / ".pki")
    pki.done("init", *options)
    return pki
