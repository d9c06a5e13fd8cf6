"""A process that dies in the middle of a change, and a change that fails half way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from service.registry import dynamodb_keys
from service.registry.dynamodb import DynamoDbStore
from service.registry.dynamodb_table import Condition, DynamoDbTable, Item, Key, Lost
from service.registry.matcher import Matcher
from service.registry.sqlite import SqliteStore
from service.registry.store import MatchesOverlap, StoreUnavailable, UnknownRegistration
from stack.settings import ROOT
from tests.dynamodb import local
from tests.registry.made import ADMIN, BILLING, NOW, certificate, create, registration, uri

_DYING = """
import os, signal, sys
from dataclasses import replace
from service.registry import sqlite
from tests.registry.made import ADMIN, NOW, create, registration, uri

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

store = sqlite.SqliteStore(sys.argv[1])
setattr(sqlite, sys.argv[2], die)
if sys.argv[3] == "update":
    found = store.get("billing")
    store.update(replace(found, note="half", matchers=(uri("urn:half"),)), ADMIN, NOW)
elif sys.argv[3] == "delete":
    store.delete("billing", 1, ADMIN, NOW)
else:
    create(store, "half", uri("urn:half"))
"""
_WRITING = """
import sys
from dataclasses import replace
from service.registry.matcher import Matcher
from service.registry.sqlite import SqliteStore
from tests.registry.made import ADMIN, NOW, uri

store = SqliteStore(sys.argv[1])
found = store.get("billing")
while True:
    matchers = (uri(f"urn:version:{found.version + 1}"),)
    found = store.update(replace(found, matchers=matchers), ADMIN, NOW)
    print(found.version, flush=True)
"""


def _start(script: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "registry.sqlite")


@pytest.mark.parametrize(
    ("last_step", "change"),
    [
        ("_note", "update"),
        ("_note", "delete"),
        ("_note", "create"),
        ("_insert_matchers", "update"),
        ("_insert_matchers", "create"),
    ],
)
def test_who_dies_in_the_middle_of_a_change_has_not_made_it(
    path: str, last_step: str, change: str
) -> None:
    store = SqliteStore(path)
    before = create(store)
    with _start(_DYING, path, last_step, change) as child:
        assert child.wait() == -signal.SIGKILL
    for seen in (store, SqliteStore(path)):
        assert seen.list().items == [before]
        assert seen.recognise(certificate(BILLING)) == before
        assert seen.recognise(certificate("urn:half")) is None
        assert [entry.action for entry in seen.audit("billing").items] == ["create"]
        assert seen.audit("half").items == []
    assert store.update(replace(before, note="whole"), ADMIN, NOW).version == 2


def test_a_change_that_was_answered_is_there_whenever_its_process_dies(path: str) -> None:
    store = SqliteStore(path)
    create(store)
    for killed in range(1, 6):
        answered = 0
        with _start(_WRITING, path) as child:
            assert child.stdout is not None
            for line in child.stdout:
                answered = int(line)
                if answered % 20 >= 3 * killed:
                    os.kill(child.pid, signal.SIGKILL)
                    break
            # Of what it went on to write before it died, all is there or nothing.
            answered = max([answered, *map(int, child.stdout)])
        store = SqliteStore(path)
        found = store.get("billing")
        assert found.version in {answered, answered + 1}
        assert store.recognise(certificate(f"urn:version:{found.version}")) == found
        assert store.recognise(certificate(f"urn:version:{found.version - 1}")) is None
        entry = store.audit("billing", limit=1).items[0]
        assert entry.after == found


class Blind(DynamoDbTable):
    """Sees no claims when it looks for them, as if they were made at that moment."""

    def query(
        self, pk: str, sk: Condition | None = None, *, page: int = 0, backwards: bool = False
    ) -> Iterator[Item]:
        if sk is not None and sk.text.startswith("begins_with"):
            return iter(())
        return super().query(pk, sk, page=page, backwards=backwards)


def test_a_transaction_that_fails_at_its_last_step_leaves_nothing(dynamodb_url: str) -> None:
    table = local.table(dynamodb_url, local.make_table(dynamodb_url))
    store = DynamoDbStore(table)
    other = create(store, "other", uri())
    place, _ = dynamodb_keys.claim(uri().key)
    guard = table.get(dynamodb_keys.guard(place))

    blind = Blind(table.name, lambda _pid: local.client(dynamodb_url))
    hasty = DynamoDbStore(blind, patience=0)
    mine = registration("billing", uri("spiffe://elsewhere.org/billing"), uri())
    with pytest.raises(StoreUnavailable, match="others write there"):
        hasty.create(mine, ADMIN, NOW)

    with pytest.raises(UnknownRegistration):
        store.get("billing")
    assert store.list().items == store.list(organization="Example").items == [other]
    assert store.audit("billing").items == []
    assert store.recognise(certificate("spiffe://elsewhere.org/billing")) is None
    assert store.recognise(certificate(BILLING)) == other
    assert table.get(dynamodb_keys.guard(place)) == guard
    # The twin: with the one that is taken left out, all of it is there.
    made = hasty.create(replace(mine, matchers=mine.matchers[:1]), ADMIN, NOW)
    assert store.recognise(certificate("spiffe://elsewhere.org/billing")) == made


def test_whoever_looked_before_somebody_elses_change_looks_again(dynamodb_url: str) -> None:
    """The guard of a place: it has another revision than when the others were looked at."""
    table = local.table(dynamodb_url, local.make_table(dynamodb_url))
    store = DynamoDbStore(table)
    looks: list[Condition] = []

    class Slow(DynamoDbTable):
        def query(
            self, pk: str, sk: Condition | None = None, *, page: int = 0, backwards: bool = False
        ) -> Iterator[Item]:
            found = list(super().query(pk, sk, page=page, backwards=backwards))
            if sk is not None and not looks:
                looks.append(sk)
                create(store, "other", uri("spiffe://example.org/team/other"))
            return iter(found)

    slow = DynamoDbStore(Slow(table.name, lambda _pid: local.client(dynamodb_url)))
    with pytest.raises(MatchesOverlap, match="'other'"):
        create(slow, "all", Matcher.of("uri-prefix", "spiffe://example.org/team/"))
    assert len(looks) == 1
    assert [one.id for one in store.list().items] == ["other"]


def test_what_was_added_last_is_waited_for_before_the_others_are_looked_at(
    dynamodb_url: str,
) -> None:
    """Of a transaction that has just ended the guard may be seen, and its claims not yet."""
    asked: list[Sequence[Key]] = []

    class Unsettled(DynamoDbTable):
        def settle(self, keys: Sequence[Key]) -> None:
            asked.append(keys)
            if len(asked) == 1:
                raise Lost("a transaction is under way")
            super().settle(keys)

    table = Unsettled(local.make_table(dynamodb_url), lambda _pid: local.client(dynamodb_url))
    store = DynamoDbStore(table)
    create(store, "first")
    assert asked == []
    create(store, "second")
    assert asked == [[dynamodb_keys.claim(uri("spiffe://example.org/first").key)]] * 2
    assert [one.id for one in store.list().items] == ["first", "second"]
