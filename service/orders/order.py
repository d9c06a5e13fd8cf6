"""An order, as a client asks for it and as it is kept. Pure."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from service.contract.constraints import text

ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
OrderId = Annotated[str, text(ID, at_most=36, about="of an order of yours")]
Moment = Annotated[datetime, Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of one thing."""

    sku: Annotated[str, text("[A-Za-z0-9][A-Za-z0-9._-]*", at_most=64)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


Items = Annotated[tuple[Item, ...], Meta(min_length=1, max_length=100)]
Reference = Annotated[str, text(at_most=100, about="what you call it")]


class NewOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client wants."""

    items: Items
    reference: Reference = ""


class Order(Struct, frozen=True, kw_only=True):
    """What a client has ordered. cancelled: when, null = it is not."""

    id: str
    status: Literal["open", "cancelled"]
    items: Items
    reference: Reference
    created: Moment
    cancelled: Moment | None


def placed(new: NewOrder, now: datetime) -> Order:
    """Return the order for *new*."""
    return Order(
        id=_id(now),
        status="open",
        items=new.items,
        reference=new.reference,
        created=now,
        cancelled=None,
    )


def as_placed(order: Order) -> Order:
    """Return *order* as it was at first, whatever became of it."""
    return replace(order, status="open", cancelled=None)


def cancelled(order: Order, now: datetime) -> Order:
    """Return *order* cancelled: *now*, or when it was."""
    return order if order.cancelled else replace(order, status="cancelled", cancelled=now)


def is_for(order: Order, new: NewOrder) -> bool:
    """Whether *order* is what *new* asks for."""
    return (order.items, order.reference) == (new.items, new.reference)


def _id(now: datetime) -> str:
    """UUIDv7 (RFC 9562, 5.7): in the order of time, and nobody guesses the next one.

    To the microsecond: its twelve bits behind the milliseconds are the rest of the time (6.2,
    method 3), so that of two orders of one client the later one has the greater id.
    """
    milliseconds, rest = divmod((now - _EPOCH) // timedelta(microseconds=1), 1000)
    finer, chance = (rest << 12) // 1000, secrets.randbits(62)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | finer << 64 | 2 << 62 | chance))
