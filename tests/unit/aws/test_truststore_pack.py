"""`python -m aws truststore pack`: what API Gateway would refuse is never packed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aws import truststore
from aws.cli import main
from pki.findings import Finding, Severity, errors
from tests import builders
from tests.builders import Holder, authority, leaf, pem

NOW = datetime.now(UTC)
ROOT = authority(subject="CN=Root,O=Test", lifetime=timedelta(days=400))
ISSUING = authority(subject="CN=Issuing,O=Test", issuer=ROOT)
GOOD = pem(ISSUING.certificate) + pem(ROOT.certificate)


def tower(intermediates: int) -> str:
    """A root and so many CAs below it, without the leaf."""
    return "".join(holder.pem for holder in builders.tower(intermediates=intermediates)[:-1])


def codes(content: str | bytes) -> list[tuple[str, str]]:
    data = content.encode() if isinstance(content, str) else content
    return [(one.severity.value, one.code) for one in truststore.check(data, NOW).findings]


def root_with(key: builders.PrivateKey) -> str:
    return authority(subject="CN=Other,O=Test", key=key).pem


def below(**change: object) -> str:
    """A CA below the root, not right in one respect, and the root."""
    made: Callable[..., Holder] = authority
    return made(subject="CN=Below,O=Test", issuer=ROOT, **change).pem + ROOT.pem


KEY = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("issuing and root", GOOD),
        ("root alone", ROOT.pem),
        ("root first", ROOT.pem + ISSUING.pem),
        ("two families", GOOD + root_with(builders.p256())),
        ("four CAs", tower(3)),
        ("RSA 2048", root_with(builders.rsa_key(2048))),
    ],
)
def test_a_good_truststore_has_no_findings(name: str, content: str) -> None:
    assert codes(content) == [], name


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD + KEY, "truststore.private-key"),
        (below(key_usage=builders.SIGNS), "truststore.may-not-issue"),
        (ISSUING.pem, "truststore.root-missing"),
        (tower(4), "truststore.chain-too-long"),
        (root_with(builders.rsa_key(1024)), "truststore.key-too-small"),
        ("no certificate", "truststore.not-pem"),
    ],
)
def test_an_error_of_the_linter_keeps_it_out(content: str, code: str) -> None:
    checked = truststore.check(content.encode(), NOW)
    assert code in {finding.code for finding in errors(checked.findings)}
    assert not checked.is_good


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD + ROOT.pem, "truststore.duplicate"),
        (GOOD + leaf(issuer=ISSUING).pem, "truststore.leaf"),
        (authority(lifetime=timedelta(days=29)).pem, "truststore.expires-soon"),
    ],
)
def test_a_warning_of_the_linter_does_not(content: str, code: str) -> None:
    checked = truststore.check(content.encode(), NOW)
    assert [finding.code for finding in checked.findings] == [code]
    assert checked.is_good


def test_what_alb_alone_would_refuse_is_no_matter_here() -> None:
    assert codes("# ours - and theirs\n" + GOOD) == [("warning", "truststore.comment")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "aws/publisher").mkdir(parents=True)
    (tmp_path / "pki").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pack(*words: str) -> Result:
    return CliRunner().invoke(main, ["truststore", "pack", *words], env={"PKI_HOME": "pki"})


def test_a_good_truststore_is_packed_as_it_is(folder: Path) -> None:
    (folder / "pki/truststore.pem").write_text(GOOD)
    done = pack()
    assert (done.exit_code, done.stderr) == (0, "")
    packed = folder / truststore.PACKED
    assert packed.read_text() == GOOD
    assert packed.stat().st_mode & 0o777 == 0o644
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    until = f"{ISSUING.certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert done.stdout == (
        "packed: aws/publisher/truststore.pem\n"
        "  CAs      2, of which 1 trust anchor\n"
        f"  until    {until} (364 days left), when CN=Issuing,O=Test expires\n"
        f"  sha-256  {digest}\n"
        "next:\n  make deploy\n"
    )
    assert sorted(path.name for path in packed.parent.iterdir()) == ["truststore.pem"]


def test_the_same_again_is_no_news(folder: Path) -> None:
    (folder / "pki/truststore.pem").write_text(GOOD)
    pack()
    before = (folder / truststore.PACKED).stat()
    done = pack()
    assert done.exit_code == 0
    assert done.stdout.startswith("packed already: ")
    assert "added" not in done.stdout
    assert (folder / truststore.PACKED).stat().st_ino == before.st_ino


def test_what_comes_and_goes_is_told(folder: Path) -> None:
    other = authority(subject="CN=Partner,O=Test")
    (folder / "old.pem").write_text(GOOD)
    (folder / "new.pem").write_text(ROOT.pem + other.pem)
    pack("old.pem")
    done = pack("new.pem")
    assert "  added    CN=Partner,O=Test\n" in done.stdout
    assert "  removed  CN=Issuing,O=Test: its clients will be refused\n" in done.stdout
    assert "2 trust anchors" in done.stdout


def test_with_an_error_the_packed_one_stays(folder: Path) -> None:
    (folder / "good.pem").write_text(GOOD)
    (folder / "bad.pem").write_text(ISSUING.pem + KEY)
    assert pack("good.pem").exit_code == 0
    before = (folder / truststore.PACKED).stat()
    done = pack("bad.pem")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: truststore.private-key: there is a private key in it")
    assert done.stderr.endswith(
        "error: bad.pem was not packed\n  hint: correct it, then: make truststore\n"
    )
    after = (folder / truststore.PACKED).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_warnings_do_not_stop_it(folder: Path) -> None:
    (folder / "soon.pem").write_text(authority(lifetime=timedelta(days=9)).pem)
    done = pack("soon.pem")
    assert done.exit_code == 0
    assert done.stderr.startswith(
        "warning: truststore.expires-soon: CN=Test Root,O=Test: it expires"
    )


def test_findings_are_json_for_programs(folder: Path) -> None:
    (folder / "bad.pem").write_text(ISSUING.pem)
    done = pack("bad.pem", "--json")
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)
    assert {"severity", "code", "message", "hint", "about", "source"} <= set(finding)
    assert (finding["severity"], finding["code"]) == ("error", "truststore.root-missing")
    (folder / "good.pem").write_text(GOOD)
    assert json.loads(pack("good.pem", "--json").stdout) == []


def test_without_a_truststore_the_hint_makes_one(folder: Path) -> None:
    done = pack()
    assert done.exit_code == 1
    assert done.stderr == (
        "error: there is no truststore 'pki/truststore.pem'\n"
        "  hint: python -m pki init, or: make truststore TRUSTSTORE=path\n"
    )
    assert not (folder / truststore.PACKED).exists()


def test_a_source_that_cannot_be_read_is_a_refusal(folder: Path) -> None:
    (folder / "folder").mkdir()
    done = pack("folder")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: cannot read 'folder': is a directory\n")


def test_where_nothing_can_be_written_nothing_is_left(folder: Path) -> None:
    (folder / "good.pem").write_text(GOOD)
    (folder / truststore.PACKED).mkdir()
    done = pack("good.pem")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: cannot read 'aws/publisher/truststore.pem': is a dir")
    (folder / truststore.PACKED).rmdir()
    (folder / "aws/publisher").rmdir()
    assert pack("good.pem").stderr.startswith("error: cannot write 'aws/publisher/truststore.pem'")


def test_a_write_that_fails_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "good.pem").write_text(GOOD)
    (folder / truststore.PACKED).write_text("before")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = pack("good.pem")
    assert done.exit_code == 1
    assert "no space left" in done.stderr
    assert (folder / truststore.PACKED).read_text() == "before"
    assert len(list((folder / "aws/publisher").iterdir())) == 1


def test_a_packed_file_that_is_broken_can_be_replaced(folder: Path) -> None:
    (folder / "good.pem").write_text(GOOD)
    (folder / truststore.PACKED).write_text("broken")
    done = pack("good.pem")
    assert done.exit_code == 0
    assert "  added    CN=Root,O=Test\n" in done.stdout


def test_findings_of_severity_error_are_errors() -> None:
    found = [Finding(severity, "a.b", "c") for severity in Severity]
    assert [one.severity for one in errors(found)] == [Severity.CRITICAL, Severity.ERROR]
