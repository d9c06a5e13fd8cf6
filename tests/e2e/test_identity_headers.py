"""Forged identity headers: nobody is ever taken for another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from stack.native import NativeStack
from tests import builders
from tests.builders import Files
from tests.conftest import Pki
from tests.e2e import vectors, wire
from tests.e2e.vectors import Vector
from tests.e2e.wire import Answer

Send = Callable[[NativeStack, Files | None, Vector], list[Answer]]
HTTP1, HTTP2 = vectors.load("http1"), vectors.load("http2")
HONEST_H1 = Vector("honest", "none", ("as-sender",), wire.WHOAMI.decode().replace("\r\n", "\n"))
HONEST_H2 = Vector(
    "honest", "none", ("as-sender",), "\n".join(f"{k}: {v}" for k, v in wire.whoami_h2())
)


def each(cases: list[Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="module")
def over_h1(pki: Pki, cast: vectors.Cast) -> Send:
    def send(stack: NativeStack, client: Files | None, vector: Vector) -> list[Answer]:
        context, raw = wire.tls(pki.ca, client), vector.as_bytes(cast.values)
        return wire.answers(wire.exchange(stack.settings.alb_port, context, raw))

    return send


@pytest.fixture(scope="module")
def over_h2(pki: Pki, cast: vectors.Cast, stranger: Files) -> Send:
    def send(stack: NativeStack, client: Files | None, vector: Vector) -> list[Answer]:
        context = wire.tls(pki.ca, client, alpn=["h2"])
        is_refused_anyway = client in {None, stranger}
        answer = wire.ask_h2(
            stack.settings.alb_port,
            context,
            *vector.as_headers(cast.values),
            patience=0.5 if is_refused_anyway else wire.PATIENCE,
        )
        return [] if answer is None else [answer]

    return send


def assert_as_expected(vector: Vector, got: list[Answer], sender: Files) -> None:
    fingerprint = fingerprint_of(sender)
    for answer in got:
        if answer.status == 200:
            assert answer.json()["fingerprint"] == fingerprint
    statuses = [answer.status for answer in got]
    if not statuses:
        outcome = "closed"
    else:
        outcome = "as-sender" if set(statuses) == {200} else str(statuses[0])
    assert outcome in vector.expect, got


def fingerprint_of(client: Files) -> str:
    return builders.read(client.pem, client.key).certificate.fingerprint(SHA256()).hex()


def assert_forgery_fails(
    stack: NativeStack, send: Send, vector: Vector, client: Files | None
) -> None:
    """Neither refused in other words than the honest request beside it, nor admitted."""
    for answer in send(stack, client, vector):
        assert answer.status in {400, 403, 404, 413, 414, 501, 505}, answer


@each(HTTP1)
def test_over_http1_a_forgery_never_changes_who_the_sender_is(
    stack: NativeStack, over_h1: Send, billing: Files, vector: Vector
) -> None:
    assert_as_expected(vector, over_h1(stack, billing, vector), billing)
    assert_as_expected(HONEST_H1, over_h1(stack, billing, HONEST_H1), billing)


@each(HTTP2)
def test_over_http2_a_forgery_never_changes_who_the_sender_is(
    stack: NativeStack, over_h2: Send, billing: Files, vector: Vector
) -> None:
    assert_as_expected(vector, over_h2(stack, billing, vector), billing)
    assert_as_expected(HONEST_H2, over_h2(stack, billing, HONEST_H2), billing)


@each(HTTP1)
def test_over_http1_a_forgery_lets_nobody_in(
    stack: NativeStack,
    over_h1: Send,
    stranger: Files,
    outsider: Files,
    alice: Files,
    vector: Vector,
) -> None:
    assert over_h1(stack, None, vector) == []
    assert over_h1(stack, stranger, vector) == []
    assert_forgery_fails(stack, over_h1, vector, outsider)
    assert_as_expected(HONEST_H1, over_h1(stack, alice, HONEST_H1), alice)


@each(HTTP2)
def test_over_http2_a_forgery_lets_nobody_in(
    stack: NativeStack,
    over_h2: Send,
    stranger: Files,
    outsider: Files,
    alice: Files,
    vector: Vector,
) -> None:
    assert over_h2(stack, None, vector) == []
    assert over_h2(stack, stranger, vector) == []
    assert_forgery_fails(stack, over_h2, vector, outsider)
    assert_as_expected(HONEST_H2, over_h2(stack, alice, HONEST_H2), alice)


@each(HTTP1)
def test_passthrough_over_http1_takes_nobody_for_another(
    passthrough_stack: NativeStack,
    over_h1: Send,
    billing: Files,
    stranger: Files,
    outsider: Files,
    vector: Vector,
) -> None:
    for client in (None, stranger, outsider):
        assert_forgery_fails(passthrough_stack, over_h1, vector, client)
    assert_as_expected(vector, over_h1(passthrough_stack, billing, vector), billing)


@each(HTTP2)
def test_passthrough_over_http2_takes_nobody_for_another(
    passthrough_stack: NativeStack,
    over_h2: Send,
    billing: Files,
    stranger: Files,
    outsider: Files,
    vector: Vector,
) -> None:
    for client in (None, stranger, outsider):
        assert_forgery_fails(passthrough_stack, over_h2, vector, client)
    assert_as_expected(vector, over_h2(passthrough_stack, billing, vector), billing)
