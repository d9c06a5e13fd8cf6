"""What goes wrong, and who hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .access import listed, statements
from .made import Made
from .promises import Twin, promise

WATCHED = {
    ("AWS/ApiGateway", "5XXError"),
    ("AWS/ApiGateway", "4XXError"),
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "Throttles"),
    ("AWS/Lambda", "Duration"),
}
_ON = "alarms"
#: The one whose silence is what is wrong.
WATCHER = "ExpiryWatcherAlarm"


def _alarms(made: Made) -> dict[str, Mapping[str, Any]]:
    return made.of("AWS::CloudWatch::Alarm")


def _metrics(alarm: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every metric that *alarm* looks at, by itself or in a formula."""
    if "MetricName" in alarm:
        yield alarm
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            yield one["MetricStat"]["Metric"]


@promise(
    Twin("no 5xx", {"ServerErrorsAlarm": None}, _ON),
    Twin("no 4xx", {"ClientErrorsAlarm": None}, _ON),
    Twin("another metric", {"FunctionErrorsAlarm.Properties.MetricName": "Invocations"}, _ON),
    Twin("no throttles", {"FunctionThrottlesAlarm.Condition": "Traces"}, _ON),
    Twin("of edge functions", {"FunctionDurationAlarm.Properties.Namespace": "AWS/Edge"}, _ON),
    Twin("without an address", {"FunctionErrorsAlarm.Condition": None}),
    Twin("a topic without an address", {"AlarmTopic.Condition": None}),
    Twin("a key without an address", {"AlarmKey.Condition": None}),
)
def what_goes_wrong_is_watched_if_somebody_wants_to_know(made: Made) -> Iterator[str]:
    alarms = [alarm for name, alarm in _alarms(made).items() if name != WATCHER]
    found = {(one["Namespace"], one["MetricName"]) for a in alarms for one in _metrics(a)}
    if made.parameters["AlarmEmail"]:
        yield from (f"nothing watches {metric}" for metric in sorted(WATCHED - found))
    else:
        for kind in ("AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::KMS::Key"):
            yield from (f"{name} is for nobody" for name in made.of(kind))


@promise(
    Twin("nowhere", {"ServerErrorsAlarm.Properties.AlarmActions": None}, _ON),
    Twin("to an empty list", {"ClientErrorsAlarm.Properties.AlarmActions": []}, _ON),
    Twin(
        "to no topic", {"FunctionErrorsAlarm.Properties.AlarmActions": [{"Ref": "AlarmKey"}]}, _ON
    ),
    Twin("no all-clear", {"FunctionErrorsAlarm.Properties.OKActions": None}, _ON),
    Twin("switched off", {"FunctionErrorsAlarm.Properties.ActionsEnabled": False}, _ON),
    Twin("nobody listens", {"AlarmTopic.Properties.Subscription": None}, _ON),
    Twin("somebody else", {"AlarmTopic.Properties.Subscription.0.Endpoint": "a@example.com"}, _ON),
)
def every_alarm_reaches_the_address(made: Made) -> Iterator[str]:
    wanted = [{"Protocol": "email", "Endpoint": made.parameters["AlarmEmail"]}]
    topics = made.of("AWS::SNS::Topic").items()
    heard = {f"${{{name}}}" for name, topic in topics if topic.get("Subscription") == wanted}
    for name, alarm in _alarms(made).items():
        for actions in ("AlarmActions", "OKActions"):
            if not alarm.get(actions) or not set(alarm[actions]) <= heard:
                yield f"{name}: {actions} is {alarm.get(actions)}"
        if alarm.get("ActionsEnabled", True) is not True:
            yield f"{name} does nothing"


def _dimensions(made: Made, alarm: str) -> dict[str, list[dict[str, str]]]:
    function = "ExpiryWatcher" if alarm == WATCHER else "ApiFunction"
    api = made.one("AWS::ApiGateway::RestApi")[1]["Name"]
    stage = made.one("AWS::ApiGateway::Stage")[1]["StageName"]
    return {
        "AWS/ApiGateway": [{"Name": "ApiName", "Value": api}, {"Name": "Stage", "Value": stage}],
        "AWS/Lambda": [{"Name": "FunctionName", "Value": f"${{{function}}}"}],
    }


