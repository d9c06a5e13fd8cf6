"""Passphrases of authorities, leaves and PKCS#12."""

import os
import pty
import sys
from pathlib import Path

import pytest

from tests.unit.pki.folder import ROOT, Pki, made
from tests.unit.pki.processes import wait

ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"


def protected(tmp_path: Path) -> Pki:
    pki = Pki(tmp_path / ".pki")
    pki.done("init", PKI_PASSPHRASE="geheim")
    return pki


def on_a_terminal(pki: Pki, *words: str, typed: str) -> tuple[int, str]:
    """Run *words* on a terminal of their own, type, and return exit code and output."""
    pid, fd = pty.fork()
    if not pid:
        os.chdir(ROOT)
        os.environ["PKI_HOME"] = str(pki.home)
        os.execv(sys.executable, [sys.executable, "-m", "pki", *words])  # noqa: S606
    output = b""
    waiting = typed.splitlines(keepends=True)
    try:
        while part := os.read(fd, 4096):
            output += part
            if waiting and part.rstrip().endswith(b":"):
                os.write(fd, waiting.pop(0).encode())
    except OSError:  # Linux says EIO when the other side is gone
        pass
    os.close(fd)
    return wait(pid), output.decode()


def test_a_passphrase_at_init_encrypts_both_authority_keys(tmp_path: Path) -> None:
    pki = protected(tmp_path)
    for name in ("root", "issuing"):
        assert ENCRYPTED in (pki.home / f"authorities/{name}.key").read_bytes()
        assert pki.key(f"authorities/{name}.key", b"geheim")


def test_without_a_passphrase_nothing_is_encrypted(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert b"BEGIN PRIVATE KEY" in (pki.home / "authorities/issuing.key").read_bytes()


def test_an_encrypted_authority_issues_only_with_its_passphrase(tmp_path: Path) -> None:
    pki = protected(tmp_path)
    assert "PKI_PASSPHRASE" in pki.refused("issue", "client", "a")
    wrong = pki.refused("issue", "client", "a", PKI_PASSPHRASE="falsch")
    assert "passphrase does not open" in wrong
    assert "falsch" not in wrong
    assert not list((pki.home / "clients").iterdir())
    pki.done("issue", "client", "a", PKI_PASSPHRASE="geheim")
    pki.assert_consistent()


def test_if_needed_keeps_without_asking_for_the_authority(tmp_path: Path) -> None:
    pki = protected(tmp_path)
    pki.done("issue", "client", "a", PKI_PASSPHRASE="geheim")
    assert "kept" in pki.done("issue", "client", "a", "--if-needed").stdout


@pytest.mark.parametrize(
    "variable", ["PKI_PASSPHRASE", "PKI_LEAF_PASSPHRASE", "PKI_P12_PASSPHRASE"]
)
@pytest.mark.parametrize("value", ["", "x" * 1024])
def test_an_empty_or_endless_passphrase_is_refused(
    tmp_path: Path, variable: str, value: str
) -> None:
    pki = Pki(tmp_path / ".pki")
    if variable == "PKI_PASSPHRASE":
        assert "passphrase is" in pki.refused("init", **{variable: value})
        assert not pki.home.exists()
    else:
        pki.done("init")
        words = ("issue", "client", "a", "--p12", "--passphrase")
        others = {"PKI_LEAF_PASSPHRASE": "x", "PKI_P12_PASSPHRASE": "x"}
        assert "passphrase is" in pki.refused(*words, **{**others, variable: value})
        assert not list((pki.home / "clients").iterdir())


def test_a_passphrase_for_a_pki_without_one_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert "have no passphrase" in pki.refused("init", PKI_PASSPHRASE="geheim")
    pki.done("issue", "client", "a", PKI_PASSPHRASE="geheim")


def test_a_leaf_key_with_a_passphrase_renews_only_with_it(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--passphrase", PKI_LEAF_PASSPHRASE="geheim")
    assert ENCRYPTED in (pki.home / "clients/a.key").read_bytes()
    for option in ("--renew", "--if-needed"):
        assert "PKI_LEAF_PASSPHRASE" in pki.refused("issue", "client", "a", option)
        wrong = {"PKI_LEAF_PASSPHRASE": "falsch"}
        assert "does not open" in pki.refused("issue", "client", "a", option, **wrong)
        pki.done("issue", "client", "a", option, PKI_LEAF_PASSPHRASE="geheim")


def test_a_passphrase_that_cannot_be_asked_for_is_an_error_with_a_hint(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert "PKI_LEAF_PASSPHRASE" in pki.refused("issue", "client", "a", "--passphrase")
    assert "PKI_P12_PASSPHRASE" in pki.refused("issue", "client", "a", "--p12")
    assert "PKI_PASSPHRASE" in Pki(tmp_path / "new").refused("init", "--passphrase")


def test_a_typed_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    code, output = on_a_terminal(pki, "init", "--passphrase", typed="geheim\ngeheim\n")
    assert (code, "geheim" in output) == (0, False)
    code, output = on_a_terminal(pki, "issue", "client", "a", typed="geheim\n")
    assert (code, "geheim" in output) == (0, False)
    pki.assert_consistent()
    code, output = on_a_terminal(pki, "issue", "client", "b", typed="falsch\n")
    assert code == 1
    assert "error: passphrase does not open" in output


def test_an_empty_typed_passphrase_is_refused(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    code, output = on_a_terminal(pki, "init", "--passphrase", typed="\n\n")
    assert (code, "passphrase is empty" in output) == (1, True)
    assert not pki.home.exists()


def test_ctrl_c_at_the_prompt_is_exit_130(tmp_path: Path) -> None:
    code, output = on_a_terminal(Pki(tmp_path / "x"), "init", "--passphrase", typed="\x03\n")
    assert code == 130
    assert "Traceback" not in output
