"""What the template promises, held against what SAM makes of it; broken templates break it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.packaging.template import (  # noqa: F401  (each adds its promises)
    access,
    alarms,
    callers,
    domain,
    encryption,
    function,
    logs,
    order,
    outputs,
    registry,
    revocation,
    truststore,
    watcher,
)
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.made import Made, made
from tests.packaging.template.promises import PROMISES, Promise, Twin
from tests.packaging.template.source import Job, transform

TWINS = [(promise, twin) for promise in PROMISES for twin in promise.twins]


@cache
def results() -> list[dict[str, Any]]:
    """What SAM makes of the template with every combination, and then of every twin."""
    jobs = [Job(given) for given in COMBINATIONS.values()]
    return transform(jobs + [Job(COMBINATIONS[t.combination], t.edits) for _, t in TWINS])


@cache
def combined() -> dict[str, Made]:
    made_of = zip(COMBINATIONS.items(), results(), strict=False)
    return {name: made(template, given) for (name, given), template in made_of}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_the_promise_is_kept_with_every_combination(promise: Promise) -> None:
    found = {name: list(promise.check(stack)) for name, stack in combined().items()}
    assert found == {name: [] for name in COMBINATIONS}


@pytest.mark.parametrize(
    ("promise", "twin"), TWINS, ids=[f"{promise.name}-{twin.fault}" for promise, twin in TWINS]
)
def test_a_template_that_breaks_it_is_caught(promise: Promise, twin: Twin) -> None:
    template = results()[len(COMBINATIONS) + TWINS.index((promise, twin))]
    stack = made(template, COMBINATIONS[twin.combination])
    assert list(promise.check(stack)) != []


def test_every_promise_has_a_twin_and_a_name_of_its_own() -> None:
    assert [promise.name for promise in PROMISES if not promise.twins] == []
    assert len({promise.name for promise in PROMISES}) == len(PROMISES) > 30
    assert len(COMBINATIONS) >= 10
