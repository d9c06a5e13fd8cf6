"""What is DynamoDB's alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.orders import dynamodb
from service.orders.dynamodb import DynamoDbOrders
from service.orders.opening import open_orders
from service.orders.order import Item, NewOrder, placed
from service.orders.store import Orders
from service.registry import dynamodb_table
from service.registry.store import StoreUnavailable
from tests.conftest import free_port
from tests.dynamodb import local
from tests.unit.aws import moto_server

NOW = datetime.now(UTC)
NEW = NewOrder((Item("A-1", 2),))


@pytest.fixture
def name(dynamodb_url: str) -> str:
    return local.make_table(dynamodb_url)


@pytest.fixture
def orders(dynamodb_url: str, name: str) -> Orders:
    return DynamoDbOrders(local.table(dynamodb_url, name))


def test_all_that_is_written_begins_with_a_word_of_its_own_and_the_client(
    dynamodb_url: str, name: str, orders: Orders
) -> None:
    made = orders.create("alice", "key", placed(NEW, NOW))
    orders.cancel("alice", made.id, NOW)
    items = local.client(dynamodb_url).scan(TableName=name)["Items"]
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in items} == {
        ("orders#alice", made.id),
        ("order-keys#alice", "key"),
    }


def test_who_finds_a_key_and_not_yet_its_order_waits_for_it(
    dynamodb_url: str, name: str, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction may be seen at one place before it is seen at another."""
    table, first = local.table(dynamodb_url, name), placed(NEW, NOW)
    table.write(dynamodb_table.Put({"pk": "order-keys#alice", "sk": "key", "id": first.id}))

    def arrive(_attempt: int) -> None:
        table.write(dynamodb_table.Put(dynamodb._item("alice", first)))

    monkeypatch.setattr(dynamodb, "pause", arrive)
    assert orders.create("alice", "key", placed(NEW, NOW)) == first
    assert orders.list("alice").items == [first]


def test_who_waits_in_vain_is_told_so_and_nothing_is_written(
    dynamodb_url: str, name: str, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = local.table(dynamodb_url, name)
    table.write(dynamodb_table.Put({"pk": "order-keys#alice", "sk": "key", "id": "never"}))
    monkeypatch.setattr(dynamodb, "pause", lambda _attempt: None)
    with pytest.raises(StoreUnavailable, match="too many write"):
        orders.create("alice", "key", placed(NEW, NOW))
    assert orders.list("alice").items == []


def test_a_table_that_cannot_be_asked_makes_the_store_unavailable() -> None:
    nowhere = DynamoDbOrders(local.table(f"http://127.0.0.1:{free_port()}", "orders"))
    order = placed(NEW, NOW)
    for ask in (
        lambda: nowhere.create("alice", "key", order),
        lambda: nowhere.get("alice", order.id),
        lambda: nowhere.list("alice"),
        lambda: nowhere.cancel("alice", order.id, NOW),
    ):
        with pytest.raises(StoreUnavailable, match="dynamodb://orders: "):
            ask()


def test_the_table_of_the_registry_has_the_orders_too(
    dynamodb_url: str, name: str, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = orders.create("alice", "key", placed(NEW, NOW))
    for variable, value in (
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_url),
        ("AWS_DEFAULT_REGION", moto_server.REGION),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ):
        monkeypatch.setenv(variable, value)
    dynamodb_table.shared_client.cache_clear()
    try:
        assert open_orders(f"dynamodb://{name}").list("alice").items == [made]
    finally:
        dynamodb_table.shared_client.cache_clear()
