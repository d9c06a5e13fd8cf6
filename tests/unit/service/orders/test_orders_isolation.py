"""Bob, who may do whatever a client may, tries to get at what is alice's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.unit.service.certs import HEADER, as_alb_sends, leaf
from tests.unit.service.orders.calling import NEW, UNKNOWN, Caller

KEYS = ("key-0", "key-1", "key-2")
#: What somebody could take for the word on who is calling.
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"X-Client-Id": "alice"},
    {"X-Client": "alice", "X-Tenant": "alice", "X-Organization": "Alice"},
    {"Authorization": "Basic YWxpY2U6"},
    {"Authorization": "Bearer alice"},
    {"Cookie": "client=alice; session=alice"},
    {"From": "alice@example.org", "X-Forwarded-User": "alice", "X-Remote-User": "alice"},
    {"X-Amzn-Mtls-Clientcert-Subject": "CN=alice,O=Example"},
    {"X-Amzn-Mtls-Clientcert": as_alb_sends(leaf(subject="CN=alice,O=Example"))},
    {"X-HTTP-Method-Override": "GET", "X-Original-URL": "/orders", "X-Rewrite-URL": "/orders"},
)
FIELDS: tuple[dict[str, Any], ...] = (
    {"client": "alice"},
    {"client_id": "alice"},
    {"organization": "Alice"},
    {"id": UNKNOWN},
    {"key": "key-1"},
    {"pk": "orders#alice"},
    {"__class__": "alice"},
)


@pytest.fixture
def theirs(alice: Caller) -> list[dict[str, Any]]:
    """Alice's orders, the latest first."""
    for key in KEYS:
        alice.created(key, {**NEW, "reference": "alice's own"})
    found: list[dict[str, Any]] = alice.found("/orders")["items"]
    return found


def forged(id_: str) -> Iterator[str]:
    """Ways to write the id of an order."""
    yield id_
    yield id_.upper()
    yield id_.replace("-", "")
    yield f"%7B{id_}%7D"
    yield f"urn:uuid:{id_}"
    yield f"{id_}%00"
    yield f"{id_}%20"
    yield f"../alice/{id_}"
    yield f"..%2Falice%2F{id_}"
    yield f"alice%23{id_}"
    yield f"order%23{id_}"
    yield f"{id_}%27%20OR%20%271%27=%271"
    yield "%25"
    yield "*"


def leaks(answer: TestResponse) -> bool:
    return "alice's own" in answer.text or answer.status_code in {403, 500}


def unharmed(alice: Caller, theirs: list[dict[str, Any]]) -> bool:
    return alice.get("/orders").json == {"items": theirs, "next": None}


def test_an_order_of_another_is_as_one_of_nobody(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]]
) -> None:
    for order in theirs:
        for method, end in (("GET", ""), ("POST", "/cancel"), ("HEAD", "")):
            there = bob.ask(method, f"/orders/{order['id']}{end}")
            nowhere = bob.ask(method, f"/orders/{UNKNOWN}{end}")
            assert (there.status_code, there.data) == (nowhere.status_code, nowhere.data)
            assert list(there.headers) == list(nowhere.headers)
            assert there.status_code == 404
        assert alice.get(f"/orders/{order['id']}").json == order
    assert bob.get("/orders").json == {"items": [], "next": None}


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: "+".join(headers) or "none")
def test_no_header_makes_bob_alice(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]], headers: dict[str, str]
) -> None:
    for order in theirs:
        for method, end in (("GET", ""), ("POST", "/cancel")):
            answer = bob.ask(method, f"/orders/{order['id']}{end}", headers=headers)
            assert answer.status_code == 404
    answer = bob.ask("GET", "/orders", headers=headers)
    assert answer.json == {"items": [], "next": None}
    assert bob.create("key-1", **headers).status_code == 201
    assert len(bob.ids()) == 1
    assert unharmed(alice, theirs)


def test_no_way_to_write_an_id_leads_to_anothers_order(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]]
) -> None:
    for id_ in forged(theirs[1]["id"]):
        for method, end in (("GET", ""), ("POST", "/cancel")):
            answer = bob.ask(method, f"/orders/{id_}{end}")
            assert not leaks(answer), (method, id_)
            assert answer.status_code in {404, 422}, (method, id_)
    assert unharmed(alice, theirs)


def test_no_cursor_leads_into_the_list_of_another(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]]
) -> None:
    mine = bob.created("own")
    for cursor in (
        alice.found("/orders?limit=1")["next"],
        *forged(theirs[0]["id"]),
        *forged(mine["id"]),
        "~",
        "",
    ):
        for more in ("", "&limit=100", "&client=alice", "&organization=Alice", "&cursor="):
            answer = bob.get(f"/orders?cursor={cursor}{more}")
            assert not leaks(answer), (cursor, more)
            if answer.status_code == 200:
                assert answer.json in (
                    {"items": [mine], "next": None},
                    {"items": [], "next": None},
                ), cursor
            else:
                assert answer.status_code == 422
    assert unharmed(alice, theirs)


def test_a_key_of_another_is_not_known(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]]
) -> None:
    """Neither its order, nor that it was used, with the very same body or with another."""
    same = {**NEW, "reference": "alice's own"}
    for key, new in zip(KEYS, (same, NEW, same), strict=True):
        made = bob.created(key, new)
        assert made["id"] not in {order["id"] for order in theirs}
    assert len(bob.ids()) == 3
    assert unharmed(alice, theirs)
    assert alice.create("key-1", same).json == theirs[1]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: next(iter(field)))
def test_no_field_of_a_body_says_whose_an_order_is(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]], field: dict[str, Any]
) -> None:
    for new in ({**NEW, **field}, {"items": [{**NEW["items"][0], **field}]}):
        answer = bob.create("key-1", new)
        assert answer.status_code == 422
        assert not leaks(answer)
    for order in theirs:
        answer = bob.ask("POST", f"/orders/{order['id']}/cancel", json=field)
        assert answer.status_code == 404
    assert bob.ids() == []
    assert unharmed(alice, theirs)


def test_a_certificate_beside_ones_own_is_refused(
    alice: Caller, bob: Caller, theirs: list[dict[str, Any]]
) -> None:
    both = f"{bob.leaf},{alice.leaf}"
    for value in (both, quote(alice.leaf) + bob.leaf, bob.leaf + alice.leaf):
        answer = bob.ask("GET", f"/orders/{theirs[0]['id']}", headers={HEADER: value})
        assert answer.status_code in {400, 404}
    assert unharmed(alice, theirs)


def test_who_is_on_the_list_and_not_registered_gets_nowhere(
    app: Flask, alice: Caller, theirs: list[dict[str, Any]]
) -> None:
    """It has no id, so whatever was kept for one would be everybody's."""
    nobody = Caller(app, "nobody")
    assert nobody.get("/whoami").status_code == 200
    path = f"/orders/{theirs[0]['id']}"
    for answer in (
        nobody.create(),
        nobody.get("/orders"),
        nobody.get(path),
        nobody.ask("POST", f"{path}/cancel"),
    ):
        assert answer.status_code == 403
    assert unharmed(alice, theirs)


def test_what_bob_is_refused_alice_is_given(alice: Caller, theirs: list[dict[str, Any]]) -> None:
    """The same requests with her certificate: it was the certificate that decided."""
    path = f"/orders/{theirs[1]['id']}"
    assert alice.get(path).status_code == 200
    assert alice.ask("POST", f"{path}/cancel").status_code == 200
    assert alice.found("/orders?limit=1")["next"] == theirs[0]["id"]
