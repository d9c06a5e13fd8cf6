"""Two clients, and where their orders are."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.unit.service.orders import calling
from tests.unit.service.orders.calling import Caller


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A CLIENT_REGISTRY where nothing is yet."""
    return f"sqlite:///{tmp_path / 'clients.sqlite'}"


@pytest.fixture
def app(url: str) -> Flask:
    return calling.app_with(url)


@pytest.fixture
def alice(app: Flask) -> Caller:
    return Caller(app, "alice")


@pytest.fixture
def bob(app: Flask) -> Caller:
    return Caller(app, "bob")
