"""A client that calls too often: its bucket is one for all fronts, and so is the answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests import builders
from tests.builders import Holder
from tests.conftest import Pki
from tests.parity.differences import expected, without_added
from tests.parity.message import NAMES, TEST_CLIENT, Answer, Front, Request, unlike

ROWS = [
    Request("GET", "/whoami"),
    Request("HEAD", "/whoami", "HEAD"),
    Request("POST with a body", "/orders", "POST", (("Content-Type", "text/plain"),), b"x" * 9000),
    Request("a path that nobody has", "/nowhere"),
    Request("a scope that it has not", "/clients"),
]


@pytest.fixture(scope="module")
def eager(pki: Pki, registered: Mapping[str, Front]) -> Holder:
    """Who has called today."""
    client = builders.read(*pki.client("eager"))
    assert registered[NAMES[-1]].ask(ROWS[0], client).status == 200
    return client


def timeless(answer: Answer) -> Answer:
    """Without Retry-After, which counts down while the fronts are asked."""
    (seconds,) = answer.headers["retry-after"]
    assert 80_000 < int(seconds) <= 86_400
    return answer.with_header("retry-after", "later")


@pytest.mark.parametrize("request_", ROWS, ids=lambda row: row.name)
def test_every_front_gives_the_same_429(
    registered: Mapping[str, Front], eager: Holder, billing: Holder, request_: Request
) -> None:
    reference = timeless(registered[TEST_CLIENT].ask(request_, eager))
    assert reference.status == 429
    differences = {}
    for name in NAMES:
        wanted = expected(name, request_, reference)
        got = timeless(registered[name].ask(request_, eager))
        differences[name] = unlike(wanted, without_added(name, got, wanted))
    assert {name: what for name, what in differences.items() if what} == {}
    assert {registered[name].ask(request_, billing).status for name in NAMES} & {429} == set()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_public_is_not_counted_by_any_front(
    registered: Mapping[str, Front], eager: Holder, name: str
) -> None:
    assert registered[name].ask(Request("health", "/health"), eager).status == 200
