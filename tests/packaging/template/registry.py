"""The table of clients: there when it is asked for, kept for ever, and the function's alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.config import Config, InvalidConfiguration

from .access import listed, permissions
from .function import PUBLISHED, environment
from .made import Made
from .promises import Twin, promise

_TABLE = "RegistryTable.Properties"
_VARIABLE = "ApiFunction.Properties.Environment.Variables.CLIENT_REGISTRY"
_POLICY = "ApiFunctionRole.Properties.Policies.3.Fn::If"
_MAY = f"{_POLICY}.1.PolicyDocument.Statement.0"
#: What the stores call; TransactWriteItems and TransactGetItems need those of what they do.
ACTIONS = {
    f"dynamodb:{name}"
    for name in ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
}
#: Whoever reads or writes it does so by both parts of its key, and by nothing else.
KEY = [("pk", "HASH", "S"), ("sk", "RANGE", "S")]


def is_asked(made: Made) -> bool:
    return made.parameters["ClientRegistry"] == "on"


@promise(
    Twin("nobody asks it", {_VARIABLE: ""}, "registry"),
    Twin("somebody's", {f"{_VARIABLE}.Fn::If.1": "dynamodb://clients"}, "registry"),
    Twin("a file", {f"{_VARIABLE}.Fn::If.1": "sqlite:////tmp/registry.sqlite"}, "registry"),
    Twin("asked for by nobody", {f"{_VARIABLE}.Fn::If.0": "HasZone"}),
    Twin("a table for nothing", {"RegistryTable.Condition": "HasZone"}),
)
def the_registry_is_asked_when_it_is_there(made: Made) -> Iterator[str]:
    try:
        found = Config.from_env(environment(made)).registry
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    wanted = f"dynamodb://{PUBLISHED['${RegistryTable}']}" if is_asked(made) else None
    if (found.url if found else None) != wanted:
        yield f"{found} is asked, expected {wanted}"
    if bool(made.of("AWS::DynamoDB::Table")) is not is_asked(made):
        yield f"the tables are {sorted(made.of('AWS::DynamoDB::Table'))}"


def _faults(resource: Mapping[str, Any]) -> Iterator[str]:
    says = resource["Properties"]
    kinds = {one["AttributeName"]: one["AttributeType"] for one in says["AttributeDefinitions"]}
    key = [
        (one["AttributeName"], one["KeyType"], kinds.get(one["AttributeName"]))
        for one in says["KeySchema"]
    ]
    if key != KEY:
        yield f"its key is {key}"
    if says.get("BillingMode") != "PAY_PER_REQUEST" or "ProvisionedThroughput" in says:
        yield "it is not on demand"
    recovery = says.get("PointInTimeRecoverySpecification", {})
    if recovery.get("PointInTimeRecoveryEnabled") is not True:
        yield "no point in time can be had back"
    if says.get("TimeToLiveSpecification") != {"AttributeName": "ends", "Enabled": True}:
        yield "full buckets stay for ever"
    if says.get("DeletionProtectionEnabled") is not True:
        yield "it can be deleted by one call"
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(policy) != "Retain":
            yield f"{policy} is {resource.get(policy)}"


@promise(
    Twin("paid for in advance", {f"{_TABLE}.BillingMode": "PROVISIONED"}, "registry"),
    Twin(
        "no recovery",
        {f"{_TABLE}.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled": False},
        "registry",
    ),
    Twin("buckets stay", {f"{_TABLE}.TimeToLiveSpecification.AttributeName": "pk"}, "registry"),
    Twin("deleted by a call", {f"{_TABLE}.DeletionProtectionEnabled": None}, "registry"),
    Twin("gone with the stack", {"RegistryTable.DeletionPolicy": "Delete"}, "registry"),
    Twin("gone with a change", {"RegistryTable.UpdateReplacePolicy": None}, "all at once"),
    Twin("numbers", {f"{_TABLE}.AttributeDefinitions.1.AttributeType": "N"}, "registry"),
    Twin("half a key", {f"{_TABLE}.KeySchema.1": None}, "registry"),
)
def the_registry_is_on_demand_and_kept(made: Made) -> Iterator[str]:
    for name in made.of("AWS::DynamoDB::Table"):
        yield from (f"{name}: {fault}" for fault in _faults(made.resources[name]))


@promise(
    Twin("rights for nothing", {f"{_POLICY}.0": "HasZone"}),
    Twin("no rights", {f"{_POLICY}.0": "Alarms"}, "registry"),
    Twin("every table", {f"{_MAY}.Resource": "*"}, "registry"),
    Twin(
        "every table of the account",
        {f"{_MAY}.Resource": {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:*:*:table/*"}},
        "registry",
    ),
    Twin("every action", {f"{_MAY}.Action": "dynamodb:*"}, "registry"),
    Twin("reads alone", {f"{_MAY}.Action": ["dynamodb:GetItem"]}, "registry"),
    Twin("reads it as a whole", {f"{_MAY}.Action.6": "dynamodb:Scan"}, "registry"),
    Twin("deletes it", {f"{_MAY}.Action.0": "dynamodb:DeleteTable"}, "all at once"),
    Twin(
        "the watcher too",
        {
            "ExpiryWatcherRole.Properties.Policies.2.PolicyDocument.Statement.0.Action": [
                "dynamodb:GetItem"
            ]
        },
        "registry",
    ),
)
def the_function_alone_reads_and_writes_that_table_and_no_other(made: Made) -> Iterator[str]:
    found: dict[tuple[str, str], set[str]] = {}
    for role, statement in permissions(made):
        actions = {one for one in listed(statement["Action"]) if one.startswith("dynamodb:")}
        for resource in listed(statement["Resource"]) if actions else ():
            found.setdefault((role, resource), set()).update(actions)
    wanted = {("ApiFunctionRole", "${RegistryTable.Arn}"): ACTIONS} if is_asked(made) else {}
    if found != wanted:
        yield f"{found}, expected {wanted}"
