"""truststore lint from the command line: without a PKI, without a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pki.findings import Finding, Severity
from pki.lint import report
from tests.lint.cas import NOW, ca, store
from tests.lint.vector import FOLDER, parse
from tests.unit.pki.folder import Pki, made

AT = ("--at", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    """No PKI is there."""
    return Pki(tmp_path / "none")


def vector(tmp_path: Path, name: str) -> str:
    path = tmp_path / f"{name}.pem"
    path.write_bytes(parse(name, (FOLDER / f"{name}.pem").read_bytes()).content)
    return str(path)


def test_our_own_truststore_has_nothing_against_it(tmp_path: Path) -> None:
    assert "nothing to say against it" in made(tmp_path).done("truststore", "lint").stdout


def test_an_error_is_told_with_hint_and_source_and_exit_1(pki: Pki, tmp_path: Path) -> None:
    file = vector(tmp_path, "expired")
    result = pki.run("truststore", "lint", file, *AT)
    assert (result.exit_code, result.stderr) == (1, "")
    first, hint, source, total = result.stdout.splitlines()
    expected = "error: truststore.expired: CN=Root (line 1): it expired on 2026-11-23T12:00:00Z"
    assert first == expected
    assert hint.startswith("  hint: ")
    assert source.startswith("  source: API Gateway: ")
    assert total == f"{file}: 1 error"


def test_a_warning_is_exit_0_and_another_time_gives_another_answer(
    pki: Pki, tmp_path: Path
) -> None:
    file = vector(tmp_path, "expires-soon")
    assert "1 warning" in pki.done("truststore", "lint", file, *AT).stdout
    assert "1 warning" not in pki.done("truststore", "lint", file, *AT, "--within", "29").stdout
    assert pki.run("truststore", "lint", file, "--at", "2030-01-01").exit_code == 1


def test_a_front_is_asked_alone(pki: Pki, tmp_path: Path) -> None:
    file = vector(tmp_path, "key-type-p521")
    result = pki.run("truststore", "lint", file, *AT)
    assert result.stdout.startswith("error (api-gateway): truststore.key-type")
    pki.done("truststore", "lint", file, *AT, "--front", "alb")


def test_json_has_every_field(pki: Pki, tmp_path: Path) -> None:
    result = pki.run("truststore", "lint", vector(tmp_path, "blank-line"), *AT, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(f["severity"], f["front"]) for f in found] == [
        ("error", "alb"),
        ("warning", "api-gateway"),
    ]
    keys = {"severity", "code", "message", "hint", "about", "source", "front", "line"}
    assert all(set(f) == keys for f in found)


def test_standard_input_and_a_missing_file(pki: Pki) -> None:
    result = pki.fed(b"", "truststore", "lint", "-")
    assert (result.exit_code, "truststore.not-pem" in result.stdout) == (1, True)
    assert "no such file" in pki.refused("truststore", "lint", "nothing.pem")
    assert "no such file" in pki.refused("truststore", "lint")


def test_what_a_name_holds_does_not_reach_the_terminal(pki: Pki, tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_bytes(store(ca("CN=\x1b[2Jroot\u202e", ends=NOW)))
    result = pki.run("truststore", "lint", str(file), *AT)
    assert r"\x1b[2Jroot\u202e" in result.stdout
    assert "\x1b" not in result.stdout
    odd = Finding(Severity.INFO, "x", "\x1b[2J\n\u202e", about="\x1b", hint="\x07", source="\x9b")
    assert report.text([odd], "\x1b").replace("\n", "").isprintable()
