"""Both stores, empty, each through the same fixture: what is true of one is true of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.registry.dynamodb import DynamoDbStore
from service.registry.sqlite import SqliteStore
from service.registry.store import Store
from tests.dynamodb import local

Open = Callable[[], Store]
PATIENCE = 60.0  #: seconds, on a machine that does other things too


@pytest.fixture(params=["sqlite", "dynamodb"])
def open_another(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """What opens the store once more, as another process would."""
    if request.param == "sqlite":
        return lambda: SqliteStore(str(tmp_path / "registry.sqlite"), patience=PATIENCE)
    url = request.getfixturevalue("dynamodb_url")
    name = local.make_table(url)
    return lambda: DynamoDbStore(local.table(url, name), patience=PATIENCE)


@pytest.fixture
def store(open_another: Open) -> Iterator[Store]:
    """A store with nothing in it."""
    opened = open_another()
    yield opened
    opened.close()
