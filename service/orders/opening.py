"""The store of orders, where CLIENT_REGISTRY says: beside the registry."""

from __future__ import annotations

from .store import Orders


def open_orders(url: str) -> Orders:
    """Return the orders at *url*: sqlite:///PATH (four slashes: absolute) or dynamodb://TABLE.

    Raises StoreUnavailable where a file cannot be used, or there is no boto3 for a table, which is
    asked at the first order.
    """
    scheme, _, place = url.partition("://")
    if scheme == "dynamodb":
        from service.registry.dynamodb_table import DynamoDbTable  # noqa: PLC0415

        from .dynamodb import DynamoDbOrders  # noqa: PLC0415

        return DynamoDbOrders(DynamoDbTable(place))
    from .sqlite import SqliteOrders  # noqa: PLC0415

    return SqliteOrders(place.removeprefix("/"))
