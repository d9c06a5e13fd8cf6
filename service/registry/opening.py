"""The store that CLIENT_REGISTRY names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.config import InvalidConfiguration
from service.registry_settings import RegistrySettings

from .store import Store, StoreUnavailable


def open_store(url: str) -> Store:
    """Return the store at *url*: sqlite:///PATH (four slashes: absolute) or dynamodb://TABLE.

    Raises StoreUnavailable where a file cannot be used, or there is no boto3 for a table, which is
    asked at the first lookup.
    """
    scheme, _, place = url.partition("://")
    if scheme == "dynamodb":
        from .dynamodb import DynamoDbStore  # noqa: PLC0415
        from .dynamodb_table import DynamoDbTable  # noqa: PLC0415

        return DynamoDbStore(DynamoDbTable(place))
    from .sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(place.removeprefix("/"))


def open_at_start(settings: RegistrySettings) -> Store:
    """As open_store; a store that cannot be used is a fault of the configuration."""
    with at_start(settings):
        return open_store(settings.url)


@contextmanager
def at_start(settings: RegistrySettings) -> Iterator[None]:
    """Raise InvalidConfiguration where what *settings* name cannot be used."""
    try:
        yield
    except StoreUnavailable as error:
        told = f"CLIENT_REGISTRY is {settings.url!r}; {error}"
        if error.hint:
            raise InvalidConfiguration(told, error.hint) from error
        raise InvalidConfiguration(told) from error
