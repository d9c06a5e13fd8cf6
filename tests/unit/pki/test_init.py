"""Init: makes, repairs, contradicts."""

import os
import stat
from pathlib import Path

import pytest

from tests.unit.pki.folder import Pki, made
from tests.unit.pki.processes import command, forked, wait

MADE = (
    *(f"authorities/{name}{end}" for name in ("root", "issuing") for end in (".pem", ".key")),
    "ca.pem",
    "truststore.pem",
    "index.sqlite",
)


def test_init_makes_everything_and_says_what_comes_next(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    output = pki.done("init").stdout
    for file in MADE:
        assert (pki.home / file).is_file()
        assert str(pki.home / file) in output
    assert "next:\n  python -m pki issue server" in output
    assert pki.certificate("ca.pem") == pki.certificate("authorities/root.pem")
    assert (pki.home / "truststore.pem").read_bytes() == (
        (pki.home / "authorities/issuing.pem").read_bytes()
        + (pki.home / "authorities/root.pem").read_bytes()
    )
    assert [row["profile"] for row in pki.listed()] == ["root", "issuing"]


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    pki = made(tmp_path)
    before = {path: path.read_bytes() for path in pki.home.rglob("*") if path.is_file()}
    assert "nothing to do" in pki.done("init").stdout
    assert {path: path.read_bytes() for path in pki.home.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("lost", ["ca.pem", "truststore.pem", "index.sqlite", "clients", "lock"])
def test_init_puts_back_what_is_missing(tmp_path: Path, lost: str) -> None:
    pki = made(tmp_path)
    pki.done("issue", "server", "a.b")
    rows = {(row["serial_number"], row["profile"], row["name"]) for row in pki.listed()}
    path = pki.home / lost
    path.rmdir() if path.is_dir() else path.unlink()
    pki.done("init")
    assert path.exists()
    assert {(row["serial_number"], row["profile"], row["name"]) for row in pki.listed()} == rows
    pki.assert_consistent()


def test_a_damaged_index_is_rebuilt_as_the_hint_says(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    index = pki.home / "index.sqlite"
    index.write_bytes(b"garbage" * 1000)
    for words in (["list"], ["issue", "client", "b"], ["show", "a"], ["init"]):
        assert "damaged" in pki.refused(*words)
    index.rename(index.with_suffix(".old"))
    pki.done("init")
    pki.assert_consistent()


def test_a_lost_index_is_an_error_with_a_hint(tmp_path: Path) -> None:
    pki = made(tmp_path)
    (pki.home / "index.sqlite").unlink()
    assert "python -m pki init" in pki.refused("issue", "client", "a")
    assert "python -m pki init" in pki.refused("list")


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (["--organization", "Acme"], ["--organization", "X"]),
        (["--key-type", "ec-p384"], ["--key-type", "ec-p256"]),
    ],
)
def test_an_option_that_contradicts_the_pki_is_refused(
    tmp_path: Path, same: list[str], other: list[str]
) -> None:
    pki = made(tmp_path, "--organization", "Acme", "--key-type", "ec-p384")
    pki.done("init", *same)
    assert "the PKI is there" in pki.refused("init", *other)


def test_the_organization_is_in_every_name(tmp_path: Path) -> None:
    pki = made(tmp_path, "--organization", "Ünïcode, Inc.")
    pki.done("issue", "client", "a")
    subjects = [row["subject"] for row in pki.listed()]
    assert subjects == [
        "CN=Ünïcode\\, Inc. Root CA,O=Ünïcode\\, Inc.",
        "CN=Ünïcode\\, Inc. Issuing CA,O=Ünïcode\\, Inc.",
        "CN=a,O=Ünïcode\\, Inc.",
    ]


@pytest.mark.parametrize("name", ["", " x", "x" * 54, "a\nb"])
def test_a_bad_organization_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    pki = Pki(tmp_path / ".pki")
    pki.refused("init", "--organization", name)
    assert not pki.home.exists()


def test_a_folder_from_git_is_taken_and_made_private(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    pki.home.mkdir()
    pki.home.chmod(0o755)
    (pki.home / ".gitignore").write_text("*\n!.gitignore\n")
    pki.done("init")
    assert stat.S_IMODE(pki.home.stat().st_mode) == 0o700
    assert (pki.home / ".gitignore").read_text() == "*\n!.gitignore\n"


def test_a_folder_with_strange_files_is_left_alone(tmp_path: Path) -> None:
    pki = Pki(tmp_path / "home")
    pki.home.mkdir(mode=0o755)
    (pki.home / "thesis.txt").write_text("")
    before = pki.home.stat().st_mode
    assert "thesis.txt" in pki.refused("init")
    assert pki.home.stat().st_mode == before
    assert [path.name for path in pki.home.iterdir()] == ["thesis.txt"]


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        Pki(home).refused("init")
        Pki(home).refused("list")


def test_an_issuing_ca_of_another_root_is_refused(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    stranger = (other.home / "authorities/root.pem").read_bytes()
    (pki.home / "authorities/root.pem").write_bytes(stranger)
    assert "is not issued by" in pki.refused("init")
    assert "is not issued by" in pki.refused("issue", "client", "a")


@pytest.mark.parametrize("file", ["root.pem", "issuing.pem", "issuing.key"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\x00garbage", "folder"])
def test_a_damaged_authority_is_a_clean_error(
    tmp_path: Path, file: str, content: bytes | str | None
) -> None:
    pki = made(tmp_path)
    path = pki.home / "authorities" / file
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    assert file in pki.refused("issue", "client", "a")


def test_the_key_of_another_ca_is_refused(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    stranger = (other.home / "authorities/issuing.key").read_bytes()
    (pki.home / "authorities/issuing.key").write_bytes(stranger)
    assert "does not belong" in pki.refused("issue", "client", "a")


@pytest.mark.parametrize("words", [["issue", "client", "a"], ["init"], ["list"]])
def test_a_folder_that_may_not_be_used_is_a_clean_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], words: list[str]
) -> None:
    pki = made(tmp_path)
    pki.home.chmod(0)

    def as_nobody() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        command(pki.home, words)

    code = wait(forked(as_nobody))
    pki.home.chmod(0o700)
    error, hint = capfd.readouterr().err.splitlines()
    assert code == 1
    assert error.startswith("error: cannot ")
    assert error.endswith("permission denied")
    assert hint.startswith("  hint: ")


def test_a_full_disk_is_a_clean_error_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = made(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert "no space left" in pki.refused("issue", "client", "a")
        assert "df -h" in Pki(tmp_path / "new").refused("init")
    pki.done("issue", "client", "a")
    pki.assert_consistent()


@pytest.mark.parametrize("call", ["mkdir", "open", "chmod"])
def test_a_folder_of_somebody_else_is_a_clean_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted", "x")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, denied)
        assert "PKI_HOME=" in Pki(tmp_path / "new").refused("init")
