"""Many at once."""

from pathlib import Path

from tests.unit.pki.folder import Pki, made
from tests.unit.pki.processes import command, forked, wait

_PROCESSES, _EACH = 8, 50


def test_eight_processes_of_fifty_certificates_leave_four_hundred(tmp_path: Path) -> None:
    pki = made(tmp_path)

    def issue_fifty(process: int) -> None:
        for number in range(_EACH):
            command(pki.home, ["issue", "client", f"c-{process}-{number}"])

    children = [forked(lambda p=process: issue_fifty(p)) for process in range(_PROCESSES)]  # type: ignore[misc]
    assert [wait(child) for child in children] == [0] * _PROCESSES
    rows = [row for row in pki.listed() if row["profile"] == "client"]
    assert len(rows) == len({row["serial_number"] for row in rows}) == _PROCESSES * _EACH
    assert len(list((pki.home / "clients").glob("*.pem"))) == _PROCESSES * _EACH
    assert len(list((pki.home / "clients").glob("*.key"))) == _PROCESSES * _EACH
    pki.assert_consistent()


def test_of_many_who_want_one_name_one_gets_it(tmp_path: Path) -> None:
    pki = made(tmp_path)
    words = ["issue", "client", "same"]
    children = [forked(lambda: command(pki.home, words)) for _ in range(6)]
    assert sorted(wait(child) for child in children) == [0, 1, 1, 1, 1, 1]
    assert len(pki.listed()) == 3
    pki.assert_consistent()


def test_if_needed_of_one_name_makes_one_and_all_succeed(tmp_path: Path) -> None:
    pki = made(tmp_path)
    words = ["issue", "client", "same", "--if-needed"]
    children = [forked(lambda: command(pki.home, words)) for _ in range(6)]
    assert [wait(child) for child in children] == [0] * 6
    assert len(pki.listed()) == 3
    pki.assert_consistent()


def test_many_inits_make_one_pki(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    children = [forked(lambda: command(pki.home, ["init"])) for _ in range(6)]
    assert [wait(child) for child in children] == [0] * 6
    assert [row["profile"] for row in pki.listed()] == ["root", "issuing"]
    pki.assert_consistent()