@promise(
    Twin("another API", {"ServerErrorsAlarm.Properties.Dimensions.0.Value": "mtls"}, _ON),
    Twin("another stage", {"ServerErrorsAlarm.Properties.Dimensions.1.Value": "prod"}, _ON),
    Twin("the API's id", {"ServerErrorsAlarm.Properties.Dimensions.0.Value": {"Ref": "Api"}}, _ON),
    Twin("the stage renamed", {"Api.Properties.StageName": "prod"}, _ON),
    Twin("the API renamed", {"Api.Properties.Name": "mtls"}, _ON),
    Twin("all functions", {"FunctionThrottlesAlarm.Properties.Dimensions": []}, _ON),
    Twin(
        "the API for who watches it",
        {
            f"{WATCHER}.Properties.Metrics.1.MetricStat.Metric.Dimensions.0.Value": {
                "Ref": "ApiFunction"
            }
        },
        _ON,
    ),
    Twin(
        "in the formula",
        {"ClientErrorsAlarm.Properties.Metrics.1.MetricStat.Metric.Dimensions.1.Value": "prod"},
        _ON,
    ),
)
def every_alarm_watches_something_that_is_there(made: Made) -> Iterator[str]:
    for name, alarm in _alarms(made).items():
        wanted = _dimensions(made, name)
        for metric in _metrics(alarm):
            if metric.get("Dimensions") != wanted.get(metric["Namespace"]):
                yield f"{name} watches {metric.get('Dimensions')}"


@promise(
    Twin("by default it is unknown", {"ServerErrorsAlarm.Properties.TreatMissingData": None}, _ON),
    Twin("or an alarm", {"ClientErrorsAlarm.Properties.TreatMissingData": "breaching"}, _ON),
    Twin("who watches may be silent", {f"{WATCHER}.Properties.TreatMissingData": None}, _ON),
    Twin("for ever", {f"{WATCHER}.Properties.TreatMissingData": "notBreaching"}, _ON),
)
def silence_is_no_alarm_but_of_who_watches(made: Made) -> Iterator[str]:
    for name, alarm in _alarms(made).items():
        wanted = "breaching" if name == WATCHER else "notBreaching"
        if alarm.get("TreatMissingData") != wanted:
            yield f"{name}: {alarm.get('TreatMissingData')}"


@promise(
    Twin("after the end", {"FunctionDurationAlarm.Properties.Threshold": 28000}, _ON),
    Twin("in seconds", {"FunctionDurationAlarm.Properties.Threshold": 20}, _ON),
    Twin("the average", {"FunctionDurationAlarm.Properties.ExtendedStatistic": "p50"}, _ON),
    Twin("a shorter function", {"ApiFunction.Properties.Timeout": 15}, _ON),
)
def slow_answers_are_told_before_they_are_none(made: Made) -> Iterator[str]:
    """Duration is in milliseconds."""
    timeout = made.of("AWS::Lambda::Function")["ApiFunction"]["Timeout"] * 1000
    for name, alarm in _alarms(made).items():
        if alarm.get("MetricName") == "Duration":
            if not timeout / 2 <= alarm["Threshold"] < timeout:
                yield f"{name} is at {alarm['Threshold']} of {timeout} ms"
            if alarm.get("ExtendedStatistic") not in {"p99", "p100"}:
                yield f"{name} is about {alarm.get('ExtendedStatistic')}"


_SHARE = "ClientErrorsAlarm.Properties.Metrics"


