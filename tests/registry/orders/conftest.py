"""Both stores of orders, empty, each through the same fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.orders.dynamodb import DynamoDbOrders
from service.orders.sqlite import SqliteOrders
from service.orders.store import Orders
from tests.dynamodb import local


@pytest.fixture(params=["sqlite", "dynamodb"])
def orders(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Orders]:
    """A store with no orders in it."""
    if request.param == "sqlite":
        opened: Orders = SqliteOrders(str(tmp_path / "clients.sqlite"))
    else:
        url = request.getfixturevalue("dynamodb_url")
        opened = DynamoDbOrders(local.table(url, local.make_table(url)))
    yield opened
    opened.close()
