"""What is written down, where, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .access import listed, permissions
from .made import Made
from .promises import Twin, promise
from .truststore import not_kept

_FORMAT = "Api.Properties.AccessLogSetting.Format"
_NAMES = Path(__file__).with_name("context_variables.txt").read_text().splitlines()
KNOWN = [name for name in _NAMES if not name.startswith("#")]
_CERTIFICATE = "identity.clientCert."
_CERTIFICATE_FIELDS = {
    f"{_CERTIFICATE}{name}"
    for name in ("subjectDN", "issuerDN", "serialNumber", "validity.notBefore", "validity.notAfter")
}


def _stage(made: Made) -> Mapping[str, Any]:
    stages = made.of("AWS::ApiGateway::Stage").values()
    return next(stage for stage in stages if stage["StageName"] == "live")


def _format(made: Made) -> str:
    return str(_stage(made)["AccessLogSetting"]["Format"])


def _named(text: str) -> list[str]:
    return re.findall(r"\$context\.([A-Za-z0-9_.-]+)", text)


def _is_known(name: str) -> bool:
    patterns = (re.escape(known).replace(r"\*", r"[\w-]+") for known in KNOWN)
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _replaced(old: str, new: str) -> Any:
    return lambda text: text.replace(old, new)


@promise(
    Twin("another spelling", {_FORMAT: _replaced("requestTimeEpoch", "requestTimeepoch")}),
    Twin("as an HTTP API has it", {_FORMAT: _replaced("context.httpMethod", "context.routeKey")}),
    Twin("as an event has it", {_FORMAT: _replaced("clientCert.subjectDN", "clientCert.subject")}),
)
def the_access_log_asks_for_what_aws_has(made: Made) -> Iterator[str]:
    yield from (f"$context.{n} is unknown" for n in _named(_format(made)) if not _is_known(n))
    if _format(made).count("$") != len(_named(_format(made))):
        yield "a $ that begins no $context.…"


@promise(
    Twin("no id", {_FORMAT: _replaced("context.requestId", "context.apiId")}),
    Twin("no subject", {_FORMAT: _replaced("clientCert.subjectDN", "user")}),
    Twin("no end", {_FORMAT: _replaced("validity.notAfter", "validity.notBefore")}),
    Twin(
        "the PEM",
        {_FORMAT: _replaced("$context.xrayTraceId", f"$context.{_CERTIFICATE}clientCertPem")},
    ),
    Twin("no access log", {"Api.Properties.AccessLogSetting.Format": "$context.extendedRequestId"}),
)
def the_access_log_says_who_called_but_not_with_what(made: Made) -> Iterator[str]:
    """AWS wants requestId or extendedRequestId in a format; the service's own log has the first."""
    named = set(_named(_format(made)))
    if "requestId" not in named:
        yield "no requestId"
    found = {name for name in named if name.startswith(_CERTIFICATE)}
    if found != _CERTIFICATE_FIELDS:
        yield f"of the certificate: {sorted(found)}"


@promise(
    Twin("a comma too many", {_FORMAT: _replaced('xrayTraceId"}', 'xrayTraceId",}')}),
    Twin("a name twice", {_FORMAT: _replaced('"errorType"', '"error"')}),
    Twin("two lines", {_FORMAT: _replaced(', "time"', ',\n"time"')}),
    Twin("too long", {_FORMAT: _replaced('"time"', f'"{"t" * 2000}"')}),
)
def the_access_log_is_one_line_of_json_that_fits(made: Made) -> Iterator[str]:
    text = _format(made)
    if len(text.encode()) > 3 * 1024:
        yield f"{len(text.encode())} bytes, AWS takes 3 KB"
    if "\n" in text:
        yield "several lines"
    line = re.sub(r"\$context\.[\w.]+", "-", text)
    try:
        pairs = json.loads(line, object_pairs_hook=list)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    if len(dict(pairs)) != len(pairs):
        yield "a name stands there twice"


_METHODS = "Api.Properties.MethodSettings"


@promise(
    Twin("nothing", {f"{_METHODS}.0.LoggingLevel": "OFF"}),
    Twin("too much", {f"{_METHODS}.0.LoggingLevel": "INFO"}),
    Twin("whole requests", {f"{_METHODS}.0.DataTraceEnabled": True}),
    Twin("no metrics", {f"{_METHODS}.0.MetricsEnabled": None}),
    Twin("no rate", {f"{_METHODS}.0.ThrottlingRateLimit": None}),
    Twin("a burst of one's own", {f"{_METHODS}.0.ThrottlingBurstLimit": 5000}),
    Twin("one method", {f"{_METHODS}.0.HttpMethod": "GET"}),
    Twin(
        "an exception",
        {f"{_METHODS}.1": {"ResourcePath": "/health", "HttpMethod": "GET", "LoggingLevel": "OFF"}},
    ),
)
def refusals_are_explained_and_requests_throttled(made: Made) -> Iterator[str]:
    limits = {name: made.parameters[name] for name in ("ThrottleRate", "ThrottleBurst")}
    wanted = {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "LoggingLevel": "ERROR",
        "DataTraceEnabled": False,
        "MetricsEnabled": True,
        "ThrottlingRateLimit": limits["ThrottleRate"],
        "ThrottlingBurstLimit": limits["ThrottleBurst"],
    }
    found = _stage(made).get("MethodSettings")
    if found != [wanted]:
        yield f"the methods have {found}"


