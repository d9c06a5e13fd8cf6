"""A store that cannot be asked says so, and what to do about it; it never says "nobody"."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.registry import dynamodb_table
from service.registry.dynamodb import DynamoDbStore
from service.registry.dynamodb_table import DynamoDbTable
from service.registry.opening import open_store
from service.registry.sqlite import SqliteStore
from service.registry.store import IdTaken, Store, StoreUnavailable, UnknownRegistration
from tests.conftest import free_port
from tests.dynamodb import local
from tests.registry.made import ADMIN, BILLING, NOW, certificate, create, registration
from tests.unit.aws import moto_server

#: Each method but touch, which never fails.
METHODS: dict[str, Callable[[Store], object]] = {
    "recognise": lambda store: store.recognise(certificate(BILLING)),
    "get": lambda store: store.get("billing"),
    "list": lambda store: store.list(),
    "list of an organization": lambda store: store.list(organization="Example"),
    "create": create,
    "update": lambda store: store.update(registration(), ADMIN, NOW),
    "delete": lambda store: store.delete("billing", 1, ADMIN, NOW),
    "audit": lambda store: store.audit("billing"),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Where the service's own client looks; it is made anew in the test and after it."""
    for name, value in moto_server.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    dynamodb_table.shared_client.cache_clear()
    yield monkeypatch
    dynamodb_table.shared_client.cache_clear()


def _nobody_listens(environment: pytest.MonkeyPatch) -> Store:
    environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    return open_store("dynamodb://clients")


def test_the_table_that_the_url_names_is_asked_at_the_endpoint_of_the_environment(
    environment: pytest.MonkeyPatch, dynamodb_url: str
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", dynamodb_url)
    # DynamoDB Local has tables of its own for each key.
    name = local.make_table(dynamodb_url)
    stored = create(open_store(f"dynamodb://{name}"))
    assert DynamoDbStore(local.table(dynamodb_url, name)).get("billing") == stored


@pytest.mark.parametrize("name", METHODS)
def test_dynamodb_that_is_not_there_is_unavailable(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    store = _nobody_listens(environment)
    with pytest.raises(StoreUnavailable, match="dynamodb://clients: "):
        METHODS[name](store)
    store.touch("billing", NOW)


def test_dynamodb_that_does_not_answer_is_unavailable(environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreUnavailable, match="Read timeout"):
            open_store("dynamodb://clients").get("billing")


def test_a_request_waits_for_dynamodb_for_some_seconds_at_most(
    environment: pytest.MonkeyPatch,
) -> None:
    del environment
    config = dynamodb_table.shared_client(os.getpid()).meta.config
    assert config.connect_timeout == config.read_timeout == 1
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


@pytest.mark.parametrize("name", METHODS)
def test_a_table_that_is_not_there_is_unavailable_and_says_how_to_look(
    dynamodb_url: str, name: str
) -> None:
    store = DynamoDbStore(local.table(dynamodb_url, "clients"))
    with pytest.raises(StoreUnavailable, match="dynamodb://clients: ") as refused:
        METHODS[name](store)
    assert refused.value.hint == "aws dynamodb describe-table --table-name clients"
    store.touch("billing", NOW)


def test_without_boto3_or_a_region_the_start_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("AWS_REGION")
    environment.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(StoreUnavailable, match="region") as refused:
        open_store("dynamodb://clients")
    assert "AWS_DEFAULT_REGION" in refused.value.hint
    environment.setitem(sys.modules, "boto3", None)
    with pytest.raises(StoreUnavailable, match="boto3 is not installed") as refused:
        open_store("dynamodb://clients")
    assert refused.value.hint == "pip install boto3"


def test_a_registration_of_a_newer_release_is_unavailable_and_not_unknown(
    dynamodb_url: str,
) -> None:
    table = local.table(dynamodb_url, local.make_table(dynamodb_url))
    store = DynamoDbStore(table)
    create(store)
    table.write(dynamodb_table.Update(("clients", "billing"), {"body": '{"id": "billing"}'}))
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        store.get("billing")
    assert store.recognise(certificate(BILLING)) is not None


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


def _cut_short(path: Path) -> None:
    path.write_bytes(_copied_whole(path)[:6000])


@pytest.mark.parametrize(
    "spoil",
    [
        _corrupt,
        _cut_short,
        lambda path: path.write_bytes(b"no database\n" * 400),
        lambda path: path.write_bytes(_copied_whole(path)[:16] + bytes(5000)),
    ],
    ids=["octets inside", "cut short", "text", "zeros"],
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


def test_each_process_asks_a_table_with_a_client_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two processes would read each other's answers from one connection."""
    made: list[int] = []

    class Client:
        def get_item(self, **_asked: object) -> dict[str, object]:
            return {}

    def client(pid: int) -> Client:
        made.append(pid)
        return Client()

    table = DynamoDbTable("clients", client)
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    assert table.get(("clients", "billing")) is None
    assert made[-1] == 4711 != made[0]
