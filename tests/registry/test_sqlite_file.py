"""A file that cannot be used is refused, with what to do about it; what is in it stays."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.registry.sqlite import SqliteStore
from service.registry.store import IdTaken, StoreUnavailable, UnknownRegistration
from tests.registry.made import BILLING, METHODS, NOW, certificate, create


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one client."""
    made = tmp_path / "a folder" / "registry.sqlite"
    made.parent.mkdir()
    create(SqliteStore(str(made)))
    return made


def _refused(path: Path) -> tuple[str, str]:
    with pytest.raises(StoreUnavailable) as refused:
        SqliteStore(str(path))
    said, hint = str(refused.value), refused.value.hint
    assert said.startswith(f"{path}: ")
    assert "\n" not in said + hint
    return said.removeprefix(f"{path}: "), hint


def _copied_whole(path: Path) -> bytes:
    """The file without what is still beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def _corrupt(path: Path) -> None:
    whole = bytearray(_copied_whole(path))
    whole[4096:12288] = os.urandom(8192)
    path.write_bytes(whole)


def _last_page(path: Path) -> None:
    """Where an index is, which nothing reads at the start."""
    whole = _copied_whole(path)
    path.write_bytes(whole[:-4096] + os.urandom(4096))


def _cut_short(path: Path) -> None:
    path.write_bytes(_copied_whole(path)[:6000])


@pytest.mark.parametrize(
    "spoil",
    [
        _corrupt,
        _last_page,
        _cut_short,
        lambda path: path.write_bytes(b"no database\n" * 400),
        lambda path: path.write_bytes(_copied_whole(path)[:16] + bytes(5000)),
    ],
    ids=["octets inside", "one page", "cut short", "text", "zeros"],
)
def test_a_file_that_is_damaged_is_refused_and_left_alone(
    path: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(path)
    spoiled = path.read_bytes()
    _, hint = _refused(path)
    assert hint.startswith("put it away")
    assert f"mv '{path}'" in hint
    assert path.read_bytes()[4096:] == spoiled[4096:]


def test_a_file_of_a_newer_release_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE parts SET version = 7 WHERE part = 'registry'")
        connection.commit()
    said, hint = _refused(path)
    assert said == "its registry has version 7, expected 1 or older"
    assert "newer" in hint
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    assert _refused(path)[0] == "its layout is 2, expected 1"


def test_a_file_of_another_application_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE clients (id TEXT)")
    said, hint = _refused(other)
    assert said == "it is another application's"
    assert "CLIENT_REGISTRY" in hint
    with closing(sqlite3.connect(other)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("clients",)]


def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    said, hint = _refused(tmp_path / "no folder" / "registry.sqlite")
    assert (said, hint) == ("its folder is not there", f"mkdir -p '{tmp_path / 'no folder'}'")
    assert not (tmp_path / "no folder").exists()


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    _refused(tmp_path)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of one who is not root; whoever is root is that one in this test."""
    folder = Path(tempfile.mkdtemp())
    nobody, me = 65534, os.geteuid()
    if me == 0:
        os.chown(folder, nobody, nobody)
        os.seteuid(nobody)
    try:
        yield folder
    finally:
        os.seteuid(me)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_refused(unprivileged: Path) -> None:
    path = unprivileged / "registry.sqlite"
    unprivileged.chmod(0o500)
    said, hint = _refused(path)
    assert said == "permission denied"
    assert f"ls -ld {unprivileged} {path}" in hint
    unprivileged.chmod(0o700)
    assert SqliteStore(str(path)).list().items == []


def test_a_file_that_cannot_be_written_is_refused(unprivileged: Path) -> None:
    path = unprivileged / "registry.sqlite"
    SqliteStore(str(path)).close()
    path.chmod(0o400)
    assert "ls -ld" in _refused(path)[1]
    path.chmod(0o600)
    unprivileged.chmod(0o500)  # nothing can be put beside it
    assert "ls -ld" in _refused(path)[1]


@pytest.mark.parametrize("name", METHODS)
def test_a_file_that_is_taken_away_is_unavailable_until_it_is_back(path: Path, name: str) -> None:
    store = SqliteStore(str(path))
    aside = path.with_name("aside")
    path.rename(aside)
    with pytest.raises(StoreUnavailable, match="no such file"):
        METHODS[name](store)
    store.touch("billing", NOW)
    assert not path.exists()
    aside.rename(path)
    assert store.get("billing").id == "billing"


def test_a_file_that_is_put_in_its_place_counts(path: Path) -> None:
    store, other = SqliteStore(str(path)), path.with_name("other")
    assert store.get("billing").id == "billing"
    create(SqliteStore(str(other)), "restored")
    other.rename(path)
    assert [one.id for one in store.list().items] == ["restored"]
    with pytest.raises(UnknownRegistration):
        store.get("billing")


def test_a_file_that_is_spoiled_while_it_is_used_is_unavailable(path: Path) -> None:
    store, other = SqliteStore(str(path)), path.with_name("other")
    assert store.get("billing").id == "billing"
    other.write_bytes(b"no database\n" * 400)
    other.rename(path)
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.recognise(certificate(BILLING))


def test_whoever_has_to_wait_for_another_writer_too_long_is_told(path: Path) -> None:
    """Whoever reads does not wait, and what was seen is not worth it."""
    store = SqliteStore(str(path), patience=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked") as refused:
            create(store, "other")
        assert "fuser" in refused.value.hint
        store.touch("billing", NOW)
        assert store.get("billing").last_seen is None
        assert store.recognise(certificate(BILLING)) is not None
        writer.execute("ROLLBACK")
    create(store, "other")
    store.touch("billing", NOW)
    assert store.get("billing").last_seen is not None


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Whose the certificates are is nobody else's concern."""
    path = tmp_path / "registry.sqlite"
    before = os.umask(0)
    try:
        create(SqliteStore(str(path)))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    ("file", "folder", "why"),
    [
        (0o644, 0o755, ""),
        (0o660, 0o770, ""),
        (0o600, 0o1777, ""),
        (0o602, 0o700, "everybody may write it"),
        (0o666, 0o700, "everybody may write it"),
        (0o600, 0o777, "everybody may put another in its place"),
    ],
    ids=["read", "group", "sticky folder", "written", "read and written", "folder"],
)
def test_a_file_that_everybody_may_write_is_refused(
    path: Path, file: int, folder: int, why: str
) -> None:
    path.chmod(file)
    path.parent.chmod(folder)
    if not why:
        assert SqliteStore(str(path)).get("billing").id == "billing"
        return
    said, hint = _refused(path)
    assert said == why
    assert hint.startswith("chmod o-w ")


def test_many_may_make_the_same_file_at_once(tmp_path: Path) -> None:
    path, errors = str(tmp_path / "registry.sqlite"), []

    def open_it() -> None:
        try:
            SqliteStore(path).list()
        except StoreUnavailable as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_several_writes_together_are_one_or_none(path: Path) -> None:
    store, another = SqliteStore(str(path)), SqliteStore(str(path))
    with store.together():
        create(store, "a")
        assert [one.id for one in another.list().items] == ["billing"]
        create(store, "b")
    assert [one.id for one in another.list().items] == ["a", "b", "billing"]
    with pytest.raises(IdTaken), store.together():  # noqa: PT012  (both, or neither)
        create(store, "c")
        create(store, "billing")
    assert [one.id for one in store.list().items] == ["a", "b", "billing"]
    assert store.audit("c").items == []
