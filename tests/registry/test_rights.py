"""What the stores call of DynamoDB is what template.yaml lets the function call, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.registry.dynamodb import DynamoDbStore
from tests.dynamodb import local
from tests.packaging.template.registry import ACTIONS
from tests.registry.made import ADMIN, BILLING, NOW, certificate, create


@pytest.fixture
def called(dynamodb_url: str) -> Iterator[set[str]]:
    """The permissions that AWS asks for what is called in the test."""
    found: set[str] = set()

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == "TransactWriteItems":
            found.update(f"{verb}Item" for action in params["TransactItems"] for verb in action)
        else:
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
            found.add({"TransactGetItems": "GetItem"}.get(model.name, model.name))

    events = local.client(dynamodb_url).meta.events
    events.register("provide-client-params.dynamodb", note)
    yield found
    events.unregister("provide-client-params.dynamodb", note)


def test_all_that_the_registry_calls_is_allowed_and_all_that_is_allowed_is_called(
    called: set[str], dynamodb_url: str
) -> None:
    name = local.make_table(dynamodb_url)
    called.clear()
    store = DynamoDbStore(local.table(dynamodb_url, name))
    create(store, "other")
    stored = create(store)
    store.recognise(certificate(BILLING))
    store.touch("billing", NOW)
    store.update(replace(stored, matchers=()), ADMIN, NOW)
    store.list(organization="Example")
    store.audit("billing")
    store.delete("billing", 2, ADMIN, NOW)
    assert {f"dynamodb:{one}" for one in called} == ACTIONS
