"""The buckets that all processes share: the same over both stores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.rate import Rate
from service.registry.buckets import SharedBuckets
from service.registry.dynamodb_buckets import DynamoDbBuckets
from service.registry.sqlite_buckets import SqliteBuckets
from service.registry.store import StoreUnavailable
from tests.dynamodb import local

NOW = 1_795_711_152.4567891
Open = Callable[[], SharedBuckets]


@pytest.fixture(params=["sqlite", "dynamodb"])
def open_another(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """What opens the buckets once more, as another process would."""
    if request.param == "sqlite":
        return lambda: SqliteBuckets(str(tmp_path / "registry.sqlite"))
    url = request.getfixturevalue("dynamodb_url")
    name = local.make_table(url)
    return lambda: DynamoDbBuckets(local.table(url, name))


def test_a_bucket_is_one_whoever_asks_and_fills_with_time(open_another: Open) -> None:
    one, another, rate = open_another(), open_another(), Rate(2, 5)
    assert one.take("a", rate, NOW, 3).granted == 3
    assert another.take("a", rate, NOW, 3).granted == 2
    empty = one.take("a", rate, NOW, 3)
    assert empty.granted == 0
    assert empty.wait == pytest.approx(0.5)
    assert another.take("b", rate, NOW, 9).granted == 5
    assert one.take("a", rate, NOW + 1, 9).granted == 2
    assert another.take("a", rate, NOW + 99, 9).granted == 5


def test_many_at_once_take_no_more_than_there_are(open_another: Open) -> None:
    opened = [open_another() for _ in range(4)]
    for buckets in opened:
        buckets.take("warm", Rate(1, 9), NOW)

    def ask(number: int) -> int:
        return opened[number % 4].take("a", Rate(1, 20), NOW).granted

    with ThreadPoolExecutor(4) as pool:
        granted = sum(pool.map(ask, range(80)))
    assert granted <= 20
    # One who loses to others five times gets none; what is left is there for the next.
    assert granted + opened[0].take("a", Rate(1, 20), NOW, 99).granted == 20


def test_a_file_that_cannot_be_asked_is_told_and_one_that_comes_back_is_used(
    tmp_path: Path,
) -> None:
    buckets = SqliteBuckets(str(tmp_path / "later/registry.sqlite"))
    with pytest.raises(StoreUnavailable, match="its folder is not there"):
        buckets.take("a", Rate(1, 1), NOW)
    (tmp_path / "later").mkdir()
    assert buckets.take("a", Rate(1, 1), NOW).granted == 1


def test_a_table_that_cannot_be_asked_is_told(dynamodb_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="not_there"):
        DynamoDbBuckets(local.table(dynamodb_url, "not_there")).take("a", Rate(1, 1), NOW)


def test_buckets_that_are_full_are_forgotten_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    first = SqliteBuckets(str(path))
    first.take("old", Rate(1, 5), NOW)
    first.take("slow", Rate(1 / 86_400, 1), NOW)
    second = SqliteBuckets(str(path))
    assert second.take("slow", Rate(1 / 86_400, 1), NOW + 7200).granted == 0
    with second._file(NOW).connection() as connection:
        assert connection.execute("SELECT client FROM buckets").fetchall() == [("slow",)]


def test_a_bucket_in_a_table_says_from_when_on_it_may_go(dynamodb_url: str) -> None:
    """DynamoDB removes what its `ends` says is over: never one that is not full."""
    name = local.make_table(dynamodb_url)
    table = local.table(dynamodb_url, name)
    DynamoDbBuckets(table).take("slow", Rate(1 / 86_400, 1), NOW)
    item = table.get(("bucket#slow", "bucket"))
    assert item is not None
    assert int(item["ends"]) >= NOW + 86_400
