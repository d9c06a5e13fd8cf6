"""One table of requests, every front: the answers are equal."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.builders import Holder
from tests.parity.differences import DIFFERENCES, Difference, expected, without_added
from tests.parity.message import NAMES, TEST_CLIENT, Answer, Front, Request, unlike
from tests.parity.table import REQUESTS

RULES = [row for row in DIFFERENCES if row.rule is not None]
ADDED = [row for row in DIFFERENCES if row.adds]


@pytest.fixture(scope="module")
def references(here: Mapping[str, Front], billing: Holder) -> Mapping[str, Answer]:
    """What the test client answers, by the name of the request."""
    return {request.name: here[TEST_CLIENT].ask(request, billing) for request in REQUESTS}


def found(front: Front, request: Request, client: Holder, reference: Answer) -> list[str]:
    wanted = expected(front.name, request, reference)
    return unlike(wanted, without_added(front.name, front.ask(request, client), wanted))


def test_the_table_is_large_and_names_are_unique() -> None:
    names = [request.name for request in REQUESTS]
    assert len(set(names)) == len(names) >= 80


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_every_front_gives_the_same_answer(
    every: Mapping[str, Front],
    billing: Holder,
    references: Mapping[str, Answer],
    request_: Request,
) -> None:
    reference = references[request_.name]
    fronts = [front for name, front in every.items() if name != TEST_CLIENT]
    assert len(fronts) == len(NAMES) - 1
    differences = {front.name: found(front, request_, billing, reference) for front in fronts}
    assert {name: what for name, what in differences.items() if what} == {}


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.id)
def test_every_difference_is_seen_in_an_answer_of_each_of_its_fronts(
    references: Mapping[str, Answer], row: Difference
) -> None:
    """The answers are equal with it, so without it they would not be."""
    for front in row.fronts:
        changed = [
            request.name
            for request in REQUESTS
            if expected(front, request, references[request.name])
            != _without(row, front, request, references[request.name])
        ]
        assert changed, front


@pytest.mark.parametrize("row", ADDED, ids=lambda row: row.id)
def test_what_a_front_adds_is_there(
    real: Mapping[str, Front], billing: Holder, row: Difference
) -> None:
    for front in row.fronts:
        answer = real[front].ask(Request("plain"), billing)
        assert row.adds <= set(answer.headers)


def _without(row: Difference, front: str, request: Request, reference: Answer) -> Answer:
    for other in DIFFERENCES:
        if other is not row and other.rule is not None and front in other.fronts:
            reference = other.rule(request, reference)
    return reference
