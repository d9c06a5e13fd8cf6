"""Revocation under many processes, under kill -9, and over an index from before there was any."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.unit.pki.folder import Pki, made
from tests.unit.pki.processes import command, forked, killed_at, wait
from tests.unit.pki.revoking import crl_of, number, query, serial, serials

_PROCESSES, _EACH, _FAR = 8, 10, 200


def test_the_number_under_eight_processes_only_grows_and_never_repeats(tmp_path: Path) -> None:
    pki = made(tmp_path)
    for process in range(_PROCESSES):
        pki.done("issue", "client", f"c-{process}")

    def publish_many(process: int) -> None:
        for turn in range(_EACH):
            copy = tmp_path / f"{process}-{turn}.pem"
            command(pki.home, ["crl", "--out", str(copy)])
        command(pki.home, ["revoke", f"c-{process}"])

    children = [forked(lambda p=process: publish_many(p)) for process in range(_PROCESSES)]  # type: ignore[misc]
    seen = [number(crl_of(pki))]
    while len(seen) < 50:
        seen.append(number(crl_of(pki)))
    assert [wait(child) for child in children] == [0] * _PROCESSES
    assert seen == sorted(seen)
    copies = [
        [_number(tmp_path / f"{process}-{turn}.pem") for turn in range(_EACH)]
        for process in range(_PROCESSES)
    ]
    assert all(numbers == sorted(numbers) for numbers in copies)
    given = [number_ for numbers in copies for number_ in numbers]
    assert len(set(given)) == _PROCESSES * _EACH
    assert number(crl_of(pki)) == _PROCESSES * (_EACH + 1) + 1
    assert set(serials(crl_of(pki))) == {
        serial(pki, f"clients/c-{process}.pem") for process in range(_PROCESSES)
    }


def _number(path: Path) -> int:
    from cryptography import x509

    return number(x509.load_pem_x509_crl(path.read_bytes()))


@pytest.mark.parametrize("mend", [["revoke", "a"], ["crl"], ["init", "crl"]])
def test_revoke_survives_a_kill_at_any_point(tmp_path: Path, mend: list[str]) -> None:
    start = made(tmp_path)
    start.done("issue", "client", "a")
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        shutil.copytree(start.home, pki.home)
        came_that_far = killed_at(pki.home, ["revoke", "a"], count)
        there = crl_of(pki)  # always a whole one
        recorded = query(pki, "SELECT * FROM sqlite_master WHERE name = 'revocations'") and query(
            pki, "SELECT serial_number FROM revocations"
        )
        if mend[0] == "init":
            for words in mend:
                pki.done(words)
        else:
            pki.done(*mend)
        assert serials(crl_of(pki)) == (
            [serial(pki, "clients/a.pem")] if recorded or mend[0] == "revoke" else []
        )
        assert number(crl_of(pki)) > number(there) or not came_that_far
        assert [path.name for path in pki.home.glob(".*partial")] == []
        if not came_that_far:
            assert count > 8
            return
    pytest.fail("it never came to its end")


def old(tmp_path: Path) -> Pki:
    """A PKI as it was before revocation: no table for it, no CRL."""
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    query(pki, "DROP TABLE revocations")
    query(pki, "DROP TABLE crls")
    (pki.home / "crl.pem").unlink()
    return pki


@pytest.mark.parametrize("words", [["init"], ["crl"], ["revoke", "a"], ["list"], ["show", "a"]])
def test_an_older_index_is_taken_as_it_is(tmp_path: Path, words: list[str]) -> None:
    pki = old(tmp_path)
    pki.done(*words)
    pki.done("revoke", "a")
    assert serials(crl_of(pki)) == [serial(pki, "clients/a.pem")]
    pki.assert_consistent()


@pytest.mark.parametrize("words", [["init"], ["crl"], ["revoke", "a"]])
def test_taking_an_older_index_survives_a_kill_at_any_point(
    tmp_path: Path, words: list[str]
) -> None:
    start = old(tmp_path)
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        shutil.copytree(start.home, pki.home)
        came_that_far = killed_at(pki.home, words, count)
        pki.done(*words)
        pki.done("revoke", "a")
        assert serials(crl_of(pki)) == [serial(pki, "clients/a.pem")]
        pki.assert_consistent()
        if not came_that_far:
            return
    pytest.fail("it never came to its end")


def test_an_older_copy_of_the_index_takes_back_no_revocation(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    pki.done("issue", "client", "b")
    shutil.copy(pki.home / "index.sqlite", tmp_path / "backup")
    pki.done("revoke", "a")
    shutil.copy(tmp_path / "backup", pki.home / "index.sqlite")
    pki.done("revoke", "b")
    assert serials(crl_of(pki)) == [serial(pki, f"clients/{name}.pem") for name in ("b", "a")]
    assert number(crl_of(pki)) == 3


def test_an_index_that_cannot_be_written_is_a_clean_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")

    def fails(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", fails)
        assert "disk I/O error" in pki.refused("revoke", "a")
    pki.done("revoke", "a")
