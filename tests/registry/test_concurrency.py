"""Many at once, each with a store of its own: no change is lost, and nobody is let in twice."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from service.registry.matcher import Matcher, overlapping
from service.registry.sqlite import SqliteStore
from service.registry.store import (
    IdTaken,
    MatchesOverlap,
    Store,
    UnknownRegistration,
    VersionConflict,
)
from stack.settings import ROOT
from tests.registry.conftest import PATIENCE, Open
from tests.registry.made import ADMIN, BILLING, NOW, certificate, create, uri

MANY = 50


def add_a_note(store: Store, note: str) -> None:
    """As whoever answers a VersionConflict by looking again."""
    while True:
        found = store.get("billing")
        try:
            store.update(replace(found, note=f"{found.note} {note}"), ADMIN, NOW)
        except VersionConflict:
            continue
        return


def add_notes(path: str, notes: list[str]) -> None:
    """In a process of its own."""
    store = SqliteStore(path, patience=PATIENCE)
    for note in notes:
        add_a_note(store, note)


def at_once(open_another: Open, work: Callable[[Store, int], str]) -> Counter[str]:
    """What *work* answered, done MANY times at the same moment."""
    together = threading.Barrier(MANY)

    def one(number: int) -> str:
        store = open_another()
        together.wait()
        try:
            return work(store, number)
        except (IdTaken, MatchesOverlap, UnknownRegistration, VersionConflict) as refusal:
            return type(refusal).__name__
        finally:
            store.close()

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(one, range(MANY)))


def _nothing_was_lost(store: Store) -> None:
    found = store.get("billing")
    assert found.version == MANY + 1
    assert sorted(found.note.split()) == sorted(f"note-{number}" for number in range(MANY))
    entries = store.audit("billing").items
    after = [entry.after.version for entry in entries if entry.after]
    assert after == list(range(MANY + 1, 0, -1))
    assert all(later.before == earlier.after for later, earlier in pairwise(entries))
    assert store.recognise(certificate(BILLING)) == found


def test_of_fifty_writers_none_loses_a_change(store: Store, open_another: Open) -> None:
    create(store)

    def work(mine: Store, number: int) -> str:
        add_a_note(mine, f"note-{number}")
        return "done"

    assert at_once(open_another, work) == {"done": MANY}
    _nothing_was_lost(store)


def test_of_several_processes_none_loses_a_change(tmp_path: Path) -> None:
    path = str(tmp_path / "registry.sqlite")
    store = SqliteStore(path)
    create(store)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(5, mp_context=spawn) as pool:
        notes = [[f"note-{number}" for number in range(first, MANY, 5)] for first in range(5)]
        list(pool.map(add_notes, [path] * 5, notes))
    _nothing_was_lost(store)


_FORKING = """
import os, sys
from service.registry.sqlite import SqliteStore
from tests.registry.made import create
from tests.registry.test_concurrency import add_a_note

store = SqliteStore(sys.argv[1])
create(store)
children = []
assert vars(store._file._local)
for number in range(5):
    assert store.get("billing").id == "billing"
    child = os.fork()
    if child == 0:
        assert not vars(store._file._local), "a connection was carried over"
        for note in range(number, 50, 5):
            add_a_note(store, f"note-{note}")
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
assert store.get("billing").version == 51
"""


def test_of_processes_that_were_forked_from_one_none_loses_a_change(tmp_path: Path) -> None:
    """As gunicorn's workers are: no connection is carried into them."""
    path = str(tmp_path / "registry.sqlite")
    subprocess.run([sys.executable, "-c", _FORKING, path], cwd=ROOT, check=True)
    _nothing_was_lost(SqliteStore(path))


def test_of_fifty_who_want_the_same_matcher_one_gets_it(store: Store, open_another: Open) -> None:
    def work(mine: Store, number: int) -> str:
        create(mine, f"client-{number}", uri())
        return f"client-{number}"

    answers = at_once(open_another, work)
    assert answers.pop("MatchesOverlap") == MANY - 1
    (winner,) = answers
    assert [one.id for one in store.list().items] == [winner]
    assert store.recognise(certificate(BILLING)) == store.get(winner)
    refused = [f"client-{number}" for number in range(MANY) if f"client-{number}" != winner]
    assert [id_ for id_ in refused if store.audit(id_).items] == []


def test_of_fifty_who_want_the_same_id_one_gets_it(store: Store, open_another: Open) -> None:
    def work(mine: Store, number: int) -> str:
        create(mine, "billing", uri(f"{BILLING}/{number}"))
        return "created"

    assert at_once(open_another, work) == {"created": 1, "IdTaken": MANY - 1}
    (only,) = store.list().items
    recognised = [store.recognise(certificate(f"{BILLING}/{number}")) for number in range(MANY)]
    assert [one for one in recognised if one] == [only]
    assert len(store.audit("billing").items) == 1


def test_prefixes_and_what_is_below_them_are_never_both_there(
    store: Store, open_another: Open
) -> None:
    """No two of them have anything in common but what one certificate would match."""

    def work(mine: Store, number: int) -> str:
        place = f"spiffe://example.org/team-{number % 5}/"
        kinds = [Matcher.of("uri-prefix", place), uri(f"{place}a/{number}")]
        create(mine, f"client-{number}", kinds[number % 2])
        return "created"

    answers = at_once(open_another, work)
    there = store.list().items
    assert answers["created"] == len(there)
    assert answers.total() == MANY
    pairs = [(one, two) for one in there for two in there if one.id < two.id]
    assert [pair for pair in pairs if list(overlapping(pair[0].matchers, pair[1].matchers))] == []
    teams = {one.matchers[0].value.split("/")[3] for one in there}
    assert teams == {f"team-{number}" for number in range(5)}


def test_fifty_who_want_nothing_of_each_other_all_get_it(store: Store, open_another: Open) -> None:
    def work(mine: Store, number: int) -> str:
        create(mine, f"client-{number}")
        return "created"

    assert at_once(open_another, work) == {"created": MANY}
    assert len(store.list().items) == MANY


def test_of_fifty_who_delete_one_does(store: Store, open_another: Open) -> None:
    create(store)

    def work(mine: Store, _number: int) -> str:
        mine.delete("billing", 1, ADMIN, NOW)
        return "deleted"

    assert at_once(open_another, work) == {"deleted": 1, "UnknownRegistration": MANY - 1}
    assert [entry.action for entry in store.audit("billing").items] == ["delete", "create"]
    assert store.recognise(certificate(BILLING)) is None


def test_whoever_was_seen_by_many_was_changed_by_none(store: Store, open_another: Open) -> None:
    stored = create(store)

    def work(mine: Store, _number: int) -> str:
        mine.touch("billing", NOW)
        return "seen"

    assert at_once(open_another, work) == {"seen": MANY}
    found = store.get("billing")
    assert replace(found, last_seen=None) == stored
    assert len(store.audit("billing").items) == 1
