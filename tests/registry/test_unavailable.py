"""A table that cannot be asked: that is said, and it is never said that nobody is there."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from service.registry import dynamodb_table
from service.registry.dynamodb import DynamoDbStore
from service.registry.dynamodb_table import DynamoDbTable
from service.registry.opening import open_store
from service.registry.store import Store, StoreUnavailable
from tests.conftest import free_port
from tests.dynamodb import local
from tests.registry.made import BILLING, METHODS, NOW, certificate, create
from tests.unit.aws import moto_server


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Where the service's own client looks; it is made anew in the test and after it."""
    for name, value in moto_server.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    dynamodb_table.shared_client.cache_clear()
    yield monkeypatch
    dynamodb_table.shared_client.cache_clear()


def _nobody_listens(environment: pytest.MonkeyPatch) -> Store:
    environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    return open_store("dynamodb://clients")


def test_the_table_that_the_url_names_is_asked_at_the_endpoint_of_the_environment(
    environment: pytest.MonkeyPatch, dynamodb_url: str
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", dynamodb_url)
    # DynamoDB Local has tables of its own for each key.
    name = local.make_table(dynamodb_url)
    stored = create(open_store(f"dynamodb://{name}"))
    assert DynamoDbStore(local.table(dynamodb_url, name)).get("billing") == stored


@pytest.mark.parametrize("name", METHODS)
def test_dynamodb_that_is_not_there_is_unavailable(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    store = _nobody_listens(environment)
    with pytest.raises(StoreUnavailable, match="dynamodb://clients: "):
        METHODS[name](store)
    store.touch("billing", NOW)


def test_dynamodb_that_does_not_answer_is_unavailable(environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreUnavailable, match="Read timeout"):
            open_store("dynamodb://clients").get("billing")


def test_a_request_waits_for_dynamodb_for_some_seconds_at_most(
    environment: pytest.MonkeyPatch,
) -> None:
    del environment
    config = dynamodb_table.shared_client(os.getpid()).meta.config
    assert config.connect_timeout == config.read_timeout == 1
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


@pytest.mark.parametrize("name", METHODS)
def test_a_table_that_is_not_there_is_unavailable_and_says_how_to_look(
    dynamodb_url: str, name: str
) -> None:
    store = DynamoDbStore(local.table(dynamodb_url, "clients"))
    with pytest.raises(StoreUnavailable, match="dynamodb://clients: ") as refused:
        METHODS[name](store)
    assert refused.value.hint == "aws dynamodb describe-table --table-name clients"
    store.touch("billing", NOW)


def test_without_boto3_or_a_region_the_start_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("AWS_REGION")
    environment.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(StoreUnavailable, match="region") as refused:
        open_store("dynamodb://clients")
    assert "AWS_DEFAULT_REGION" in refused.value.hint
    environment.setitem(sys.modules, "boto3", None)
    with pytest.raises(StoreUnavailable, match="boto3 is not installed") as refused:
        open_store("dynamodb://clients")
    assert refused.value.hint == "pip install boto3"


def test_a_registration_of_a_newer_release_is_unavailable_and_not_unknown(
    dynamodb_url: str,
) -> None:
    table = local.table(dynamodb_url, local.make_table(dynamodb_url))
    store = DynamoDbStore(table)
    create(store)
    table.write(dynamodb_table.Update(("clients", "billing"), {"body": '{"id": "billing"}'}))
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        store.get("billing")
    assert store.recognise(certificate(BILLING)) is not None


def test_each_process_asks_a_table_with_a_client_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two processes would read each other's answers from one connection."""
    made: list[int] = []

    class Client:
        def get_item(self, **_asked: object) -> dict[str, object]:
            return {}

    def client(pid: int) -> Client:
        made.append(pid)
        return Client()

    table = DynamoDbTable("clients", client)
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    assert table.get(("clients", "billing")) is None
    assert made[-1] == 4711 != made[0]
