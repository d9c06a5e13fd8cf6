"""When the issuer's keys are asked for, and what counts while they cannot be had. No real clock."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

import pytest

from service.token_settings import DEFAULT_ALGORITHMS
from service.tokens.keys import KEPT, Keys, KeysUnavailable
from service.tokens.source import Document, Source, Unavailable
from tests.tokens import issuer
from tests.unit.service.token_rows import KEY, P384

ONE, TWO = issuer(one=KEY).jwks(), issuer(one=KEY, two=P384).jwks()
EVERY, TTL = 10.0, 300.0


@dataclass
class World:
    """The issuer, its keys as we have them, and the time."""

    data: bytes | str = ONE  #: text: why nothing comes
    asked: int = 0
    now: float = 1_000_000.0
    logged: list[dict[str, object]] = field(default_factory=list)
    is_slow: bool = False
    gate: threading.Event = field(default_factory=threading.Event)

    def fetch(self) -> Document:
        self.asked += 1
        if self.is_slow:
            assert self.gate.wait(30)
        if isinstance(self.data, str):
            raise Unavailable(self.data)
        return Document(self.data, TTL)

    def keys(self, *, stands_still: bool = False) -> Keys:
        source = Source(self.fetch, EVERY, self.is_slow)

        def log(text: str) -> None:
            self.logged.append(json.loads(text))

        return Keys(
            source, DEFAULT_ALGORITHMS, log, clock=lambda: self.now, stands_still=stands_still
        )


@pytest.fixture
def world() -> World:
    return World()


def kids(keys: Keys) -> list[str]:
    return [key.kid for key in keys.current().keys]


def test_they_are_fetched_once_and_kept_as_long_as_the_issuer_says(world: World) -> None:
    keys = world.keys()
    assert kids(keys) == kids(keys) == ["one"]
    world.now += TTL - 1
    world.data = TWO
    assert kids(keys) == ["one"]
    assert world.asked == 1
    world.now += 1
    assert kids(keys) == ["one", "two"]
    assert world.asked == 2


def test_the_same_document_stays_the_same_set(world: World) -> None:
    """So that what was checked with it stays checked."""
    keys = world.keys()
    first = keys.current()
    world.now += TTL
    assert keys.current() is first
    assert world.asked == 2


def test_an_unknown_kid_has_them_fetched_again_but_not_more_often_than_the_floor(
    world: World,
) -> None:
    keys = world.keys()
    known = keys.current()
    world.data = TWO
    world.now += EVERY - 0.1
    for _ in range(100):
        assert keys.newer(known) is known
    assert world.asked == 1
    world.now += 0.1
    assert [key.kid for key in keys.newer(known).keys] == ["one", "two"]
    assert world.asked == 2
    for _ in range(100):
        keys.newer(keys.current())
    assert world.asked == 2


def test_nobody_can_tell_of_an_unknown_kid_while_the_issuer_cannot_be_asked(world: World) -> None:
    keys = world.keys()
    known = keys.current()
    world.data = "refused"
    world.now += EVERY
    for _ in range(10):
        with pytest.raises(KeysUnavailable, match="refused"):
            keys.newer(known)
    assert world.asked == 2
    assert keys.current() is known  # who has a known kid goes on


def test_without_any_keys_there_is_no_answer(world: World) -> None:
    world.data = "refused"
    keys = world.keys()
    for _ in range(10):
        with pytest.raises(KeysUnavailable, match="refused"):
            keys.current()
    assert world.asked == 1
    world.data = ONE
    world.now += EVERY
    assert kids(keys) == ["one"]


def test_known_keys_go_on_for_an_hour_without_the_issuer_and_no_longer(world: World) -> None:
    keys = world.keys()
    keys.start()
    world.data = "refused"
    world.now += TTL + KEPT - 1
    assert kids(keys) == ["one"]
    assert keys.health() == {"state": "stale"}
    world.now += 1
    with pytest.raises(KeysUnavailable):
        keys.current()
    assert keys.health() == {"state": "unavailable"}
    world.data = ONE
    world.now += EVERY
    assert kids(keys) == ["one"]
    assert keys.health() == {"state": "fresh"}


@pytest.mark.parametrize("data", [b"{}", b"<html>", issuer().jwks(kty="oct")], ids=range(3))
def test_a_document_that_does_not_count_takes_no_key_away(world: World, data: bytes) -> None:
    keys = world.keys()
    known = keys.current()
    world.data = data
    world.now += TTL
    assert keys.current() is known
    assert keys.health() == {"state": "stale"}


def test_a_key_that_is_taken_back_is_gone_with_the_next_fetch(world: World) -> None:
    world.data = TWO
    keys = world.keys()
    assert kids(keys) == ["one", "two"]
    world.data = ONE
    world.now += TTL
    assert kids(keys) == ["one"]


def test_a_clock_that_is_set_back_makes_no_key_new(world: World) -> None:
    keys = world.keys()
    keys.current()
    world.now -= 3600
    keys.current()
    assert world.asked == 2


def test_requests_go_on_with_the_known_keys_while_new_ones_are_fetched(world: World) -> None:
    world.is_slow = True
    world.gate.set()
    keys = world.keys()
    keys.start()
    world.gate.clear()
    world.data = TWO
    world.now += TTL
    for _ in range(10):
        assert kids(keys) == ["one"]
    assert world.asked == 2
    world.gate.set()


def test_where_nothing_runs_between_requests_the_one_that_finds_them_due_waits(
    world: World,
) -> None:
    world.is_slow = True
    world.gate.set()
    keys = world.keys(stands_still=True)
    assert kids(keys) == ["one"]
    world.data = TWO
    world.now += TTL
    assert kids(keys) == ["one", "two"]


def test_fifty_requests_at_once_are_one_fetch(world: World) -> None:
    world.is_slow = True
    world.gate.set()
    keys, outcomes = world.keys(), []

    def ask() -> None:
        try:
            outcomes.append(kids(keys))
        except KeysUnavailable:  # enough wait already
            outcomes.append([])

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == 50
    assert world.asked == 1
    assert kids(keys) == ["one"]


def test_a_fetch_that_was_given_up_says_nothing_when_it_fails_at_last(world: World) -> None:
    late, first = threading.Event(), threading.Event()

    def fetch() -> Document:
        if not first.is_set():
            first.set()
            assert late.wait(30)
            raise Unavailable("too late")
        return Document(ONE, TTL)

    before = set(threading.enumerate())
    keys = Keys(
        Source(fetch, EVERY, is_slow=True),
        DEFAULT_ALGORITHMS,
        lambda text: world.logged.append(json.loads(text)),
        clock=lambda: world.now,
    )
    with pytest.raises(KeysUnavailable):
        keys.current()
    world.now += 1000
    assert kids(keys) == ["one"]
    late.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert keys.health() == {"state": "fresh"}
    assert [line["problems"] for line in world.logged] == [[]]


def test_a_fetch_that_crashes_is_one_that_failed(world: World) -> None:
    world.data = None  # type: ignore[assignment]
    keys = world.keys()
    with pytest.raises(KeysUnavailable, match="TypeError"):
        keys.current()


def test_the_log_tells_what_changes_and_nothing_twice(world: World) -> None:
    keys = world.keys()
    keys.current()
    world.now += TTL
    keys.current()
    assert [line["token_keys"] for line in world.logged] == [{"kids": ["one"], "left_out": []}]
    world.data = "refused"
    for _ in range(3):
        world.now += TTL
        keys.current()
    assert [line["problems"] for line in world.logged] == [[], ["refused"]]
