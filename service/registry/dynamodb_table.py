"""One DynamoDB table for whatever the service keeps. Lambda's runtime has boto3; others install it.

Its key is pk and sk, two texts: whoever keeps something begins pk with a word of their own. Every
other attribute is a text or a number.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .store import StoreUnavailable

Value = str | int | float
Item = dict[str, Value]
Key = tuple[str, str]  #: pk and sk

MOST_WRITTEN = 100  #: actions of one TransactWriteItems
_MOST_READ = 100  # keys of one BatchGetItem, and of one TransactGetItems
_PATIENCE = 1.0  # seconds to connect, and without an answer; twice
_TRIES = 5  # of what a busy table left of a BatchGetItem
_PAUSE = 0.02
_NAME = re.compile(r"#(\w+)")
#: Somebody else changed it first, or is about to: what was read for it may no longer be so.
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_HINTS = {
    "ResourceNotFoundException": "aws dynamodb describe-table --table-name {name}",
    "AccessDeniedException": "aws sts get-caller-identity",
    "NoRegionError": "export AWS_DEFAULT_REGION=eu-central-1, or whichever it is in",
    "NoCredentialsError": "aws sts get-caller-identity",
}


class Lost(Exception):
    """A condition does not hold, or somebody else is writing there: nothing was written."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be so. text: AWS's, with #name for an attribute; values: of each :name in it."""

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)


ABSENT = Condition("attribute_not_exists(#pk)")


@dataclass(frozen=True, slots=True)
class Put:
    """Write *item*, pk and sk among it, in place of what is there."""

    item: Mapping[str, Value]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Set *values* of what is there, or make it."""

    key: Key
    values: Mapping[str, Value]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove what is there, if anything is."""

    key: Key
    condition: Condition | None = None


Action = Put | Update | Delete


