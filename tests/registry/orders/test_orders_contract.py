"""What a store of orders does, over each of the backends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest

from service.orders.order import Item, NewOrder, Order, placed
from service.orders.store import Orders, UnknownOrder
from tests.unit.service.certs import NOW

WRITERS = 50
NEW = NewOrder((Item("A-1", 2),))


def order(number: int = 0, reference: str = "") -> Order:
    """One that is placed *number* milliseconds from now."""
    new = NewOrder(NEW.items, reference)
    return placed(new, NOW + timedelta(milliseconds=number))


def filled(orders: Orders, client: str, count: int) -> list[Order]:
    """*count* orders of *client*, the latest first."""
    made = [orders.create(client, f"key-{n}", order(n)) for n in range(count)]
    return made[::-1]


def paged(orders: Orders, client: str, limit: int, between: Callable[[], object]) -> list[Order]:
    found: list[Order] = []
    before = ""
    while True:
        page = orders.list(client, before=before, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        if page.next is None:
            return found
        before = page.next
        between()


def at_once(count: int, call: Callable[[int], Order]) -> list[Order]:
    """What *call* returns to each of *count* threads, which start together."""
    barrier = Barrier(count)

    def one(number: int) -> Order:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_an_order_is_read_as_it_was_created(orders: Orders) -> None:
    made = order(reference="é€🔑 'quoted' \"twice\"")
    assert orders.create("alice", "key", made) == made == orders.get("alice", made.id)
    assert orders.list("alice").items == [made]


def test_an_order_is_nobody_elses(orders: Orders) -> None:
    made = orders.create("alice", "key", order())
    for other in ("bob", "alic", "alice#", "alice-2", "", "ALICE", "alice%", "order"):
        with pytest.raises(UnknownOrder):
            orders.get(other, made.id)
        with pytest.raises(UnknownOrder):
            orders.cancel(other, made.id, NOW)
        assert orders.list(other).items == []
        assert orders.list(other).next is None
    assert orders.get("alice", made.id) == made


def test_what_is_not_there_is_unknown(orders: Orders) -> None:
    orders.create("alice", "key", order())
    for id_ in (order().id, "key", "%", "~"):
        with pytest.raises(UnknownOrder):
            orders.get("alice", id_)
        with pytest.raises(UnknownOrder):
            orders.cancel("alice", id_, NOW)


def test_a_key_is_of_one_order_whatever_comes_with_it(orders: Orders) -> None:
    first = orders.create("alice", "key", order())
    assert orders.create("alice", "key", order(1, "another")) == first
    assert orders.create("alice", "Key", order(2)) != first
    assert len(orders.list("alice").items) == 2


def test_a_key_of_one_client_is_nothing_to_another(orders: Orders) -> None:
    first, second = order(), order(1)
    assert orders.create("alice", "key", first) == first
    assert orders.create("bob", "key", second) == second
    assert orders.list("alice").items == [first]
    assert orders.list("bob").items == [second]


def test_fifty_who_create_with_one_key_have_one_order(orders: Orders) -> None:
    found = at_once(WRITERS, lambda n: orders.create("alice", "key", order(n, f"of {n}")))
    assert orders.list("alice").items == [found[0]]
    assert found == [found[0]] * WRITERS


def test_fifty_who_create_with_keys_of_their_own_have_fifty(orders: Orders) -> None:
    found = at_once(WRITERS, lambda n: orders.create("alice", f"key-{n}", order(n)))
    assert orders.list("alice", limit=WRITERS).items == found[::-1]


def test_pages_have_every_order_once_the_latest_first(orders: Orders) -> None:
    filled(orders, "bob", 3)
    made = filled(orders, "alice", 12)
    for limit in (1, 5, 6, 11, 12, 13, 100):
        assert paged(orders, "alice", limit, lambda: None) == made
    assert orders.list("alice", limit=12).next is None
    assert orders.list("alice", limit=11).next == made[10].id


def test_pages_have_what_was_there_once_while_orders_are_added(orders: Orders) -> None:
    made = filled(orders, "alice", 40)
    stop = Event()

    def add() -> int:
        count = 0
        while not stop.is_set():
            orders.create("alice", f"later-{count}", order(1000 + count))
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add)
        try:
            while len(orders.list("alice", limit=41).items) == 40:
                pass
            found = paged(orders, "alice", 3, lambda: orders.list("alice"))
        finally:
            stop.set()
        assert adding.result() > 0
    assert [one for one in found if one in made] == made
    assert len({one.id for one in found}) == len(found)


def test_a_cursor_is_a_place_in_ones_own_list_wherever_it_is_from(orders: Orders) -> None:
    made = filled(orders, "alice", 3)
    theirs = orders.create("bob", "key", order(1))
    expected = [one for one in made if one.id < theirs.id]
    assert orders.list("alice", before=theirs.id).items == expected
    assert 1 <= len(expected) <= 2
    assert orders.list("bob", before=made[0].id).items == [theirs]


def test_an_order_is_cancelled_and_stays_in_its_place(orders: Orders) -> None:
    made = filled(orders, "alice", 3)
    gone = orders.cancel("alice", made[1].id, NOW)
    assert (gone.status, gone.cancelled, gone.items) == ("cancelled", NOW, made[1].items)
    assert orders.get("alice", gone.id) == gone
    assert orders.list("alice").items == [made[0], gone, made[2]]
    assert orders.create("alice", "key-1", order(9)) == gone


def test_fifty_who_cancel_an_order_have_cancelled_it_once(orders: Orders) -> None:
    made = orders.create("alice", "key", order())
    found = at_once(WRITERS, lambda n: orders.cancel("alice", made.id, NOW + timedelta(seconds=n)))
    assert found == [orders.get("alice", made.id)] * WRITERS
