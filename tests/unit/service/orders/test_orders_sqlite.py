import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from service.app import create_app
from service.config import Config, InvalidConfiguration
from service.orders.opening import open_orders
from service.orders.order import Item, NewOrder, placed
from service.orders.sqlite import SqliteOrders
from service.registry.opening import open_store
from service.registry.store import StoreUnavailable
from tests.unit.service.certs import NOW
from tests.unit.service.orders import calling

ROOT = Path(__file__).resolve().parents[4]
NEW = NewOrder((Item("A-1", 2),))
#: Says of each order when it has it, until it is killed.
CREATING = """
import sys, itertools, datetime
from service.orders.order import Item, NewOrder, placed
from service.orders.sqlite import SqliteOrders
orders, new = SqliteOrders(sys.argv[1]), NewOrder((Item("A-1", 2),))
for number in itertools.count():
    made = orders.create("alice", f"key-{number}", placed(new, datetime.datetime.now(datetime.UTC)))
    print(made.id, flush=True)
"""


def test_orders_and_the_registry_are_in_one_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'clients.sqlite'}"
    orders = open_orders(url)
    calling.register(url, "alice")
    made = orders.create("alice", "key", placed(NEW, NOW))
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["clients.sqlite"]
    assert open_orders(url).get("alice", made.id) == made
    assert open_store(url).get("alice").id == "alice"


def test_who_is_killed_while_creating_has_what_was_answered_and_nothing_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "orders.sqlite"
    command = [sys.executable, "-c", CREATING, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as creating:
        assert creating.stdout is not None
        answered = [creating.stdout.readline().strip() for _ in range(20)]
        creating.kill()
        answered += creating.stdout.read().splitlines()
    orders = SqliteOrders(str(path))
    made = {one.id for one in orders.list("alice", limit=10_000).items}
    assert set(answered) <= made
    assert len(made) - len(answered) <= 1
    for number, id_ in enumerate(answered):
        assert orders.create("alice", f"key-{number}", placed(NEW, NOW)).id == id_


def test_a_file_that_is_no_database_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "clients.sqlite"
    path.write_bytes(b"not a database, whatever it is" * 100)
    with pytest.raises(StoreUnavailable, match=r"clients\.sqlite"):
        open_orders(f"sqlite:///{tmp_path / 'clients.sqlite'}")


def test_a_file_whose_orders_are_of_a_newer_release_is_refused_at_the_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'clients.sqlite'}"
    env = {**calling.ENV, "CLIENT_REGISTRY": url}
    create_app(Config.from_env(env), log=lambda _: None)
    with sqlite3.connect(tmp_path / "clients.sqlite") as other:
        other.execute("UPDATE parts SET version = 2 WHERE part = 'orders'")
    other.close()
    with pytest.raises(InvalidConfiguration, match=r"CLIENT_REGISTRY is .* its orders has version"):
        create_app(Config.from_env(env), log=lambda _: None)


def test_a_file_that_goes_while_it_is_used_makes_the_store_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    orders = SqliteOrders(str(path))
    made = orders.create("alice", "key", placed(NEW, NOW))
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE orders")
    for ask in (
        lambda: orders.get("alice", made.id),
        lambda: orders.list("alice"),
        lambda: orders.cancel("alice", made.id, NOW),
        lambda: orders.create("alice", "key-2", placed(NEW, NOW)),
    ):
        with pytest.raises(StoreUnavailable, match="no such table"):
            ask()
