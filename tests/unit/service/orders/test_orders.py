"""/orders, asked by a client of its own orders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Config
from service.registry.store import StoreUnavailable
from tests.unit.service.orders.calling import ENV, NEW, UNKNOWN, Caller

WRITERS = 50
OTHER = {"items": [{"sku": "B-1", "quantity": 1}]}


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["type"].removeprefix("urn:problem-type:")


def places(answer: TestResponse) -> set[tuple[str, str]]:
    assert answer.json is not None
    return {(error["in"], error["pointer"]) for error in answer.json["errors"]}


def test_an_order_is_created_read_and_listed(alice: Caller) -> None:
    answer = alice.create()
    order = answer.json
    assert order is not None
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/orders/{order['id']}"
    assert {name: order[name] for name in NEW} == NEW
    assert (order["status"], order["cancelled"]) == ("open", None)
    assert set(order) == {*NEW, "id", "status", "created", "cancelled"}
    assert alice.get(answer.headers["Location"]).json == order
    assert alice.get("/orders").json == {"items": [order], "next": None}


def test_the_same_key_and_body_have_the_first_answer_again(alice: Caller) -> None:
    first = alice.create()
    spelled = '{"reference": "spring", "items": [{"quantity": 2.0, "sku": "A-1"}]}'
    headers = {"Idempotency-Key": "key-1", "Content-Type": "application/json"}
    for again in (alice.create(), alice.ask("POST", "/orders", headers=headers, data=spelled)):
        assert again.status_code == 201
        assert again.data == first.data
        assert again.headers["Location"] == first.headers["Location"]
    assert len(alice.ids()) == 1


def test_the_first_answer_is_given_again_when_the_order_is_cancelled(alice: Caller) -> None:
    first = alice.create()
    assert first.json is not None
    alice.ask("POST", f"/orders/{first.json['id']}/cancel")
    assert alice.create().data == first.data
    assert alice.found(f"/orders/{first.json['id']}")["status"] == "cancelled"


def test_the_same_key_and_another_body_are_refused_and_nothing_is_written(alice: Caller) -> None:
    first = alice.created()
    answer = alice.create(new=OTHER)
    assert problem(answer) == (422, "idempotency-key-reused")
    assert alice.get("/orders").json == {"items": [first], "next": None}


def test_another_key_is_another_order(alice: Caller) -> None:
    made = [alice.created(key)["id"] for key in ("key-1", "key-2", "KEY-1", '"key-1"')]
    assert len(set(made)) == 4
    assert alice.ids() == sorted(made, reverse=True)


def test_fifty_who_create_with_one_key_at_once_have_one_order(app: Flask) -> None:
    barrier = Barrier(WRITERS)

    def create(number: int) -> TestResponse:
        caller = Caller(app, "alice")
        barrier.wait()
        return caller.create(new=NEW if number % 2 else OTHER)

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(create, range(WRITERS)))
    bodies = {answer.data for answer in answers if answer.status_code == 201}
    refused = [problem(answer) for answer in answers if answer.status_code != 201]
    assert len(bodies) == 1
    assert refused == [(422, "idempotency-key-reused")] * (WRITERS // 2)
    assert len(Caller(app, "alice").ids()) == 1


def test_pages_lead_through_all_orders(alice: Caller) -> None:
    made = [alice.created(f"key-{n}")["id"] for n in range(5)]
    assert sorted(alice.ids()) == sorted(made)
    assert len(alice.found("/orders?limit=100")["items"]) == 5


def test_an_order_is_cancelled_and_cancelling_it_again_changes_nothing(alice: Caller) -> None:
    path = f"/orders/{alice.created()['id']}"
    first = alice.ask("POST", f"{path}/cancel")
    assert first.status_code == 200
    assert first.json is not None
    assert first.json["status"] == "cancelled"
    assert first.json["cancelled"] >= first.json["created"]
    assert alice.ask("POST", f"{path}/cancel").data == first.data == alice.get(path).data


@pytest.mark.parametrize(
    ("new", "faulty"),
    [
        ({}, {"/items"}),
        ({"items": []}, {"/items"}),
        ({"items": {}}, {"/items"}),
        ({"items": None}, {"/items"}),
        ({"items": [{}]}, {"/items/0/sku", "/items/0/quantity"}),
        ({"items": [{"sku": "A", "quantity": 0}]}, {"/items/0/quantity"}),
        ({"items": [{"sku": "A", "quantity": 1.5}]}, {"/items/0/quantity"}),
        ({"items": [{"sku": "A", "quantity": "1"}]}, {"/items/0/quantity"}),
        ({"items": [{"sku": "A", "quantity": True}]}, {"/items/0/quantity"}),
        ({"items": [{"sku": "A", "quantity": 10**30}]}, {"/items/0/quantity"}),
        ({"items": [{"sku": "", "quantity": 1}]}, {"/items/0/sku"}),
        ({"items": [{"sku": "a b", "quantity": 1}]}, {"/items/0/sku"}),
        ({"items": [{"sku": "A\n", "quantity": 1}]}, {"/items/0/sku"}),
        ({"items": [{"sku": "A" * 65, "quantity": 1}]}, {"/items/0/sku"}),
        ({"items": NEW["items"] * 101}, {"/items"}),
        ({"items": NEW["items"], "reference": "x" * 101}, {"/reference"}),
        ({"items": NEW["items"], "reference": "a\x1bb"}, {"/reference"}),
        ({"items": NEW["items"], "id": UNKNOWN}, {"/id"}),
        ({"items": NEW["items"], "status": "cancelled"}, {"/status"}),
        ({"items": NEW["items"], "a/b~c": 1}, {"/a~1b~0c"}),
        ([NEW], {""}),
        ("order", {""}),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else f"{value}"[:50],
)
def test_what_is_no_order_is_refused_and_told_where_and_not_written(
    alice: Caller, new: Any, faulty: set[str]
) -> None:
    answer = alice.create(new=new)
    assert problem(answer) == (422, "validation-failed")
    assert places(answer) == {("body", pointer) for pointer in faulty}
    assert alice.ids() == []
    assert alice.create().status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "a,b", "é", "x" * 101, "a\tb"])
def test_a_key_that_is_none_is_refused_and_nothing_is_written(alice: Caller, key: str) -> None:
    answer = alice.create(key)
    assert problem(answer) == (422, "validation-failed")
    assert places(answer) == {("header", "/Idempotency-Key")}
    assert alice.ids() == []


def test_an_order_without_a_key_is_refused(alice: Caller) -> None:
    answer = alice.ask("POST", "/orders", json=NEW)
    assert problem(answer) == (422, "validation-failed")
    assert places(answer) == {("header", "/Idempotency-Key")}


@pytest.mark.parametrize(
    ("headers", "data", "expected"),
    [
        ({"Content-Type": "text/plain"}, "{}", (415, "unsupported-media-type")),
        ({}, "{}", (415, "unsupported-media-type")),
        ({"Content-Type": "application/json"}, "{", (400, "malformed-json")),
        ({"Content-Type": "application/json"}, "", (400, "malformed-json")),
        ({"Content-Type": "application/json"}, b"\xff", (400, "malformed-json")),
        ({"Content-Type": "application/json"}, "1" * 401, (400, "malformed-json")),
        ({"Content-Type": "application/json"}, "null", (422, "validation-failed")),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    alice: Caller, headers: dict[str, str], data: str | bytes, expected: tuple[int, str]
) -> None:
    headers = {"Idempotency-Key": "key-1", **headers}
    assert problem(alice.ask("POST", "/orders", headers=headers, data=data)) == expected
    assert alice.ids() == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/orders?limit=0", ("query", "/limit")),
        ("/orders?limit=101", ("query", "/limit")),
        ("/orders?limit=x", ("query", "/limit")),
        ("/orders?limit=1&limit=2", ("query", "/limit")),
        ("/orders?cursor=x", ("query", "/cursor")),
        ("/orders?cursor=%00", ("query", "/cursor")),
        (f"/orders?cursor={UNKNOWN}x", ("query", "/cursor")),
        (f"/orders?cursor={UNKNOWN.upper()}%0A", ("query", "/cursor")),
        ("/orders?client=bob", ("query", "/client")),
        ("/orders/x", ("path", "/order_id")),
        ("/orders/%00", ("path", "/order_id")),
        (f"/orders/{UNKNOWN[:-1]}", ("path", "/order_id")),
    ],
)
def test_a_path_or_query_that_is_none_is_refused(
    alice: Caller, path: str, place: tuple[str, str]
) -> None:
    answer = alice.get(path)
    assert problem(answer) == (422, "validation-failed")
    assert places(answer) == {place}


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/cancel")])
def test_an_order_that_is_nobodys_is_not_found(alice: Caller, method: str, end: str) -> None:
    assert problem(alice.ask(method, f"/orders/{UNKNOWN}{end}")) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/orders"), ("PUT", f"/orders/{UNKNOWN}"), ("GET", "/x/cancel")]
)
def test_what_there_is_not_is_a_problem(alice: Caller, method: str, path: str) -> None:
    assert problem(alice.ask(method, path))[0] in {404, 405}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("alice", {"create", "read", "list", "cancel"}), ("reader", {"read", "list"}), ("new", set())],
)
def test_a_client_does_what_its_scopes_say(app: Flask, name: str, allowed: set[str]) -> None:
    """`new` is on the list and not registered, so nobody has given it a scope."""
    caller = Caller(app, name)
    asked = {
        "create": caller.create(),
        "read": caller.get(f"/orders/{UNKNOWN}"),
        "list": caller.get("/orders"),
        "cancel": caller.ask("POST", f"/orders/{UNKNOWN}/cancel"),
    }
    refused = {action for action, answer in asked.items() if answer.status_code == 403}
    assert set(asked) - refused == allowed
    for action in refused:
        assert problem(asked[action]) == (403, "insufficient-scope")


def test_a_store_that_cannot_be_asked_is_503_and_says_when_to_ask_again(
    app: Flask, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = alice.created()

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("the secret of the house")

    for name in ("create", "get", "list", "cancel"):
        monkeypatch.setattr(app.extensions["orders"], name, unavailable)
    path = f"/orders/{made['id']}"
    for answer in (
        alice.create("key-2"),
        alice.get(path),
        alice.get("/orders"),
        alice.ask("POST", f"{path}/cancel"),
    ):
        assert problem(answer) == (503, "store-unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "secret" not in answer.text
    monkeypatch.undo()
    assert alice.ids() == [made["id"]]


def test_who_is_known_is_told_503_while_the_file_is_away_and_goes_on_when_it_is_back(
    alice: Caller, url: str
) -> None:
    made = alice.created()
    path, away = (Path(url.removeprefix("sqlite:///") + end) for end in ("", ".away"))
    path.rename(away)
    for answer in (alice.create("key-2"), alice.get(f"/orders/{made['id']}")):
        assert problem(answer) == (503, "store-unavailable")
        assert answer.headers["Retry-After"] == "5"
    assert not path.exists()
    away.rename(path)
    assert alice.found(f"/orders/{made['id']}") == made
    assert alice.ids() == [made["id"]]


def test_without_a_registry_there_are_no_orders() -> None:
    caller = Caller(create_app(Config.from_env(ENV), log=lambda _: None), "alice")
    assert caller.get("/whoami").status_code == 200
    for answer in (caller.create(), caller.get("/orders"), caller.get(f"/orders/{UNKNOWN}")):
        assert problem(answer) == (404, "not-found")
