"""What is kept of a registry's answers, for how long, and who waits for whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.certificate import ClientCertificate
from service.registry import known
from service.registry.known import Known
from service.registry.registration import Registration, Status
from service.registry.store import Ambiguous, StoreUnavailable
from tests.unit.service.certs import leaf

BILLING = ClientCertificate.from_certificate(leaf(serial_number=1))
SHIPPING = ClientCertificate.from_certificate(leaf(serial_number=2))
REGISTERED = Registration("billing", "Example")
TTL = 30.0


class Scripted:
    """A store that says what it is told to say, and counts."""

    def __init__(self) -> None:
        self.answer: Registration | Exception | None = REGISTERED
        self.asked: list[str] = []
        self.seen: list[datetime] = []
        self.while_asked: Callable[[], object] = lambda: None

    def recognise(self, certificate: ClientCertificate) -> Registration | None:
        self.asked.append(certificate.serial_number)
        answer = self.answer
        self.while_asked()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def touch(self, _id: str, at: datetime) -> None:
        self.seen.append(at)


class World:
    def __init__(self) -> None:
        self.store = Scripted()
        self.now = 1000.0
        self.known = Known(self.store, TTL, lambda: self.now)  # type: ignore[arg-type]

    def find(self, certificate: ClientCertificate = BILLING) -> Registration | None:
        return self.known.find(certificate)


@pytest.fixture
def world() -> World:
    return World()


def test_the_store_is_asked_once_for_as_long_as_the_answer_is_kept(world: World) -> None:
    assert [world.find() for _ in range(3)] == [REGISTERED] * 3
    world.now += TTL - 0.001
    world.find()
    assert world.store.asked == ["1"]
    world.now += 0.001
    world.find()
    assert world.store.asked == ["1", "1"]


def test_each_certificate_has_its_own_answer(world: World) -> None:
    world.find()
    world.store.answer = None
    assert world.find(SHIPPING) is None
    assert world.find() == REGISTERED
    assert world.store.asked == ["1", "2"]


def test_the_time_is_counted_from_when_the_store_was_asked(world: World) -> None:
    """A change behind a slow answer would else be seen later than the TTL promises."""

    def slowly() -> None:
        world.now += 10

    world.store.while_asked = slowly
    world.find()
    world.now += TTL - 10
    world.store.answer = Registration("billing", "Example", status=Status.SUSPENDED)
    found = world.find()
    assert found is not None
    assert found.status is Status.SUSPENDED


def test_whoever_is_not_registered_is_asked_for_sooner(world: World) -> None:
    world.store.answer = None
    assert world.find() is None
    world.now += known.UNKNOWN_TTL - 0.001
    assert world.find() is None
    assert len(world.store.asked) == 1
    world.store.answer = REGISTERED
    world.now += 0.001
    assert world.find() == REGISTERED


def test_a_short_ttl_holds_for_the_unregistered_too() -> None:
    world = World()
    world.known = Known(world.store, 1.0, lambda: world.now)  # type: ignore[arg-type]
    world.store.answer = None
    world.find()
    world.now += 1.0
    world.find()
    assert len(world.store.asked) == 2


def test_a_clock_that_is_set_back_keeps_nothing(world: World) -> None:
    world.find()
    world.now -= 3600
    world.find()
    assert len(world.store.asked) == 2


def test_that_two_clients_match_is_kept_as_well(world: World) -> None:
    world.store.answer = Ambiguous("the clients one and two both match")
    for _ in range(2):
        with pytest.raises(Ambiguous, match="one and two"):
            world.find()
    assert len(world.store.asked) == 1


def test_who_is_kept_goes_on_without_the_store_and_nobody_else_does(world: World) -> None:
    world.find()
    world.store.answer = StoreUnavailable("no such file")
    with pytest.raises(StoreUnavailable):
        world.find(SHIPPING)
    world.now += TTL - 0.001
    assert world.find() == REGISTERED
    world.now += 0.001
    with pytest.raises(StoreUnavailable, match="no such file"):
        world.find()


def test_a_store_that_fails_is_not_asked_by_everybody(world: World) -> None:
    world.store.answer = StoreUnavailable("it hangs")
    for certificate in (BILLING, SHIPPING, BILLING):
        with pytest.raises(StoreUnavailable, match="it hangs"):
            world.find(certificate)
    assert world.store.asked == ["1"]
    world.now += known.PAUSE
    world.store.answer = REGISTERED
    assert world.find() == REGISTERED
    assert world.find(SHIPPING) == REGISTERED


def test_what_one_answer_is_broken_by_is_no_outage(world: World) -> None:
    world.store.answer = KeyError("organization")
    with pytest.raises(KeyError):
        world.find()
    assert world.known.health() == {"state": "ok"}
    world.store.answer = REGISTERED
    assert world.find() == REGISTERED


def test_health_says_since_when_the_store_does_not_answer(world: World) -> None:
    assert world.known.health() == {"state": "ok"}
    world.store.answer = StoreUnavailable("no such file")
    with pytest.raises(StoreUnavailable):
        world.find()
    said = world.known.health()
    assert said["state"] == "unavailable"
    since = datetime.fromisoformat(said["since"])
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=1)
    assert world.known._failure is not None
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    world.known._failure = replace(world.known._failure, since=long_ago)
    world.now += known.PAUSE
    with pytest.raises(StoreUnavailable):
        world.find()
    assert world.known.health() == {"state": "unavailable", "since": "2026-01-01T00:00:00Z"}
    world.now += known.PAUSE
    world.store.answer = None
    world.find()
    assert world.known.health() == {"state": "ok"}


def test_many_threads_ask_once_for_one_certificate(world: World) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asking.set()
        assert go_on.wait(20)

    world.store.while_asked = hang
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(world.find)
        assert asking.wait(20)
        rest = [pool.submit(world.find) for _ in range(7)]
        assert not any(one.done() for one in [first, *rest])
        go_on.set()
        assert [one.result(20) for one in [first, *rest]] == [REGISTERED] * 8
    assert world.store.asked == ["1"]


def test_nobody_waits_for_the_lookup_of_another_certificate(world: World) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asking.set()
        assert go_on.wait(20)

    world.store.while_asked = hang
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.find)
        assert asking.wait(20)
        world.store.while_asked = lambda: None
        assert world.find(SHIPPING) == REGISTERED
        assert not first.done()
        go_on.set()
        assert first.result(20) == REGISTERED


def test_those_who_waited_are_told_that_the_store_failed(world: World) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asking.set()
        assert go_on.wait(20)

    world.store.while_asked, world.store.answer = hang, StoreUnavailable("it hangs")
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(world.find)]
        assert asking.wait(20)
        futures += [pool.submit(world.find) for _ in range(3)]
        go_on.set()
        failed = [one.exception(20) for one in futures]
    assert [type(one) for one in failed] == [StoreUnavailable] * 4
    assert world.store.asked == ["1"]


def test_no_more_is_kept_than_there_is_room_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "SIZE", 2)
    third = ClientCertificate.from_certificate(leaf(serial_number=3))
    for certificate in (BILLING, SHIPPING, third):
        world.find(certificate)
    assert world.store.asked == ["1", "2", "3"]
    world.find(third)
    world.find(SHIPPING)
    assert world.store.asked == ["1", "2", "3"]
    world.find()
    assert world.store.asked == ["1", "2", "3", "1"]


def test_that_a_client_was_seen_is_noted_once_an_hour(world: World) -> None:
    world.find()
    world.now += TTL
    world.find()
    world.find(SHIPPING)
    assert len(world.store.asked) == 3
    assert len(world.store.seen) == 1


def test_a_client_that_another_process_saw_this_hour_is_not_noted_again(world: World) -> None:
    now = datetime.now(UTC)
    world.store.answer = Registration("billing", "Example", last_seen=now - timedelta(minutes=59))
    world.find()
    assert world.store.seen == []
    world.now += TTL
    world.store.answer = Registration("billing", "Example", last_seen=now - timedelta(minutes=61))
    world.find()
    assert len(world.store.seen) == 1


def test_nobody_is_seen_who_is_not_registered(world: World) -> None:
    world.store.answer = None
    world.find()
    assert world.store.seen == []
