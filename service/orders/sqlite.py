"""Orders in the file that has the registry, or in one of their own."""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Connection

from msgspec.json import decode, encode

from service.contract.paging import Page
from service.registry.sqlite_file import SqliteFile
from service.registry.sqlite_schema import Schema

from .order import Order, cancelled
from .store import UnknownOrder

_SCHEMA = Schema(
    part="orders",
    steps=(
        (
            (
                "CREATE TABLE orders (client TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL,"
                " body BLOB NOT NULL, PRIMARY KEY (client, id)) WITHOUT ROWID"
            ),
            "CREATE UNIQUE INDEX orders_by_key ON orders (client, key)",
        ),
    ),
)
_AFTER = "~"  # behind every id


class SqliteOrders:
    """Orders in the file *path*; its table is made if it is not there."""

    def __init__(self, path: str) -> None:
        self._file = SqliteFile(path, _SCHEMA)

    def create(self, client: str, key: str, order: Order) -> Order:
        """As Orders.create: the index lets one order have the key."""
        with self._file.asking(), self._file.changing() as connection:
            connection.execute(
                "INSERT INTO orders (client, id, key, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (client, key) DO NOTHING",
                (client, order.id, key, encode(order)),
            )
            (body,) = connection.execute(
                "SELECT body FROM orders WHERE client = ? AND key = ?", (client, key)
            ).fetchone()
        return decode(body, type=Order)

    def get(self, client: str, id_: str) -> Order:
        """As Orders.get."""
        with self._file.asking(), self._file.connection() as connection:
            return _get(connection, client, id_)

    def list(self, client: str, *, before: str = "", limit: int = 50) -> Page[Order]:
        """As Orders.list."""
        with self._file.asking(), self._file.connection() as connection:
            rows = connection.execute(
                "SELECT body FROM orders WHERE client = ? AND id < ? ORDER BY id DESC LIMIT ?",
                (client, before or _AFTER, limit + 1),
            ).fetchall()
        found = [decode(body, type=Order) for (body,) in rows[:limit]]
        return Page(found, found[-1].id if len(rows) > limit else None)

    def cancel(self, client: str, id_: str, now: datetime) -> Order:
        """As Orders.cancel."""
        with self._file.asking(), self._file.changing() as connection:
            order = cancelled(_get(connection, client, id_), now)
            connection.execute(
                "UPDATE orders SET body = ? WHERE client = ? AND id = ?",
                (encode(order), client, id_),
            )
        return order

    def close(self) -> None:
        """As Orders.close: this thread's connection; those of others go with their threads."""
        self._file.close()


def _get(connection: Connection, client: str, id_: str) -> Order:
    row = connection.execute(
        "SELECT body FROM orders WHERE client = ? AND id = ?", (client, id_)
    ).fetchone()
    if row is None:
        raise UnknownOrder(id_)
    return decode(row[0], type=Order)
