"""One world for all of the doctor's tests."""

from __future__ import annotations

import pytest

from tests.unit.aws.doctor.world import World, made


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("doctor"))
