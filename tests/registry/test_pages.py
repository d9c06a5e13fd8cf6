"""Lists and trails, a page at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.registry.store import Store
from tests.registry.made import ADMIN, NOW, create, registration

IDS = ["a", "a-1", "a0", "b", "b-2", "c9", "z"]


def _make(store: Store) -> None:
    for number, id_ in enumerate(reversed(IDS)):
        made = replace(registration(id_), organization="Odd" if number % 2 else "Even")
        store.create(made, ADMIN, NOW)


def _ids(store: Store, limit: int, organization: str = "") -> list[list[str]]:
    pages, after = [], ""
    while True:
        page = store.list(after=after, limit=limit, organization=organization)
        pages.append([one.id for one in page.items])
        if not page.next:
            return pages
        after = page.next


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_together_are_all_clients_in_the_order_of_their_ids(store: Store, limit: int) -> None:
    _make(store)
    pages = _ids(store, limit)
    assert [id_ for page in pages for id_ in page] == IDS
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


def test_nobody_is_one_empty_page(store: Store) -> None:
    assert _ids(store, 10) == [[]]
    create(store)
    assert _ids(store, 10, "Nobody's") == [[]]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_an_organization_have_its_clients_alone(store: Store, limit: int) -> None:
    _make(store)
    assert [id_ for page in _ids(store, limit, "Even") for id_ in page] == IDS[::2]
    assert [id_ for page in _ids(store, limit, "Odd") for id_ in page] == IDS[1::2]
    assert _ids(store, limit, "even") == [[]]


def test_who_changes_the_organization_is_listed_with_the_new_one_alone(store: Store) -> None:
    stored = store.update(replace(create(store), organization="Other"), ADMIN, NOW)
    assert store.list(organization="Example").items == []
    assert store.list(organization="Other").items == [stored]
    assert store.list().items == [stored]


def test_a_page_goes_on_behind_one_who_is_gone_or_never_was(store: Store) -> None:
    _make(store)
    store.delete("b", 1, ADMIN, NOW)
    assert [one.id for one in store.list(after="b").items] == IDS[4:]
    assert [one.id for one in store.list(after="a1").items] == ["b-2", "c9", "z"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_of_a_trail_are_all_changes_the_latest_first(store: Store, limit: int) -> None:
    stored = create(store)
    for number in range(4):
        stored = store.update(replace(stored, note=str(number)), ADMIN, NOW)
    versions, before = [], ""
    while True:
        page = store.audit("billing", before=before, limit=limit)
        versions += [entry.after.version for entry in page.items if entry.after]
        before = page.next
        if not before:
            break
        assert len(page.items) == limit
    assert versions == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("before", ["x", "-1", "²", "9" * 40, "1 OR 1"])
def test_a_place_in_a_trail_that_is_none_is_its_end(store: Store, before: str) -> None:
    create(store)
    assert len(store.audit("billing", before=before).items) == 1
