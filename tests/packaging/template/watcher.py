"""Who looks every day what expires: with what, when, and what if nobody does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from aws.watcher.config import Config, InvalidConfiguration

from .access import OWN_METRICS, listed, permissions
from .alarms import WATCHER
from .made import Made
from .promises import Twin, promise
from .source import ROOT

_FUNCTION = "ExpiryWatcher.Properties"
_VARIABLES = f"{_FUNCTION}.Environment.Variables"
_SCHEDULE = "ExpirySchedule.Properties"
_LOOK = "ExpiryWatcherRole.Properties.Policies.1.PolicyDocument.Statement"
_TELL = "ExpiryWatcherRole.Properties.Policies.2.PolicyDocument.Statement"
_ON = "alarms"


@promise(
    Twin("once a month", {f"{_SCHEDULE}.ScheduleExpression": "rate(30 days)"}),
    Twin("every minute", {f"{_SCHEDULE}.ScheduleExpression": "rate(1 minute)"}),
    Twin("switched off", {f"{_SCHEDULE}.State": "DISABLED"}),
    Twin("begins some day", {f"{_SCHEDULE}.StartDate": "2040-01-01T00:00:00Z"}),
    Twin("some time that day", {f"{_SCHEDULE}.FlexibleTimeWindow.Mode": "FLEXIBLE"}),
    Twin("another function", {f"{_SCHEDULE}.Target.Arn": {"Fn::GetAtt": ["ApiFunction", "Arn"]}}),
    Twin("as another", {f"{_SCHEDULE}.Target.RoleArn.Fn::GetAtt.0": "ExpiryWatcherRole"}),
    Twin("a version of some day", {f"{_FUNCTION}.AutoPublishAlias": "live"}),
    Twin(
        "calls everything",
        {"ExpiryScheduleRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource": "*"},
    ),
    Twin(
        "calls another",
        {
            "ExpiryScheduleRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource": {
                "Fn::GetAtt": ["ApiFunction", "Arn"]
            }
        },
    ),
)
def the_newest_watcher_is_called_every_day(made: Made) -> Iterator[str]:
    """An alias would stay at the version of another ExpiryWarningDays."""
    name, schedule = made.one("AWS::Scheduler::Schedule")
    when = {k: v for k, v in schedule.items() if k not in {"Description", "Target"}}
    if when != {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}:
        yield f"{name} calls {when}"
    target = (schedule["Target"]["Arn"], schedule["Target"]["RoleArn"])
    if target != ("${ExpiryWatcher.Arn}", "${ExpiryScheduleRole.Arn}"):
        yield f"{name} calls {target}"
    for kind in ("AWS::Lambda::Version", "AWS::Lambda::Alias"):
        for version, says in made.of(kind).items():
            if says["FunctionName"] == "${ExpiryWatcher}":
                yield f"{version} is none that is called"
    may = _may(made, "ExpiryScheduleRole")
    if may != {("lambda:InvokeFunction", "${ExpiryWatcher.Arn}")}:
        yield f"the schedule may {sorted(may)}"


@promise(
    Twin("for nothing", {"ExpirySchedule.Metadata": None}),
    Twin("for the API", {"ExpirySchedule.Metadata.Waits": {"Ref": "Api"}}),
)
def the_first_look_waits_for_the_domain(made: Made) -> Iterator[str]:
    """Else the first message says that there is no such domain."""
    schedule, domain = (
        made.one(kind)[0] for kind in ("AWS::Scheduler::Schedule", "AWS::ApiGateway::DomainName")
    )
    if domain not in made.after(schedule):
        yield f"{schedule} does not wait for {domain}"


@promise(
    Twin("no name", {f"{_VARIABLES}.DOMAIN_NAME": None}),
    Twin("another name", {f"{_VARIABLES}.DOMAIN_NAME": "example.com"}),
    Twin("always a month", {f"{_VARIABLES}.WARNING_DAYS": 30}, "all at once"),
    Twin("no number", {f"{_VARIABLES}.WARNING_DAYS": {"Ref": "DomainName"}}),
    Twin("metrics nowhere", {f"{_VARIABLES}.METRIC_NAMESPACE": None}),
    Twin("metrics elsewhere", {f"{_VARIABLES}.METRIC_NAMESPACE": "AWS/ApiGateway"}),
    Twin("nobody", {f"{_VARIABLES}.TOPIC_ARN": ""}, _ON),
    Twin("somebody who is not there", {f"{_VARIABLES}.TOPIC_ARN": {"Ref": "AlarmTopic"}}),
    Twin("no CRL", {f"{_VARIABLES}.CRL_URI": ""}, "revocation"),
    Twin(
        "its own CRL, though one is given",
        {
            f"{_VARIABLES}.CRL_URI.Fn::If.1.Fn::If.1": {
                "Fn::Sub": "s3://${TruststoreBucket}/crl/crl.pem"
            }
        },
        "revocation elsewhere",
    ),
    Twin("a variable that is not read", {f"{_VARIABLES}.WITHIN": "30"}),
)
def it_is_told_what_to_look_at_and_whom_to_tell(made: Made) -> Iterator[str]:
    asked = made.parameters
    env = {name: str(value) for name, value in _function(made)["Environment"]["Variables"].items()}
    known = (ROOT / "aws/watcher/config.py").read_text()
    yield from (f"{name} is not read" for name in env if f'"{name}"' not in known)
    wanted = Config(
        domain=asked["DomainName"],
        within=timedelta(days=int(asked["ExpiryWarningDays"])),
        namespace=OWN_METRICS["StringEquals"]["cloudwatch:namespace"],
        topic="${AlarmTopic}" if asked["AlarmEmail"] else "",
        crl=_crl(asked, "s3://${TruststoreBucket}/crl/crl.pem"),
    )
    try:
        found = Config.from_env(env)
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    if found != wanted:
        yield f"it is told {found}, expected {wanted}"


@promise(
    Twin("no domain", {f"{_LOOK}.0": None}),
    Twin("every domain", {f"{_LOOK}.0.Resource": {"Fn::Sub": "arn:aws:apigateway:${Api}::/*"}}),
    Twin("changes it too", {f"{_LOOK}.0.Action": ["apigateway:GET", "apigateway:PATCH"]}),
    Twin("the newest truststore", {f"{_LOOK}.1.Action": "s3:GetObject"}),
    Twin(
        "the whole bucket",
        {f"{_LOOK}.1.Resource.Fn::If.1.Fn::Sub": "${TruststoreBucket.Arn}/*"},
    ),
    Twin("its own bucket, though one is given", {f"{_LOOK}.1.Resource.Fn::If.2": "x"},
         "existing truststore"),
    Twin("no server certificate", {f"{_LOOK}.2.Resource.0": None}),
    Twin("no ownership certificate", {f"{_LOOK}.2.Resource.1": None}, "imported certificate"),
    Twin("exports certificates", {f"{_LOOK}.2.Action": ["acm:DescribeCertificate", "acm:Export"]}),
    Twin("no CRL", {f"{_LOOK}.3": None}, "revocation"),
    Twin("all CRLs", {f"{_LOOK}.3.Fn::If.1.Resource.Fn::If.2.Fn::Sub": "${TruststoreBucket.Arn}/*"},
         "revocation"),
    Twin("no metrics", {f"{_TELL}.0": None}),
    Twin("no message", {f"{_TELL}.1": None}, _ON),
    Twin("any topic", {f"{_TELL}.1.Fn::If.1.Resource": {"Fn::Sub": "arn:aws:sns:${Api}:*"}}, _ON),
    Twin("not with the topic's key", {f"{_TELL}.2": None}, _ON),
    Twin("half of it", {f"{_TELL}.2.Fn::If.1.Action": ["kms:Decrypt"]}, _ON),
    Twin("a topic that is not there", {f"{_TELL}.1": {"Effect": "Allow", "Action": "sns:Publish",
         "Resource": {"Ref": "AlarmTopic"}}}),
)  # fmt: skip
def it_may_read_what_the_domain_relies_on_and_tell(made: Made) -> Iterator[str]:
    asked = made.parameters
    given = asked["TruststoreUri"].removeprefix("s3://")
    api = f"arn:aws:apigateway:eu-central-1::/domainnames/{asked['DomainName']}"
    store = f"arn:aws:s3:::{given}" if given else "${TruststoreBucket.Arn}/truststore.pem"
    wanted = {
        ("apigateway:GET", api),
        ("s3:GetObjectVersion", store),
        ("acm:DescribeCertificate", asked["CertificateArn"] or "${Certificate}"),
        ("cloudwatch:PutMetricData", "*"),
    }
    if crl := _crl(asked, "s3://${TruststoreBucket}/crl/crl.pem"):
        own = "${TruststoreBucket.Arn}/crl/crl.pem"
        there = f"arn:aws:s3:::{crl.removeprefix('s3://')}" if asked["CrlUri"] else own
        wanted.add(("s3:GetObject", there))
    if ownership := asked["OwnershipVerificationCertificateArn"]:
        wanted.add(("acm:DescribeCertificate", ownership))
    if asked["AlarmEmail"]:
        wanted.add(("sns:Publish", "${AlarmTopic}"))
        wanted |= {(f"kms:{it}", "${AlarmKey.Arn}") for it in ("Decrypt", "GenerateDataKey")}
    role = re.sub(r"\W|Arn", "", _function(made)["Role"])
    found = {one for one in _may(made, role) if not one[0].startswith("logs:")}
    yield from (f"it may not {one}" for one in sorted(wanted - found))
    yield from (f"it may {one}" for one in sorted(found - wanted))


def _crl(asked: Mapping[str, str], own: str) -> str:
    """Where the CRL is that counts; "" where none does."""
    return "" if asked["Revocation"] == "off" else asked["CrlUri"] or own


@promise(
    Twin("nobody", {WATCHER: None}, _ON),
    Twin("nobody who wants to", {f"{WATCHER}.Condition": "Traces"}, _ON),
    Twin("without its own", {f"{WATCHER}.Properties.Metrics.0.Expression": "runs"}, _ON),
    Twin("the other way round", {f"{WATCHER}.Properties.Metrics.0.Expression": "failed"}, _ON),
    Twin("when it runs", {f"{WATCHER}.Properties.ComparisonOperator": "GreaterThanThreshold"}, _ON),
    Twin("never", {f"{WATCHER}.Properties.Threshold": 0}, _ON),
    Twin("every few hours", {f"{WATCHER}.Properties.EvaluationPeriods": 2}, _ON),
    Twin("to the minute", {f"{WATCHER}.Properties.EvaluationPeriods": 4}, _ON),
    Twin("next week", {f"{WATCHER}.Properties.EvaluationPeriods": 20}, _ON),
    Twin("for one of them", {f"{WATCHER}.Properties.DatapointsToAlarm": 1}, _ON),
    Twin("an average", {f"{WATCHER}.Properties.Metrics.2.MetricStat.Stat": "Average"}, _ON),
)
def a_day_without_a_look_is_told(made: Made) -> Iterator[str]:
    """Neither one run that is late, nor a deployment, is an alarm; a day without success is."""
    if WATCHER not in made.resources:
        yield from [f"{WATCHER} is not there"] if made.parameters["AlarmEmail"] else []
        return
    alarm = made.resources[WATCHER]["Properties"]
    periods = {m["MetricStat"]["Period"] for m in alarm["Metrics"] if "MetricStat" in m}
    stats = {m["MetricStat"]["Stat"] for m in alarm["Metrics"] if "MetricStat" in m}
    count = alarm["EvaluationPeriods"]
    hours = sum(periods) * count / 3600
    if len(periods) != 1 or stats != {"Sum"} or not 25 <= hours <= 48:
        yield f"it takes {hours} hours of {stats}"
    if alarm.get("DatapointsToAlarm", count) != count:
        yield f"one silence of {sum(periods)} s is told"
    (formula,) = (m["Expression"] for m in alarm["Metrics"] if m.get("ReturnData", True))
    for (runs, failed), rings in {(1, 0): False, (1, 1): True, (3, 3): True, (3, 2): False}.items():
        looked = eval(formula, {"runs": runs, "failed": failed})  # noqa: S307
        less = alarm["ComparisonOperator"] == "LessThanThreshold"
        if (less and looked < alarm["Threshold"]) != rings:
            yield f"of {runs} runs {failed} failed: {looked}"


def _function(made: Made) -> Mapping[str, Any]:
    return made.of("AWS::Lambda::Function")["ExpiryWatcher"]


def _may(made: Made, role: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for one, statement in permissions(made)
        if one == role
        for action in listed(statement.get("Action", []))
        for resource in listed(statement["Resource"])
    }
