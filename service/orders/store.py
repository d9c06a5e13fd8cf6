"""What a store of orders does, whatever keeps it; the contract suite holds both to it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from service.contract.paging import Page

from .order import Order


class UnknownOrder(LookupError):
    """The client has no order of that id; others may."""


class Orders(Protocol):
    """Orders by client: nothing is found, or changed, without the id of the client whose it is.

    Every method raises registry.store.StoreUnavailable where the store cannot be asked.
    """

    def create(self, client: str, key: str, order: Order) -> Order:
        """Keep *order* under the client's *key*; return it, or what is under that key already."""

    def get(self, client: str, id_: str) -> Order:
        """Return the client's order; raises UnknownOrder."""

    def list(self, client: str, *, before: str = "", limit: int = 50) -> Page[Order]:
        """Return the client's orders from the latest on, those before the id *before*."""

    def cancel(self, client: str, id_: str, now: datetime) -> Order:
        """Cancel the client's order, unless it is; return it. Raises UnknownOrder."""

    def close(self) -> None:
        """Let go of what is held open."""
