"""DynamoDB for the tests that want it: a process of this session's, with tables of each test's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dynamodb import local


@pytest.fixture(scope="session")
def dynamodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of AWS's own DynamoDB Local, on loopback."""
    with local.running(tmp_path_factory.mktemp("dynamodb")) as url:
        yield url
