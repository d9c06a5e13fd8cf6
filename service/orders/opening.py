"""The store of orders, where CLIENT_REGISTRY says: beside the registry."""

from __future__ import annotations

from .store import Orders


def open_orders(url: str) -> Orders:
    """Return the orders at *url*: sqlite:///PATH (four slashes: absolute) or dynamodb://TABLE.

    Raises StoreUnavailable where a file cannot be used; a table is asked at the first order.
    """
    _, _, place = url.partition("://")
    from .sqlite import SqliteOrders  # noqa: PLC0415

    return SqliteOrders(place.removeprefix("/"))
