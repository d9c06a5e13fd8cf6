"""/orders, the example to copy: a client creates, reads, lists and cancels orders of its own.

Whose they are is what the registry says of the certificate, and nothing in the request: another
client's order is not found, as one that is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

from flask import Blueprint, current_app, url_for
from flask.sansio.blueprints import BlueprintSetupState

from service import problems
from service.authorization import requires
from service.contract.constraints import text
from service.contract.declared import Answer, Header, declared
from service.contract.paging import Page, Paging
from service.identity import current_client
from service.orders.opening import open_orders
from service.orders.order import ID, NewOrder, Order, OrderId, as_placed, is_for, placed
from service.orders.store import Orders, UnknownOrder
from service.problems import IdempotencyKeyReused, NotFound
from service.registry.opening import at_start
from service.registry.store import StoreUnavailable

RETRY_AFTER = 5  #: seconds
bp = Blueprint("orders", __name__, url_prefix="/orders")

#: Visible characters but the comma, which would join two headers to one (RFC 9110, 5.2).
IdempotencyKey = Annotated[
    str, Header("Idempotency-Key"), text(r"[!-+\--~]+", at_most=100, about="new for each order")
]


class Before(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page: a cursor is the id of an order, or empty."""

    cursor: Annotated[str, text(f"|{ID}", at_most=36, about="`next` of the page before")] = ""


@bp.record_once
def _open(state: BlueprintSetupState) -> None:
    registry = state.options["config"].registry
    with at_start(registry):
        state.app.extensions["orders"] = open_orders(registry.url)


@bp.post("")
@requires("orders:write")
@declared(
    status=201, headers=("Location",), problems=(IdempotencyKeyReused, problems.StoreUnavailable)
)
def create(body: NewOrder, idempotency_key: IdempotencyKey) -> Answer[Order]:
    """Create an order; asked again with the same key, give the first answer again."""
    with _orders() as orders:
        order = orders.create(_client(), idempotency_key, placed(body, _now()))
    if not is_for(order, body):
        raise IdempotencyKeyReused("another order was created with this Idempotency-Key")
    return Answer(as_placed(order), {"Location": url_for("orders.read", order_id=order.id)})


@bp.get("/<order_id>")
@requires("orders:read")
@declared(problems=(NotFound, problems.StoreUnavailable))
def read(order_id: OrderId) -> Order:
    """Read an order of yours."""
    with _orders() as orders:
        return orders.get(_client(), order_id)


@bp.get("")
@requires("orders:read")
@declared(problems=(problems.StoreUnavailable,))
def listing(query: Before) -> Page[Order]:
    """List your orders, the latest first."""
    with _orders() as orders:
        return orders.list(_client(), before=query.cursor, limit=query.limit)


@bp.post("/<order_id>/cancel")
@requires("orders:write")
@declared(problems=(NotFound, problems.StoreUnavailable))
def cancel(order_id: OrderId) -> Order:
    """Cancel an order of yours; once it is cancelled, asking again changes nothing."""
    with _orders() as orders:
        return orders.cancel(_client(), order_id, _now())


@contextmanager
def _orders() -> Iterator[Orders]:
    """Yield the store; what it raises becomes a problem."""
    try:
        yield current_app.extensions["orders"]
    except UnknownOrder as error:
        raise NotFound("you have no such order") from error
    except StoreUnavailable as error:
        current_app.logger.error("the orders cannot be asked: %s", error)  # noqa: TRY400
        raise problems.StoreUnavailable(headers={"Retry-After": str(RETRY_AFTER)}) from error


def _client() -> str:
    return current_client().id


def _now() -> datetime:
    return datetime.now(UTC)
