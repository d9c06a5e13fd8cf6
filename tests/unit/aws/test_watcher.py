"""The function that looks every day: what it measures, whom it tells, that it is never silent."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from aws.watcher.config import Config, InvalidConfiguration
from stack.settings import ROOT as REPOSITORY
from tests import crls
from tests.builders import authority, bundle
from tests.unit.aws.moto_server import environment
from tests.unit.aws.publisher_servers import Reply, Request
from tests.unit.aws.watched import NAME, OWNERSHIP, denied
from tests.unit.aws.watcher_run import Watcher

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = authority(subject="CN=Root,O=Test", lifetime=700 * DAY)
SOON = authority(subject="CN=Soon,O=Test", issuer=ROOT, lifetime=20 * DAY)
OVER = authority(subject="CN=Over,O=Test", not_before=NOW - 50 * DAY, lifetime=40 * DAY)


def test_where_nothing_expires_it_measures_and_tells_nobody(watcher: Watcher) -> None:
    watcher.domain.issue(OWNERSHIP, NOW + 200 * DAY)
    said, line = watcher.run()
    assert watcher.messages == []
    assert (said["need_attention"], len(said["certificates"])) == (0, 3)
    assert watcher.metrics == {
        "DaysLeft ca": pytest.approx(700, abs=0.1),
        "DaysLeft server-certificate": pytest.approx(365, abs=0.1),
        "DaysLeft ownership-certificate": pytest.approx(200, abs=0.1),
        "NeedAttention": 0,
        "Unknown": 0,
    }
    assert (line["certificates"], line["need_attention"], line["entries"]) == (3, 0, [])
    assert (line["metrics_published"], line["message_sent"]) == (True, False)
    assert (line["domain"], line["within_days"], "error" in line) == (NAME, 30, False)


def test_a_crl_that_nobody_makes_anew_is_told(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = boto3.client("s3")
    monkeypatch.setenv("CRL_URI", f"s3://{watcher.domain.bucket}/crl/crl.pem")
    said, _ = watcher.run()  # none is there
    assert [one["state"] for one in said["certificates"] if one["kind"] == "crl"] == ["unknown"]
    for left, count in ((timedelta(days=6), 0), (timedelta(days=1), 1)):
        ends = NOW + left
        made = crls.crl(ROOT, (), number=1, this_update=ends - 7 * DAY, next_update=ends)
        s3.put_object(Bucket=watcher.domain.bucket, Key="crl/crl.pem", Body=crls.pem(made))
        said, _ = watcher.run()
        assert said["need_attention"] == count
    assert "DaysLeft crl" in watcher.metrics
    assert "crl push crl.pem" in watcher.messages[-1][1]


def test_what_expires_is_told_once_with_the_list(watcher: Watcher) -> None:
    watcher.domain.publish(bundle(ROOT.certificate, SOON.certificate, OVER.certificate))
    said, line = watcher.run()
    ((subject, text),) = watcher.messages
    assert subject == f"{NAME}: 2 certificates need attention"
    first, hint, *_ = text.splitlines()
    assert first.startswith("error") and first.endswith("CN=Over,O=Test")  # noqa: PT018
    assert hint == f"  hint: python -m aws rotate plan NEW_CA.pem {NAME}"
    assert "CN=Soon,O=Test" in text
    assert "CN=Root,O=Test" not in text
    assert f"python -m aws watch-expiry {NAME} --within 30d" in text
    # The last call of all: what fails before it is tried again, and the message goes out once.
    assert watcher.to("sns") == watcher.domain.between.seen[-1:]
    assert watcher.metrics["DaysLeft ca"] == pytest.approx(-10, abs=0.1)
    assert (watcher.metrics["NeedAttention"], watcher.metrics["Unknown"]) == (2, 0)
    assert [one["subject"] for one in line["entries"]] == ["CN=Over,O=Test", "CN=Soon,O=Test"]
    assert (line["message_sent"], said["need_attention"]) == (True, 2)


def test_the_days_of_the_parameter_are_the_window(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.domain.publish(SOON.pem)
    for days, due in (("19", 0), ("20", 1)):
        monkeypatch.setenv("WARNING_DAYS", days)
        assert watcher.run()[0]["need_attention"] == due
        assert len(watcher.messages) == due


def test_without_a_topic_nobody_is_told_and_the_metrics_say_it(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPIC_ARN", "")
    watcher.domain.publish(SOON.pem)
    _, line = watcher.run()
    assert watcher.to("sns") == []
    assert line["message_sent"] is False
    assert watcher.metrics["NeedAttention"] == 1


@pytest.mark.parametrize(
    ("service", "kinds", "action"),
    [
        ("apigateway", set(), "apigateway:GET"),
        ("acm", {"ca"}, "acm:DescribeCertificate"),
        ("s3", {"server-certificate"}, "s3:GetObjectVersion"),
    ],
)
def test_what_cannot_be_read_is_told_and_measured_as_unknown(
    watcher: Watcher, service: str, kinds: set[str], action: str
) -> None:
    watcher.domain.first = lambda request: denied(request, service)
    _, line = watcher.run()
    ((subject, text),) = watcher.messages
    assert subject == f"{NAME}: 1 certificate needs attention"
    assert f"ask for the permission {action}" in text
    found = watcher.metrics
    assert (found.pop("NeedAttention"), found.pop("Unknown")) == (1, 1)
    assert set(found) == {f"DaysLeft {kind}" for kind in kinds}
    assert (line["unknown"], line["need_attention"]) == (1, 1)


def test_metrics_that_are_not_taken_are_told(watcher: Watcher) -> None:
    watcher.domain.first = lambda request: denied(request, "monitoring")
    said, line = watcher.run()
    ((_, text),) = watcher.messages
    assert "the metrics: cannot publish metrics" in text
    assert "cloudwatch:PutMetricData" in text
    assert (line["metrics_published"], line["message_sent"]) == (False, True)
    assert said["unknown"] == 1


def test_metrics_that_are_not_taken_fail_where_nobody_can_be_told(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPIC_ARN", "")
    watcher.domain.first = lambda request: denied(request, "monitoring")
    line = watcher.fails("cannot publish metrics")
    assert (line["metrics_published"], line["message_sent"]) == (False, False)
    assert line["unknown"] == 1


def test_a_message_that_is_not_taken_fails_and_is_no_silence(watcher: Watcher) -> None:
    watcher.domain.first = lambda request: denied(request, "sns")
    watcher.run()  # there is nothing to tell
    watcher.domain.publish(SOON.pem)
    line = watcher.fails("cannot publish to arn:aws:sns")
    assert (line["metrics_published"], line["message_sent"]) == (True, False)
    assert [one["subject"] for one in line["entries"]] == ["CN=Soon,O=Test"]


def test_aws_that_does_not_answer_is_unknown_in_time(watcher: Watcher) -> None:
    """What was read before it is told as well; the other half of the time is kept for that."""
    told = threading.Event()

    def hang(request: Request) -> Reply | None:
        if "/acm/" in request.headers.get("authorization", ""):
            told.wait(60)
        return None

    watcher.domain.first = hang
    watcher.domain.publish(SOON.pem)
    try:
        said, line = watcher.run(seconds=8.0)
    finally:
        told.set()
    assert [one["state"] for one in said["certificates"]] == ["unknown", "expires-soon"]
    assert said["certificates"][0]["notes"][0].startswith("not all was read after 4 seconds")
    assert (line["unknown"], line["need_attention"]) == (1, 2)
    assert len(watcher.messages) == 1


def test_a_check_that_crashes_is_told(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise LookupError("what nobody thought of")

    monkeypatch.setattr("aws.expiry_domain.read", crash)
    said, line = watcher.run()
    (entry,) = said["certificates"]
    assert entry["notes"] == ["the check crashed: LookupError: what nobody thought of"]
    assert (line["unknown"], len(watcher.messages)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"DOMAIN_NAME": ""}, ["DOMAIN_NAME is not set"]),
        ({"METRIC_NAMESPACE": ""}, ["METRIC_NAMESPACE is not set"]),
        ({"WARNING_DAYS": "0"}, ["WARNING_DAYS is '0', expected 1 to 3650"]),
        ({"WARNING_DAYS": "soon"}, ["WARNING_DAYS is 'soon', expected 1 to 3650"]),
        ({"WARNING_DAYS": "٣"}, ["WARNING_DAYS is '٣', expected 1 to 3650"]),
        (
            {"DOMAIN_NAME": "", "WARNING_DAYS": "3651"},
            ["DOMAIN_NAME is not set", "WARNING_DAYS is '3651', expected 1 to 3650"],
        ),
    ],
)
def test_settings_that_cannot_be_are_told_all_at_once(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], faults: list[str]
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    line = watcher.fails("WARNING_DAYS|is not set", InvalidConfiguration)
    assert line["error"].splitlines() == [f"InvalidConfiguration: {faults[0]}", *faults[1:]]
    assert watcher.calls == 0


def test_good_settings_are_taken() -> None:
    env = {"DOMAIN_NAME": NAME, "WARNING_DAYS": "3650", "METRIC_NAMESPACE": "x"}
    assert Config.from_env(env) == Config(NAME, 3650 * DAY, "x", "")


CALL = """
import sys
sys.path.insert(0, sys.argv[1])
class Context:
    log_group_name = "/log"
    def get_remaining_time_in_millis(self):
        return 90000
from aws.watcher.handler import handler
unwanted = {"boto3", "botocore", "click", "pki", "flask"} & set(sys.modules)
assert not unwanted, unwanted
print(handler({}, Context())["need_attention"], file=sys.stderr)
"""


def test_it_imports_neither_the_operators_tools_nor_boto3_before_it_works(
    moto: str,
) -> None:
    settings = {"DOMAIN_NAME": NAME, "WARNING_DAYS": "30", "METRIC_NAMESPACE": "x"}
    done = subprocess.run(
        [sys.executable, "-c", CALL, REPOSITORY],
        env={**environment(moto), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    # moto has no such domain: one thing is unknown.
    assert (done.returncode, done.stderr) == (0, "1\n")
    assert json.loads(done.stdout)["unknown"] == 1
