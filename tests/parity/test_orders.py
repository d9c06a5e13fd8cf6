"""/orders by every front: one order, one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.orders.opening import open_orders
from service.orders.order import Item, Order
from tests import builders
from tests.builders import Holder
from tests.conftest import Pki
from tests.e2e.vectors import Cast
from tests.parity.differences import expected, without_added
from tests.parity.message import NAMES, TEST_CLIENT, Answer, Front, Headers, Request, unlike

_JSON = ("Content-Type", "application/json")
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_NEW = {"items": [{"sku": "A-1", "quantity": 2}], "reference": "é€🔑"}
#: Well formed, and nobody's.
_NOBODYS = "01900000-0000-7000-8000-00000000ffff"


def _id(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"


#: billing's are 0 to 4, alice's are 10 to 12.
_BILLINGS, _ALICES = range(5), range(10, 13)
_MINE, _GONE, _HERS = _id(1), _id(2), _id(11)


@dataclass(frozen=True)
class Row:
    """A request of billing, and the status that it gets by every front."""

    status: int
    request: Request


def _create(
    status: int, name: str, new: Any = _NEW, key: str | None = None, *more: tuple[str, str]
) -> Row:
    """*key*: without one, the name's own; "" = none at all."""
    sent = name.replace(" ", "-") if key is None else key
    headers: Headers = (*((("Idempotency-Key", sent),) if sent else ()), *(more or (_JSON,)))
    body = new if isinstance(new, bytes) else json.dumps(new).encode()
    return Row(status, Request(f"create: {name}", "/orders", "POST", headers, body))


def _ask(status: int, target: str, method: str = "GET", *headers: tuple[str, str]) -> Row:
    name = "+".join(value for _, value in headers)
    return Row(status, Request(f"{method} {target} {name}", target, method, headers))


#: The rows that change something come first, and what they do is done once, whoever asks again.
ROWS = [
    _create(201, "an order"),
    _create(201, "an order again", key="an-order"),
    _create(201, "spelled otherwise", json.dumps(_NEW, indent=2).encode(), "an-order"),
    _create(422, "another with its key", {"items": [{"sku": "B", "quantity": 1}]}, "an-order"),
    _create(201, "a key in quotes", key='"8e03978e-40d5-43dd-bc93-6894a57f9324"'),
    _create(201, "blanks around its key", key="  an-order  "),
    _create(201, "with charset", _NEW, None, ("Content-Type", "application/json; charset=utf-8")),
    _create(422, "no key", key=""),
    _create(422, "a key with a blank", key="a b"),
    _create(422, "a key with a comma", key="a,b"),
    _create(422, "a long key", key="x" * 101),
    _create(422, "nothing in it", {}),
    _create(422, "every mistake", {"items": [{"sku": "", "quantity": 0, "x": 1}, 1], "client": 1}),
    _create(422, "whose it is", {**_NEW, "client": "alice"}),
    _create(422, "no object", [_NEW]),
    _create(400, "no JSON", b"{"),
    _create(400, "no body", b""),
    _create(400, "a name twice", b'{"items": [], "items": []}'),
    _create(415, "text", _NEW, None, ("Content-Type", "text/plain")),
    _create(415, "compressed", _NEW, None, _JSON, ("Content-Encoding", "br")),
    _ask(200, f"/orders/{_GONE}/cancel", "POST"),
    _ask(404, f"/orders/{_NOBODYS}/cancel", "POST"),
    _ask(404, f"/orders/{_HERS}/cancel", "POST"),
    _ask(422, "/orders/x/cancel", "POST"),
    _ask(200, f"/orders/{_MINE}"),
    _ask(200, f"/orders/{_MINE}", "HEAD"),
    _ask(200, f"/orders/{_GONE}"),
    _ask(404, f"/orders/{_NOBODYS}"),
    _ask(404, f"/orders/{_HERS}"),
    _ask(404, f"/orders/{_HERS}", "GET", ("X-Client-Id", "alice")),
    _ask(404, f"/orders/{_HERS}", "GET", ("Authorization", "Bearer alice")),
    _ask(422, f"/orders/{_MINE.upper()}".replace("0", "A")),
    _ask(422, f"/orders/{_MINE}%20"),
    _ask(404, f"/orders/{_MINE}/"),
    _ask(404, "/orders/"),
    _ask(200, "/orders"),
    _ask(200, "/orders?limit=2"),
    _ask(200, f"/orders?limit=2&cursor={_id(3)}"),
    _ask(200, f"/orders?cursor={_id(0)}"),
    _ask(200, f"/orders?cursor={_HERS}"),
    _ask(422, "/orders?cursor=x"),
    _ask(422, "/orders?limit=0"),
    _ask(422, "/orders?limit=1.5"),
    _ask(422, "/orders?limit=%31%30%31"),
    _ask(422, "/orders?client=alice"),
    _ask(405, "/orders", "DELETE"),
    _ask(405, f"/orders/{_MINE}", "PUT"),
    _ask(405, f"/orders/{_MINE}/cancel"),
    _ask(200, "/orders", "OPTIONS"),
]


