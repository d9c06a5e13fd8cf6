"""Orders in the table that has the registry, or in one of their own.

pk                  sk    what
orders#CLIENT       ID    the order: body
order-keys#CLIENT   KEY   which order was created with the key: id
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from msgspec.json import decode, encode

from service.contract.paging import Page
from service.registry.dynamodb_table import ABSENT, Condition, DynamoDbTable, Item, Lost, Put, pause
from service.registry.store import StoreUnavailable

from .order import Order, cancelled
from .store import UnknownOrder

_TRIES = 10  # where others write the same order, or with the same key


class DynamoDbOrders:
    """Orders in *table*, which is there."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def create(self, client: str, key: str, order: Order) -> Order:
        """As Orders.create: the order and its key are written together, or neither is."""
        named = {"pk": f"order-keys#{client}", "sk": key, "id": order.id}
        for attempt in range(_TRIES):
            try:
                self._table.write(Put(named, ABSENT), Put(_item(client, order), ABSENT))
            except Lost:
                first = self._created(client, key)
            else:
                return order
            if first is not None:
                return first
            pause(attempt)
        raise self._busy()

    def get(self, client: str, id_: str) -> Order:
        """As Orders.get."""
        return _order(self._item(client, id_))

    def list(self, client: str, *, before: str = "", limit: int = 50) -> Page[Order]:
        """As Orders.list."""
        earlier = Condition("#sk < :before", {"before": before}) if before else None
        rows = self._table.query(f"orders#{client}", earlier, page=limit + 1, backwards=True)
        found = [_order(item) for item in islice(rows, limit + 1)]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def cancel(self, client: str, id_: str, now: datetime) -> Order:
        """As Orders.cancel."""
        for attempt in range(_TRIES):
            item = self._item(client, id_)
            order = cancelled(_order(item), now)
            try:
                unchanged = Condition("#body = :body", {"body": item["body"]})
                self._table.write(Put(_item(client, order), unchanged))
            except Lost:
                pause(attempt)
            else:
                return order
        raise self._busy()

    def close(self) -> None:
        """As Orders.close: the connections are everybody's."""

    def _item(self, client: str, id_: str) -> Item:
        item = self._table.get((f"orders#{client}", id_))
        if item is None:
            raise UnknownOrder(id_)
        return item

    def _created(self, client: str, key: str) -> Order | None:
        """The order with the *key*; None while it is being written."""
        named = self._table.get((f"order-keys#{client}", key))
        item = named and self._table.get((f"orders#{client}", str(named["id"])))
        return _order(item) if item else None

    def _busy(self) -> StoreUnavailable:
        return StoreUnavailable(f"dynamodb://{self._table.name}: too many write there at once")


def _item(client: str, order: Order) -> Item:
    return {"pk": f"orders#{client}", "sk": order.id, "body": encode(order).decode()}


def _order(item: Item) -> Order:
    return decode(str(item["body"]), type=Order)
