"""Who may do what: roles, trust, and the policies of resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .made import Made
from .promises import Twin, promise

_LOG = "ApiFunctionRole.Properties.Policies.0.PolicyDocument.Statement.0"
_TRACE = "ApiFunctionRole.Properties.Policies.1.Fn::If.1.PolicyDocument.Statement.0"
_PUBLISHER = "TruststorePublisherPermissions.Properties.PolicyDocument.Statement"
_ALLOWED_MANAGED = {
    "ApiGatewayLogRole": {
        "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    },
}
_MEASURE = "ExpiryWatcherRole.Properties.Policies.2.PolicyDocument.Statement.0"
#: The two permissions that AWS cannot narrow down by a resource; the second it can by a condition.
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

MEASURING = {"cloudwatch:PutMetricData"}
#: In the stack's own namespace: whoever may write elsewhere can silence somebody else's alarms.
OWN_METRICS = {"StringEquals": {"cloudwatch:namespace": "mtls-api"}}


def listed(value: Any) -> list[Any]:
    """IAM takes one for a list of one."""
    return value if isinstance(value, list) else [value]


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return listed(document["Statement"])


def permissions(made: Made) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Role → each statement of what it may do."""
    for role, properties in made.of("AWS::IAM::Role").items():
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        yield from ((role, one) for document in documents for one in statements(document))
    for properties in made.of("AWS::IAM::RolePolicy").values():
        role = properties["RoleName"].removeprefix("${").removesuffix("}")
        yield from ((role, one) for one in statements(properties["PolicyDocument"]))
    # Other ways to give a role something, which nothing here reads.
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User"):
        assert not made.of(kind), kind


def _is_everything(resource: str) -> bool:
    return bool(re.fullmatch(r"\*|arn:[^$]*\*", resource))