@cache
def shared_client(_pid: int) -> Any:  # noqa: ANN401  (boto3 has no types)
    """Return boto3's client of this process; its connections are not carried into a child."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    retries = {"mode": "standard", "total_max_attempts": 2}
    config = Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries=retries)
    return boto3.session.Session().client("dynamodb", config=config)


class DynamoDbTable:
    """The table *name*, read consistently. Nothing is asked of it before the first call.

    client: makes boto3's client for a process. Raises StoreUnavailable, here where boto3 or a
    region is missing, and from every method.
    """

    def __init__(self, name: str, client: Callable[[int], Any] = shared_client) -> None:
        self.name = name
        self._made = client
        self._client()

    def get(self, key: Key) -> Item | None:
        """Return the item at *key*, None if there is none."""
        answer = self._ask("get_item", TableName=self.name, Key=_key(key), ConsistentRead=True)
        return _item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items at *keys*, each of which is there once, in no order."""
        found: list[Item] = []
        for start in range(0, len(keys), _MOST_READ):
            found += self._batch([_key(key) for key in keys[start : start + _MOST_READ]])
        return found

    def settle(self, keys: Sequence[Key]) -> None:
        """Return when no transaction is under way at *keys*; raises Lost while one is.

        One that has ended may be seen at one key and not yet at another by whatever else reads
        (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html,
        "Isolation levels").
        """
        for start in range(0, len(keys), _MOST_READ):
            asked = [
                {"Get": {"TableName": self.name, "Key": _key(key), "ProjectionExpression": "pk"}}
                for key in keys[start : start + _MOST_READ]
            ]
            self._ask("transact_get_items", TransactItems=asked)

    def query(
        self, pk: str, sk: Condition | None = None, *, page: int = 0, backwards: bool = False
    ) -> Iterator[Item]:
        """Yield the items of *pk* whose sk is as *sk* says, in its order, *page* at a time."""
        condition = Condition("#pk = :pk", {"pk": pk})
        if sk is not None:
            condition = Condition(f"#pk = :pk AND {sk.text}", {"pk": pk, **sk.values})
        asked = {
            "TableName": self.name,
            "ConsistentRead": True,
            "ScanIndexForward": not backwards,
            **({"Limit": page} if page else {}),
            **_expressions("KeyConditionExpression", condition),
        }
        while True:
            answer = self._ask("query", **asked)
            yield from (_item(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, *actions: Action) -> None:
        """Do all of *actions* or none; raises Lost."""
        words = [self._words(action) for action in actions]
        if len(words) == 1:
            ((verb, asked),) = words[0].items()
            self._ask(f"{verb.lower()}_item", **asked)
        else:
            self._ask("transact_write_items", TransactItems=words)

    def _words(self, action: Action) -> dict[str, dict[str, Any]]:
        """*action* as TransactWriteItems takes it."""
        condition = action.condition
        asked: dict[str, Any] = {"TableName": self.name}
        if isinstance(action, Put):
            asked["Item"] = {name: _attribute(value) for name, value in action.item.items()}
        else:
            asked["Key"] = _key(action.key)
        if isinstance(action, Update):
            # Under names of their own: the condition may speak of the same attribute.
            new = {f"new_{name}": value for name, value in action.values.items()}
            sets = ", ".join(f"#{name} = :new_{name}" for name in action.values)
            text, values = (condition.text, condition.values) if condition else ("", {})
            asked |= _expressions("ConditionExpression", Condition(text, {**values, **new}), sets)
        elif condition:
            asked |= _expressions("ConditionExpression", condition)
        return {type(action).__name__: asked}

    def _batch(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        asked = {self.name: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(_TRIES):
            answer = self._ask("batch_get_item", RequestItems=asked)
            yield from (_item(item) for item in answer["Responses"].get(self.name, ()))
            asked = answer["UnprocessedKeys"]
            if not asked:
                return
            pause(attempt)
        raise StoreUnavailable(f"dynamodb://{self.name}: it answers for some of the keys alone")

    def _client(self) -> Any:  # noqa: ANN401
        try:
            return self._made(os.getpid())
        except ImportError as error:
            raise StoreUnavailable(
                f"dynamodb://{self.name}: boto3 is not installed", "pip install boto3"
            ) from error
        except Exception as error:
            raise self._unavailable(error) from error

    def _ask(self, operation: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
        try:
            answer: dict[str, Any] = getattr(self._client(), operation)(**asked)
        except StoreUnavailable:
            raise
        except Exception as error:
            # botocore's errors cannot be named where it is not installed.
            if _is_lost(error):
                raise Lost(str(error)) from error
            raise self._unavailable(error) from error
        return answer

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        code = _response(error).get("Error", {}).get("Code", type(error).__name__)
        said = str(error) or type(error).__name__
        return StoreUnavailable(
            f"dynamodb://{self.name}: {said}", _HINTS.get(code, "").format(name=self.name)
        )


def pause(attempt: int) -> None:
    """Wait before what was lost is tried again: the longer, the more others there seem to be."""
    time.sleep(_PAUSE * random.random() * min(2**attempt, 32))  # noqa: S311


def _response(error: Exception) -> dict[str, Any]:
    found = getattr(error, "response", None)  # of what never answered there is one that is None
    return found if isinstance(found, dict) else {}


def _is_lost(error: Exception) -> bool:
    response = _response(error)
    code = response.get("Error", {}).get("Code", "").removesuffix("Exception")
    if code != "TransactionCanceled":
        return code in _LOST
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return bool(reasons & _LOST) and reasons <= _LOST | {"None", None}


def _expressions(kind: str, condition: Condition, sets: str = "") -> dict[str, Any]:
    """*condition* as boto3 takes one of that *kind*, and what an update sets."""
    names = _NAME.findall(f"{condition.text} {sets}")
    return {
        **({kind: condition.text} if condition.text else {}),
        **({"UpdateExpression": f"SET {sets}"} if sets else {}),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        **(
            {
                "ExpressionAttributeValues": {
                    f":{name}": _attribute(value) for name, value in condition.values.items()
                }
            }
            if condition.values
            else {}
        ),
    }


def _key(key: Key) -> dict[str, Any]:
    pk, sk = key
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _attribute(value: Value) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def _item(attributes: Mapping[str, Mapping[str, Any]]) -> Item:
    return {name: _value(attribute) for name, attribute in attributes.items()}


def _value(attribute: Mapping[str, Any]) -> Value:
    if "N" not in attribute:
        return str(attribute["S"])
    text = str(attribute["N"])
    return int(text) if text.lstrip("-").isdigit() else float(text)