@promise(
    Twin("the average of counts", {"ServerErrorsAlarm.Properties.Statistic": "Average"}, _ON),
    Twin(
        "when there are none",
        {"FunctionErrorsAlarm.Properties.ComparisonOperator": "LessThanThreshold"},
        _ON,
    ),
    Twin("never", {"FunctionThrottlesAlarm.Properties.Threshold": 1000}, _ON),
    Twin("next day", {"ServerErrorsAlarm.Properties.Period": 86400}, _ON),
    Twin("after more than it looks at", {"ServerErrorsAlarm.Properties.EvaluationPeriods": 1}, _ON),
)
def an_error_is_told_within_minutes(made: Made) -> Iterator[str]:
    for name, alarm in _alarms(made).items():
        if alarm.get("MetricName") not in {"5XXError", "Errors", "Throttles"}:
            continue
        counts = (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"])
        if counts != ("Sum", "GreaterThanOrEqualToThreshold", 1):
            yield f"{name} is about {counts}"
        periods = alarm["EvaluationPeriods"]
        if alarm["Period"] * periods > 600 or alarm.get("DatapointsToAlarm", 1) > periods:
            yield f"{name} takes {periods} periods of {alarm['Period']} s"


# Requests, refused ones → does it ring?
RINGS = {(100, 60): True, (100, 50): False, (100, 3): False, (20, 20): True, (19, 19): False}


@promise(
    Twin("for one refusal", {f"{_SHARE}.0.Expression": "refused / requests"}, _ON),
    Twin("never", {"ClientErrorsAlarm.Properties.Threshold": 50}, _ON),
    Twin(
        "for the good ones",
        {"ClientErrorsAlarm.Properties.ComparisonOperator": "LessThanThreshold"},
        _ON,
    ),
    Twin("a name that is not there", {f"{_SHARE}.2.Id": "all"}, _ON),
    Twin("the average", {f"{_SHARE}.1.MetricStat.Stat": "Average"}, _ON),
    Twin("two periods", {f"{_SHARE}.2.MetricStat.Period": 60}, _ON),
    Twin("two results", {f"{_SHARE}.1.ReturnData": None}, _ON),
    Twin("the wrong metric", {f"{_SHARE}.2.MetricStat.Metric.MetricName": "5XXError"}, _ON),
)
def many_refusals_are_told_and_few_are_not(made: Made) -> Iterator[str]:
    """A share is told by a formula; CloudWatch's IF(a, b, c) is Python's "b if a else c"."""
    for name, alarm in _alarms(made).items():
        metrics = alarm.get("Metrics", []) if name != WATCHER else []
        shown = [one for one in metrics if one.get("ReturnData", True)]
        counted = {
            one["Id"]: (stat["Metric"]["MetricName"], stat["Stat"], stat["Period"])
            for one in metrics
            if (stat := one.get("MetricStat"))
        }
        wanted = {"refused": ("4XXError", "Sum", 300), "requests": ("Count", "Sum", 300)}
        if metrics and (len(shown) != 1 or counted != wanted):
            yield f"{name} shows {shown} of {counted}"
        elif metrics:
            formula = re.sub(
                r"IF\((.+), (.+), (.+)\)", r"(\2 if \1 else \3)", shown[0]["Expression"]
            )
            over = alarm["ComparisonOperator"] == "GreaterThanThreshold"
            for (requests, refused), rings in RINGS.items():
                share = eval(formula, {"requests": requests, "refused": refused})  # noqa: S307
                if (over and share > alarm["Threshold"]) != rings:
                    yield f"{name} at {refused} of {requests}: {share}"


_KEY = "AlarmKey.Properties.KeyPolicy.Statement.1"


@promise(
    Twin("nobody", {"AlarmKey.Properties.KeyPolicy.Statement.1": None}, _ON),
    Twin("another service", {f"{_KEY}.Principal.Service": "events.amazonaws.com"}, _ON),
    Twin("only half of it", {f"{_KEY}.Action": ["kms:Decrypt"]}, _ON),
    Twin("of any account", {f"{_KEY}.Condition": None}, _ON),
    Twin("of another account", {f"{_KEY}.Condition.StringEquals.aws:SourceAccount": "1"}, _ON),
    Twin("no owner", {"AlarmKey.Properties.KeyPolicy.Statement.0": None}, _ON),
)
def cloudwatch_may_use_the_topics_key_and_the_account_owns_it(made: Made) -> Iterator[str]:
    """Without both actions an alarm is lost in silence; without an owner nobody can change that."""
    for name, key in made.of("AWS::KMS::Key").items():
        services, owners = [], []
        for one in statements(key["KeyPolicy"]):
            actions = {action.rstrip("*") for action in listed(one["Action"])}
            ours = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
            if actions == {"kms:Decrypt", "kms:GenerateDataKey"} and one.get("Condition") == ours:
                services.append(one["Principal"])
            elif actions == {"kms:"}:
                owners.append(one["Principal"])
        if services != [{"Service": "cloudwatch.amazonaws.com"}]:
            yield f"{name} is for {services}"
        if owners != [{"AWS": "arn:aws:iam::123456789012:root"}]:
            yield f"{name} is owned by {owners}"