@promise(
    Twin("every log", {f"{_LOG}.Resource": "*"}),
    Twin("every log group", {f"{_LOG}.Resource": "arn:aws:logs:*:*:log-group:*"}),
    Twin("every action", {f"{_LOG}.Action": "*"}),
    Twin("every action on a bucket", {f"{_PUBLISHER}.1.Action": "s3:*"}),
    Twin("all but", {f"{_LOG}.Action": None, f"{_LOG}.NotAction": "iam:*"}),
    Twin("more than traces", {f"{_TRACE}.Action.2": "s3:GetObject"}, "tracing"),
    Twin(
        "traces that nobody asked for",
        {"ApiFunctionRole.Properties.Policies.1.Fn::If.0": "StartsFromSnapshot"},
    ),
    Twin("anybody's metrics", {f"{_MEASURE}.Condition": None}),
    Twin(
        "somebody else's metrics",
        {f"{_MEASURE}.Condition.StringEquals": {"cloudwatch:namespace": "AWS/ApiGateway"}},
    ),
    Twin(
        "a condition on something else",
        {f"{_MEASURE}.Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
    ),
    Twin("more than metrics", {f"{_MEASURE}.Action": ["cloudwatch:PutMetricData", "sns:Publish"]}),
)
def no_role_may_do_more_than_it_names(made: Made) -> Iterator[str]:
    for role, statement in permissions(made):
        if statement["Effect"] != "Allow":
            continue
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{role} may do all but something"
            continue
        actions = set(listed(statement["Action"]))
        yield from (f"{role} may {a}" for a in actions if re.fullmatch(r"\*|\w+:\*", a))
        traces = made.parameters["Tracing"] == "on" and actions <= TRACING
        measures = actions == MEASURING and statement.get("Condition") == OWN_METRICS
        for resource in listed(statement["Resource"]):
            if _is_everything(resource) and not (traces or measures):
                yield f"{role} may {sorted(actions)} on {resource}"


@promise(
    Twin("traces are refused", {f"{_TRACE}.Action": ["xray:PutTraceSegments"]}, "tracing"),
    Twin("traces of another", {f"{_TRACE}.Resource": "arn:aws:xray:::x"}, "all at once"),
)
def the_function_may_send_traces_when_it_does(made: Made) -> Iterator[str]:
    wanted = TRACING if made.parameters["Tracing"] == "on" else set()
    found = {
        action
        for role, statement in permissions(made)
        if role == "ApiFunctionRole" and listed(statement["Resource"]) == ["*"]
        for action in listed(statement["Action"])
    }
    if found != wanted:
        yield f"on * the function may {sorted(found)}, expected {sorted(wanted)}"


@promise(
    Twin(
        "an administrator",
        {
            "ApiFunctionRole.Properties.ManagedPolicyArns": [
                "arn:aws:iam::aws:policy/AdministratorAccess"
            ]
        },
    ),
    Twin("the log role without it", {"ApiGatewayLogRole.Properties.ManagedPolicyArns": None}),
)
def no_role_has_a_policy_of_aws_but_the_one_that_api_gateway_looks_for(made: Made) -> Iterator[str]:
    for role, properties in made.of("AWS::IAM::Role").items():
        found = set(properties.get("ManagedPolicyArns", []))
        if found != _ALLOWED_MANAGED.get(role, set()):
            yield f"{role} has {sorted(found)}"


_TRUST = "AssumeRolePolicyDocument.Statement"
_SERVICES = {"ApiGatewayLogRole": "apigateway", "ExpiryScheduleRole": "scheduler"}


@promise(
    Twin("anybody", {f"ApiFunctionRole.Properties.{_TRUST}.0.Principal": "*"}),
    Twin(
        "any account", {f"ApiFunctionRole.Properties.{_TRUST}.0.Principal": {"AWS": "123456789012"}}
    ),
    Twin(
        "two services",
        {
            f"TruststorePublisherRole.Properties.{_TRUST}.0.Principal.Service": [
                "lambda.amazonaws.com",
                "edgelambda.amazonaws.com",
            ]
        },
    ),
    Twin(
        "another service",
        {f"ApiGatewayLogRole.Properties.{_TRUST}.0.Principal.Service": "ec2.amazonaws.com"},
    ),
    Twin(
        "a schedule of any account",
        {f"ExpiryScheduleRole.Properties.{_TRUST}.0.Condition": None},
    ),
)
def each_role_is_for_one_service(made: Made) -> Iterator[str]:
    for role, properties in made.of("AWS::IAM::Role").items():
        service = _SERVICES.get(role, "lambda")
        wanted: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        if service == "scheduler":  # which takes a role for a schedule of whoever names it
            wanted["Condition"] = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        if statements(properties["AssumeRolePolicyDocument"]) != [wanted]:
            yield f"{role} trusts {properties['AssumeRolePolicyDocument']}"


def _resource_policies(made: Made) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in made.resources.items():
        properties = resource.get("Properties", {})
        for key in ("PolicyDocument", "KeyPolicy", "Policy", "ResourcePolicy"):
            if resource["Type"].startswith("AWS::IAM::") or key not in properties:
                continue
            yield from ((name, one) for one in statements(properties[key]))
        policy = properties.get("Body", {}).get("x-amazon-apigateway-policy")
        yield from ((name, one) for one in (statements(policy) if policy else []))


def _documents(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict) and "Statement" in value:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _documents(item)


@promise(
    Twin("of a role", {"ApiFunctionRole.Properties.AssumeRolePolicyDocument.Version": None}),
    Twin(
        "of the bucket",
        {"TruststoreBucketPolicy.Properties.PolicyDocument.Version": "2008-10-17"},
    ),
)
def every_policy_is_in_the_current_language(made: Made) -> Iterator[str]:
    """In the older one, the default, "${aws:…}" is text."""
    for name, resource in made.resources.items():
        for document in _documents(resource):
            if document.get("Version") != "2012-10-17":
                yield f"{name}: {document.get('Version')}"


_BUCKET = "TruststoreBucketPolicy.Properties.PolicyDocument.Statement.0"


@promise(
    Twin("the bucket", {f"{_BUCKET}.Effect": "Allow"}),
    Twin(
        "the key",
        {"AlarmKey.Properties.KeyPolicy.Statement.1.Principal": {"AWS": "*"}},
        "alarms",
    ),
    Twin(
        "the API",
        {
            "Api.Properties.Auth": {
                "ResourcePolicy": {
                    "CustomStatements": [
                        {
                            "Effect": "Allow",
                            "Principal": "*",
                            "Action": "execute-api:Invoke",
                            "Resource": "execute-api:/*",
                        }
                    ]
                }
            }
        },
    ),
)
def no_resource_is_open_to_everybody(made: Made) -> Iterator[str]:
    for name, statement in _resource_policies(made):
        principal = statement.get("Principal", "*")
        open_to = listed(principal.get("AWS")) if isinstance(principal, dict) else [principal]
        if statement["Effect"] == "Allow" and "*" in open_to:
            yield f"everybody may {statement.get('Action')} {name}"


def _permission(**properties: Any) -> dict[str, Any]:
    named = {"FunctionName": {"Ref": "ApiFunction"}, "Action": "lambda:InvokeFunction"}
    return {"Type": "AWS::Lambda::Permission", "Properties": {**named, **properties}}


@promise(
    Twin("anybody", {"Open": _permission(Principal="*")}),
    Twin("any API", {"Open": _permission(Principal="apigateway.amazonaws.com")}),
    Twin(
        "a URL of its own",
        {"ApiFunction.Properties.FunctionUrlConfig": {"AuthType": "NONE"}},
    ),
)
def only_this_api_may_call_a_function(made: Made) -> Iterator[str]:
    for name, permission in made.of("AWS::Lambda::Permission").items():
        if permission["Principal"] != "apigateway.amazonaws.com":
            yield f"{name} is for {permission['Principal']}"
        if ":${Api}/" not in permission.get("SourceArn", ""):
            yield f"{name} is for {permission.get('SourceArn')}"
    yield from (f"{name} is a way in of its own" for name in made.of("AWS::Lambda::Url"))
