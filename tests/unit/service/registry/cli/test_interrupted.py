"""An import that does not come to its end."""

from __future__ import annotations

from datetime import datetime

import pytest

from service.registry.cli import context
from service.registry.registration import Registration
from service.registry.sqlite import SqliteStore
from service.registry.store import Actor, Store
from tests.unit.service.registry.cli.command import Command, client, written


class OneByOne:
    """A store that cannot write many as one, and fails after *left* of them."""

    def __init__(self, store: SqliteStore, error: BaseException, left: int) -> None:
        self._store, self._error, self._left = store, error, left
        self.get, self.close = store.get, store.close

    def create(self, new: Registration, actor: Actor, now: datetime) -> Registration:
        if not self._left:
            raise self._error
        self._left -= 1
        return self._store.create(new, actor, now)


def test_after_an_interruption_an_import_that_is_said_again_goes_on(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [client(f"c{number}") for number in range(5)]
    path = written(command, *clients)
    url = command.env["CLIENT_REGISTRY"].removeprefix("sqlite:///")

    def interrupted() -> Store:
        return OneByOne(SqliteStore(url), KeyboardInterrupt(), 2)  # type: ignore[return-value]

    with monkeypatch.context() as patch:
        patch.setattr(context, "store", interrupted)
        assert command("import", path).exit_code == 130
    assert command.ids() == ["c0", "c1"]
    assert command.said("import", path) == "added: 3, updated: 0, as they were: 2\n"
    assert len(command.ids()) == 5


def test_a_store_that_can_writes_all_or_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 3

    def soon_interrupted() -> datetime:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        return datetime.fromisoformat("2026-01-01T00:00:00Z")

    path = written(command, *[client(f"c{number}") for number in range(5)])
    with monkeypatch.context() as patch:
        patch.setattr(context, "now", soon_interrupted)
        assert command("import", path).exit_code == 130
    assert command.ids() == []
    command.said("import", path)
    assert len(command.ids()) == 5
