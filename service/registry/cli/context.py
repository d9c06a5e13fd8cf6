"""What every command needs: the registry, the time, and who is typing."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from service.config import registry_from_env
from service.registry.opening import open_at_start
from service.registry.registration import Registration
from service.registry.store import Actor, Store
from service.registry_settings import RegistrySettings

from .refusing import PROGRAM, Refused

_LONGEST = 64  # characters of a user's name
_PAGE = 1000


def settings() -> RegistrySettings:
    """Return what the environment says of the registry; Refused if nothing."""
    found = registry_from_env()
    if found is None:
        raise Refused(
            "CLIENT_REGISTRY is not set, expected sqlite:///PATH or dynamodb://TABLE",
            f"CLIENT_REGISTRY=sqlite:///.run/registry.sqlite {PROGRAM} list",
        )
    return found


def store() -> Store:
    """Return the registry's store, which is closed when the command ends."""
    opened = open_at_start(settings())
    click.get_current_context().call_on_close(opened.close)
    return opened


def registrations(kept: Store, organization: str = "") -> Iterator[Registration]:
    """Yield all registrations, or those of *organization*, in the order of their ids."""
    after = ""
    while True:
        page = kept.list(after=after, limit=_PAGE, organization=organization)
        yield from page.items
        if not page.next:
            return
        after = page.next


def now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def actor() -> Actor:
    """Return who is typing, as the system calls them; a container may know a number alone."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    if not name.isprintable() or not 0 < len(name) <= _LONGEST:
        name = str(os.getuid())
    return Actor(f"cli:{name}")
