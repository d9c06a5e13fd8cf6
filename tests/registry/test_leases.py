"""Tokens that a process takes a few at a time, and what it does while nobody can be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from service.rate import Rate, Taken, take
from service.registry.leases import LEASE, OUTAGE, PAUSE, Leases
from service.registry.store import StoreUnavailable


@dataclass
class World:
    """A store of one bucket, the time, and what was logged."""

    now: float = 1e9
    full_at: float = 0.0
    down: bool = False
    asked: int = 0
    lines: list[str] = field(default_factory=list)

    def take(self, client: str, rate: Rate, now: float, wanted: int = 1) -> Taken:
        assert client == "a"
        self.asked += 1
        if self.down:
            raise StoreUnavailable("out of order")
        taken = take(self.full_at, rate, now, wanted)
        self.full_at = taken.full_at
        return taken

    def process(self) -> Leases:
        return Leases(self, self.lines.append, clock=lambda: self.now, now=lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


def passed(process: Leases, rate: Rate, times: int) -> int:
    return sum(process.wait("a", rate) == 0 for _ in range(times))


@pytest.mark.parametrize("rate", [Rate(1, 1), Rate(3, 4), Rate(20, 40), Rate(500, 100)], ids=str)
def test_four_processes_let_through_no_more_than_one_bucket_has(world: World, rate: Rate) -> None:
    processes = [world.process() for _ in range(4)]
    start, through, seconds = world.now, 0, 5.0
    while world.now < start + seconds:
        through += sum(process.wait("a", rate) == 0 for process in processes for _ in range(2))
        world.now += 0.002
    assert through <= rate.burst + rate.per_second * seconds + 1e-6
    # And not much less.
    assert through >= (rate.burst + rate.per_second * seconds) / 2


def test_who_calls_often_asks_the_store_seldom_and_who_calls_seldom_takes_one(
    world: World,
) -> None:
    process, rate = world.process(), Rate(100, 200)
    for _ in range(400):
        assert process.wait("a", rate) == 0
        world.now += 1 / 80
    assert world.asked <= 20
    world.now += 60
    before = world.full_at
    assert process.wait("a", rate) == 0
    assert world.full_at - max(before, world.now) == pytest.approx(1 / rate.per_second)


def test_a_lease_that_is_over_is_not_used(world: World) -> None:
    process, rate = world.process(), Rate(8, 8)
    assert passed(process, rate, 4) == 4  # of 1, 2 and 4
    world.now += LEASE
    asked = world.asked
    assert passed(process, rate, 1) == 1
    assert world.asked == asked + 1


def test_an_empty_bucket_is_not_asked_at_every_request(world: World) -> None:
    process, rate = world.process(), Rate(1 / 60, 2)
    assert passed(process, rate, 2) == 2
    assert process.wait("a", rate) == pytest.approx(60)
    asked = world.asked
    assert passed(process, rate, 50) == 0
    assert world.asked == asked
    world.now += 60 + PAUSE
    assert passed(process, rate, 2) == 1


def test_a_rate_that_was_raised_counts_at_once(world: World) -> None:
    process, slow = world.process(), Rate(1 / 86_400, 2)
    assert passed(process, slow, 3) == 2
    assert passed(process, Rate(10, 2), 3) == 1
    world.now += 1
    assert passed(process, Rate(10, 2), 3) == 2


def test_while_the_store_is_down_each_process_counts_alone_and_says_so_once(world: World) -> None:
    one, another, rate = world.process(), world.process(), Rate(1 / 60, 3)
    assert passed(one, rate, 9) == 3
    assert passed(another, rate, 9) == 0
    world.now += 70
    world.down = True
    # No request is let through unlimited, and none refused because nobody can count.
    assert [passed(process, rate, 9) for process in (one, another)] == [3, 3]
    asked = world.asked
    assert [passed(process, rate, 9) for process in (one, another)] == [0, 0]
    assert world.asked == asked
    told = [json.loads(line) for line in world.lines]
    assert [line["throttling"] for line in told] == ["each process alone"] * 2
    assert "out of order" in told[0]["problems"][0]


def test_when_the_store_is_back_all_count_together_again(world: World) -> None:
    process, rate = world.process(), Rate(1 / 60, 3)
    world.down = True
    assert passed(process, rate, 1) == 1
    world.down = False
    assert passed(process, rate, 9) == 2
    world.now += OUTAGE
    assert passed(process, rate, 9) == 3
    assert [json.loads(line)["throttling"] for line in world.lines] == [
        "each process alone",
        "all processes together",
    ]
