"""Scopes of tokens, and API keys, of registered clients: the same answer on every front."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from service.registry.api_keys import HEADER, generate
from tests.builders import Holder
from tests.e2e.vectors import Cast
from tests.parity.bearer import API_KEY, ISSUES
from tests.parity.message import ALB, GATEWAY, GATEWAY_2, TEST_CLIENT, Front, Request
from tests.parity.test_same_token import NAME, REMAPPED, differences

INSUFFICIENT = 'Bearer realm="api", error="insufficient_scope"'


def bearer(client: Holder, scope: str) -> Request:
    token = ISSUES.token(client.certificate, scope=scope)
    return Request(scope, "/bound-orders", headers=(("Authorization", f"Bearer {token}"),))


@pytest.mark.parametrize(
    ("scope", "left"),
    [("orders:read", b"orders:read"), ("clients:admin orders:read", b"orders:read")],
)
def test_the_scopes_that_both_grant_count_everywhere(
    registered: Mapping[str, Front], billing: Holder, scope: str, left: bytes
) -> None:
    request = bearer(billing, scope)
    answer = registered[TEST_CLIENT].ask(request, billing)
    assert (answer.status, answer.body) == (200, left)
    assert differences(registered, request, billing) == {}


def test_a_token_without_the_scope_gets_the_same_403_everywhere(
    registered: Mapping[str, Front], billing: Holder
) -> None:
    request = bearer(billing, "orders:write")
    answer = registered[TEST_CLIENT].ask(request, billing)
    assert (answer.status, answer.headers[NAME]) == (403, (INSUFFICIENT,))
    assert differences(registered, request, billing) == {}
    for front, name in ((ALB, NAME), (GATEWAY, REMAPPED), (GATEWAY_2, REMAPPED)):
        assert registered[front].ask(request, billing).headers[name] == (INSUFFICIENT,)


def keyed(*sent: str) -> Request:
    return Request("keyed", "/keyed", headers=tuple((HEADER, one) for one in sent))


def test_the_clients_own_key_is_let_in_everywhere(
    registered: Mapping[str, Front], billing: Holder
) -> None:
    answer = registered[TEST_CLIENT].ask(keyed(API_KEY), billing)
    assert (answer.status, answer.body) == (200, b"billing")
    assert differences(registered, keyed(API_KEY), billing) == {}


@pytest.mark.parametrize("sent", ["", "x", "another", "twice"])
def test_a_wrong_key_gets_the_same_403_everywhere(
    registered: Mapping[str, Front], billing: Holder, sent: str
) -> None:
    values = {"another": (generate(),), "twice": (API_KEY, generate())}.get(sent, (sent,))
    answer = registered[TEST_CLIENT].ask(keyed(*values), billing)
    assert (answer.status, answer.json()["type"]) == (403, "urn:problem-type:invalid-api-key")
    assert differences(registered, keyed(*values), billing) == {}


def test_another_clients_key_counts_on_no_front(
    registered: Mapping[str, Front], cast: Cast
) -> None:
    alice = cast.other_client
    for name, front in registered.items():
        assert front.ask(keyed(API_KEY), alice).status == 403, name
