from datetime import timedelta
from uuid import RFC_4122, UUID

import msgspec

from service.orders.order import (
    ID,
    Item,
    NewOrder,
    OrderId,
    as_placed,
    cancelled,
    is_for,
    placed,
)
from tests.unit.service.certs import NOW

NEW = NewOrder((Item("A-1", 2),), "spring")


def test_an_order_is_what_was_asked_for_and_open() -> None:
    order = placed(NEW, NOW)
    assert (order.items, order.reference, order.status) == (NEW.items, "spring", "open")
    assert (order.created, order.cancelled) == (NOW, None)
    assert is_for(order, NEW)


def test_another_item_number_or_reference_is_another_order() -> None:
    order = placed(NEW, NOW)
    for other in (
        NewOrder((Item("A-1", 3),), "spring"),
        NewOrder((Item("A-2", 2),), "spring"),
        NewOrder((*NEW.items, *NEW.items), "spring"),
        NewOrder(NEW.items, "summer"),
    ):
        assert not is_for(order, other)


def test_an_order_is_cancelled_once() -> None:
    order = cancelled(placed(NEW, NOW), NOW)
    assert (order.status, order.cancelled) == ("cancelled", NOW)
    assert cancelled(order, NOW + timedelta(days=1)) == order


def test_what_an_order_was_at_first_can_be_told_when_it_is_cancelled() -> None:
    order = placed(NEW, NOW)
    assert as_placed(cancelled(order, NOW)) == order != cancelled(order, NOW)


def test_ids_are_of_version_7_and_in_the_order_of_time() -> None:
    ids = [placed(NEW, NOW + timedelta(microseconds=n)).id for n in range(2000)]
    assert ids == sorted(ids)
    for id_ in ids:
        assert msgspec.convert(id_, OrderId) == id_ == str(UUID(id_))
        assert (UUID(id_).version, UUID(id_).variant) == (7, RFC_4122)
    at = int(NOW.timestamp() * 1000)
    assert UUID(ids[1000]).int >> 80 == at + 1


def test_two_orders_of_one_moment_have_two_ids() -> None:
    ids = {placed(NEW, NOW).id for _ in range(1000)}
    assert len(ids) == 1000
    assert len({id_[14:] for id_ in ids}) == 1000


def test_an_id_is_lower_case_and_of_nothing_else() -> None:
    assert ID.startswith("[0-9a-f]{8}-")
    for wrong in ("", "x", placed(NEW, NOW).id.upper(), placed(NEW, NOW).id + "\n"):
        try:
            msgspec.convert(wrong, OrderId)
        except msgspec.ValidationError:
            continue
        raise AssertionError(wrong)