@promise(
    Twin("one for ever", {"ExecutionLog.Properties.RetentionInDays": None}),
    Twin("one at its own will", {"TruststorePublisherLog.Properties.RetentionInDays": 1}),
    Twin("one that stays", {"AccessLog.DeletionPolicy": "Retain"}),
    Twin(
        "one for two",
        {
            "ApiFunctionLog.Properties.LogGroupName": {
                "Fn::Sub": "/aws/apigateway/${AWS::StackName}/access"
            }
        },
    ),
)
def every_log_ends(made: Made) -> Iterator[str]:
    groups = made.of("AWS::Logs::LogGroup")
    for name, group in groups.items():
        if str(group.get("RetentionInDays")) != made.parameters["LogRetentionDays"]:
            yield f"{name} is kept for {group.get('RetentionInDays')} days"
        if made.resources[name].get("DeletionPolicy") != "Delete":
            yield f"{name} outlives the stack"
    names = [group["LogGroupName"] for group in groups.values()]
    if len(set(names)) != len(names):
        yield f"two groups have one name: {names}"


_GROUP = "LoggingConfig.LogGroup"
_MAY = "ApiFunctionRole.Properties.Policies.0.PolicyDocument.Statement.0"


@promise(
    Twin("AWS's own", {"ApiFunction.Properties.LoggingConfig": None}),
    Twin("of the other", {f"TruststorePublisher.Properties.{_GROUP}": {"Ref": "ApiFunctionLog"}}),
    Twin("may not", {f"{_MAY}.Action": ["logs:CreateLogStream"]}),
    Twin("may elsewhere", {f"{_MAY}.Resource": {"Fn::GetAtt": ["AccessLog", "Arn"]}}),
    Twin("may make groups", {f"{_MAY}.Action.2": "logs:CreateLogGroup"}),
)
def each_function_writes_into_its_own_group(made: Made) -> Iterator[str]:
    for name, function in made.of("AWS::Lambda::Function").items():
        group = function.get("LoggingConfig", {}).get("LogGroup", "")
        if group != f"${{{name}Log}}" or f"{name}Log" not in made.resources:
            yield f"{name} writes to {group}"
        may = {
            (action, resource)
            for role, statement in permissions(made)
            if function["Role"] == f"${{{role}.Arn}}"
            for action in listed(statement.get("Action", []))
            for resource in listed(statement["Resource"])
            if action.startswith("logs:")
        }
        arn = f"${{{name}Log.Arn}}"
        if may != {("logs:CreateLogStream", arn), ("logs:PutLogEvents", arn)}:
            yield f"{name} may {may}"


@promise(
    Twin(
        "of another",
        {
            "Api.Properties.AccessLogSetting.DestinationArn": {
                "Fn::GetAtt": ["ApiFunctionLog", "Arn"]
            }
        },
    ),
    Twin("none", {"Api.Properties.AccessLogSetting.DestinationArn": None}),
    Twin(
        "AWS's own",
        {
            "ExecutionLog.Properties.LogGroupName": {
                "Fn::Sub": "API-Gateway-Execution-Logs_${Api}/prod"
            }
        },
    ),
)
def api_gateway_writes_into_groups_of_the_stack(made: Made) -> Iterator[str]:
    groups = made.of("AWS::Logs::LogGroup")
    to = _stage(made)["AccessLogSetting"].get("DestinationArn")
    if to != "${AccessLog.Arn}" or "AccessLog" not in groups:
        yield f"the access log goes to {to}"
    wanted = f"API-Gateway-Execution-Logs_${{Api}}/{_stage(made)['StageName']}"
    if wanted not in {group["LogGroupName"] for group in groups.values()}:
        yield f"no group is called {wanted}"


@promise(
    Twin("not made", {"ApiGatewayAccount.Condition": "Traces"}),
    Twin(
        "though kept",
        {"ApiGatewayAccount.Condition": None, "ApiGatewayLogRole.Condition": None},
        "account role kept",
    ),
    Twin(
        "of a function",
        {
            "ApiGatewayAccount.Properties.CloudWatchRoleArn": {
                "Fn::GetAtt": ["ApiFunctionRole", "Arn"]
            }
        },
    ),
    Twin("gone with the stack", {"ApiGatewayAccount.DeletionPolicy": None}),
    Twin("a role that goes", {"ApiGatewayLogRole.DeletionPolicy": "Delete"}),
    Twin("a role that is replaced", {"ApiGatewayLogRole.UpdateReplacePolicy": None}),
)
def the_account_has_its_role_for_logs_and_keeps_it(made: Made) -> Iterator[str]:
    """All APIs of the account and region write with it."""
    wanted = (
        ["${ApiGatewayLogRole.Arn}"] if made.parameters["ApiGatewayAccountRole"] == "create" else []
    )
    found = [a["CloudWatchRoleArn"] for a in made.of("AWS::ApiGateway::Account").values()]
    if found != wanted or ("ApiGatewayLogRole" in made.resources) != bool(wanted):
        yield f"the account logs as {found}, expected {wanted}"
    for name in ("ApiGatewayAccount", "ApiGatewayLogRole"):
        yield from not_kept(made, name) if name in made.resources else ()