@pytest.fixture(scope="module", autouse=True)
def kept(registry: str) -> None:
    """Orders of both clients."""
    orders = open_orders(registry)
    for client, numbers in (("billing", _BILLINGS), ("alice", _ALICES)):
        for number in numbers:
            order = Order(
                id=_id(number),
                status="open",
                items=(Item("A-1", number + 1),),
                reference=f"{client}'s",
                created=_AT + timedelta(seconds=number),
                cancelled=None,
            )
            orders.create(client, f"kept-{number}", order)


@pytest.fixture(scope="module")
def references(registered: Mapping[str, Front], billing: Holder) -> Mapping[str, Answer]:
    """What the test client answers, by the name of the request."""
    front = registered[TEST_CLIENT]
    return {row.request.name: front.ask(row.request, billing) for row in ROWS}


def test_the_names_of_the_rows_are_unique() -> None:
    assert len({row.request.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request.name)
def test_every_front_gives_the_same_answer(
    registered: Mapping[str, Front],
    billing: Holder,
    references: Mapping[str, Answer],
    row: Row,
) -> None:
    reference = references[row.request.name]
    assert reference.status == row.status, reference.body
    assert b"alice's" not in reference.body
    differences = {}
    for name in NAMES:
        wanted = expected(name, row.request, reference)
        got = without_added(name, registered[name].ask(row.request, billing), wanted)
        differences[name] = unlike(wanted, got)
    assert {name: what for name, what in differences.items() if what} == {}


@pytest.mark.parametrize("name", NAMES)
def test_each_client_has_its_own_orders_by_every_front(
    registered: Mapping[str, Front], billing: Holder, cast: Cast, name: str
) -> None:
    for holder, numbers in ((billing, _BILLINGS), (cast.other_client, _ALICES)):
        page = registered[name].ask(Request("list", "/orders?limit=100"), holder).json()
        found = {order["id"] for order in page["items"]} & {_id(number) for number in range(16)}
        assert found == {_id(number) for number in numbers}
    answer = registered[name].ask(Request("hers", f"/orders/{_HERS}"), cast.other_client)
    assert answer.status == 200


@pytest.mark.parametrize("name", NAMES)
def test_who_is_not_registered_has_none_by_any_front(
    registered: Mapping[str, Front], pki: Pki, name: str
) -> None:
    nobody = builders.read(*pki.client("nobody"))
    for row in (ROWS[0], _ask(403, "/orders"), _ask(403, f"/orders/{_MINE}")):
        answer = registered[name].ask(row.request, nobody)
        assert answer.status == 403
        assert answer.json()["type"] == "urn:problem-type:insufficient-scope"
