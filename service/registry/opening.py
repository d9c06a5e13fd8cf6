"""The store that CLIENT_REGISTRY names."""

from __future__ import annotations

from service.config import InvalidConfiguration
from service.registry_settings import RegistrySettings

from .store import Store, StoreUnavailable


def open_store(url: str) -> Store:
    """Return the store at *url*: sqlite:///PATH (four slashes: absolute) or dynamodb://TABLE.

    Raises StoreUnavailable where a file cannot be used; a table is asked at the first lookup.
    """
    _, _, place = url.partition("://")
    from .sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(place.removeprefix("/"))


def open_at_start(settings: RegistrySettings) -> Store:
    """As open_store; a store that cannot be used is a fault of the configuration."""
    try:
        return open_store(settings.url)
    except StoreUnavailable as error:
        told = f"CLIENT_REGISTRY is {settings.url!r}; {error}"
        if error.hint:
            raise InvalidConfiguration(told, error.hint) from error
        raise InvalidConfiguration(told) from error
