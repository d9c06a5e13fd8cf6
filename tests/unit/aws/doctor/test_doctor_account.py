"""What AWS says, beside what is seen from outside: the first finding is the cause."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from aws.account import sign_in
from aws.doctor.account import Questions, begin
from aws.doctor.checks import diagnose
from aws.doctor.facts import Facts
from aws.doctor.inside import Inside
from aws.errors import AwsRefused
from pki.findings import Finding
from tests.builders import leaf
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME
from tests.unit.aws.doctor.peers import OK, Tls, answering, gateway, listening, speaking
from tests.unit.aws.doctor.world import CLIENTS, DAY, World, codes, lookup
from tests.unit.aws.operator import bundle
from tests.unit.aws.served import STAGE, Served, execute_api, served
from tests.unit.aws.test_status import _no_mapping, _not_deployed, _open, _settings

FORBIDDEN = gateway("403 Forbidden", b'{"message":"Forbidden"}', "ForbiddenException")
LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True)
class Seen:
    """A domain at AWS, and what the doctor sees of it from outside when a server answers so."""

    world: World
    served: Served

    @property
    def fake(self) -> ControlPlane:
        return self.served.fake

    def outside(self, answer: bytes = OK, **more: Any) -> Facts:
        says = speaking(Tls(self.world.server, self.world.clients), answering(answer))
        with listening(says) as port:
            return self.world.examine(port, **more)

    def inside(self, name: str = NAME, seconds: float = 30.0) -> Inside:
        asked = Questions(sign_in("", "eu-central-1"), self.fake.clock.now(), seconds)
        return asked.about(name, execute_api(self.fake), lookup("127.0.0.1"))

    def found(self, answer: bytes = OK, **more: Any) -> list[Finding]:
        return diagnose(replace(self.outside(answer, **more), inside=self.inside()))

    def log(self, reason: str, ago: timedelta = timedelta(minutes=1)) -> None:
        logs, group = self.fake.client("logs"), self.group
        at = int((self.fake.clock.now() - ago).timestamp() * 1000)
        message = f"(3f6a) Access denied. Reason: {reason}"
        logs.put_log_events(
            logGroupName=group,
            logStreamName="a",
            logEvents=[{"timestamp": at, "message": message}],
        )

    def make_log(self) -> None:
        logs = self.fake.client("logs")
        logs.create_log_group(logGroupName=self.group)
        logs.create_log_stream(logGroupName=self.group, logStreamName="a")

    @property
    def group(self) -> str:
        return f"API-Gateway-Execution-Logs_{self.served.api.label}/{STAGE}"


@pytest.fixture
def seen(fake: ControlPlane, world: World) -> Seen:
    made = Seen(world, served(fake, bundle(CLIENTS), tags={"aws:cloudformation:stack-name": "s"}))
    made.make_log()
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    fake.client("s3").put_public_access_block(
        Bucket=made.served.made.bucket, PublicAccessBlockConfiguration=block
    )
    return made


def test_a_healthy_api_has_nothing_against_it(seen: Seen) -> None:
    assert codes(seen.found()) == []
    facts = replace(seen.outside(), inside=seen.inside())
    assert facts.truststore_name == seen.served.made.uri
    assert facts.inside
    assert facts.inside.refusals
    assert facts.inside.alarms == []
    assert facts.inside.is_public is False


@pytest.mark.parametrize(
    ("wrong", "answer", "first"),
    [
        (_no_mapping, FORBIDDEN, "mapping.missing"),
        (_settings(truststore_uri="", truststore_version=""), OK, "domain.mutual-tls-off"),
        (lambda one: one.fake.become(NAME, "FAILED"), FORBIDDEN, "domain.failed"),
        (
            lambda one: one.fake.become(
                NAME,
                "FAILED",
                "The certificate subject CN=x conflicts with an existing certificate from a"
                " different issuer.",
            ),
            OK,
            "domain.subject-conflict",
        ),
        (_open, OK, "endpoint.open"),
        (_not_deployed, OK, "endpoint.not-redeployed"),
        (_settings(truststore_version="gone"), OK, "truststore.s3-access"),
    ],
)
def test_what_is_wrong_within_aws_is_the_first_finding(
    seen: Seen, wrong: Callable[[Served], None], answer: bytes, first: str
) -> None:
    wrong(seen.served)
    assert codes(seen.found(answer))[0] == first


def test_a_mapping_that_is_missing_explains_the_403(seen: Seen) -> None:
    _no_mapping(seen.served)
    assert codes(seen.found(FORBIDDEN)) == ["mapping.missing"]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("Could not find issuer for certificate", "log.no-issuer"),
        ("Client cert using an insecure Signature Algorithm", "log.insecure-algorithm"),
        ("self signed certificate", "log.self-signed"),
        ("something that AWS has never documented", "log.other"),
    ],
)
def test_the_reason_in_the_log_is_the_cause_of_a_403(seen: Seen, reason: str, code: str) -> None:
    for _ in range(2):
        seen.log(reason)
    (found, *_) = [one for one in seen.found(FORBIDDEN) if one.code.startswith("log.")]
    assert (found.code, found.severity.value) == (code, "error")
    assert reason in found.message
    assert "2 times" in found.message
    assert "doctor.http.forbidden" not in {one.code for one in seen.found(FORBIDDEN)}


def test_whom_else_the_log_speaks_of_is_a_warning_where_we_are_let_in(seen: Seen) -> None:
    seen.log("self signed certificate")
    (found,) = seen.found()
    assert (found.code, found.severity.value) == ("log.self-signed", "warning")


def test_what_is_long_past_is_not_told(seen: Seen) -> None:
    seen.log("self signed certificate", LONG_AGO)
    assert codes(seen.found()) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_a_403_that_the_log_does_not_know_was_not_mutual_tls(seen: Seen, *, is_there: bool) -> None:
    if not is_there:
        seen.fake.client("logs").delete_log_group(logGroupName=seen.group)
    (silent,) = [one for one in seen.found(FORBIDDEN) if one.code == "log.silent"]
    assert ("there is no log" in silent.message) is not is_there


def test_the_truststore_in_force_tells_what_the_certificate_meets(seen: Seen) -> None:
    expired = leaf(issuer=CLIENTS, not_before=seen.fake.clock.now() - 9 * DAY, lifetime=DAY)
    files = seen.world.holder("expired", expired)
    found = codes(seen.found(FORBIDDEN, certificate=files.pem, key=files.key))
    assert found[0] == "client.expired"


def test_a_public_bucket_is_found(seen: Seen) -> None:
    s3, bucket = seen.fake.client("s3"), seen.served.made.bucket
    s3.delete_public_access_block(Bucket=bucket)
    assert codes(seen.found()) == []  # no policy makes it public
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": "arn:aws:s3:::x/*"}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert codes(seen.found()) == ["bucket.public"]


def test_an_alarm_of_the_stack_is_told(seen: Seen) -> None:
    watch = seen.fake.client("cloudwatch")
    name = f"s-{seen.served.made.bucket}"
    watch.put_metric_alarm(
        AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    assert codes(seen.found()) == []
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    (found,) = seen.found()
    watch.delete_alarms(AlarmNames=[name])
    assert found.code == "alarm.active"
    assert name in found.message


def test_a_domain_that_is_not_there_is_the_first_finding(seen: Seen) -> None:
    inside = seen.inside("other.example.com")
    found = diagnose(replace(seen.outside(), inside=inside))
    assert codes(found)[0] == "domain.absent"
    assert "other.example.com" in found[0].message


@pytest.mark.parametrize(
    "operation", ["FilterLogEvents", "DescribeAlarms", "GetPublicAccessBlock", "GetDomainName"]
)
def test_what_may_not_be_asked_is_told_and_the_rest_is_looked_at(
    seen: Seen, operation: str
) -> None:
    seen.fake.fail(operation, faults.DENIED, times=faults.ALWAYS)
    assert codes(seen.found()) == ["aws.not-allowed"]


def test_aws_that_does_not_answer_is_not_waited_for(seen: Seen) -> None:
    seen.fake.fail("FilterLogEvents", faults.slow(20), times=faults.ALWAYS)
    began = time.monotonic()
    inside = seen.inside(seconds=3)
    assert time.monotonic() - began < 15
    assert [one.about for one in inside.unasked] == ["execution log"]
    assert inside.status is not None


def _refuse() -> Inside:
    raise AwsRefused("no AWS credentials: none", "aws configure", action="sts:GetCallerIdentity")


def _hang() -> Inside:
    time.sleep(20)
    raise AssertionError


@pytest.mark.parametrize(
    ("ask", "said"), [(_refuse, "no AWS credentials"), (_hang, "no answer in 0.3 s")]
)
def test_without_access_the_outside_is_looked_at_all_the_same(
    seen: Seen, ask: Callable[[], Inside], said: str
) -> None:
    inside = begin(ask, 0.1)()
    found = diagnose(replace(seen.outside(), inside=inside))
    assert codes(found) == ["aws.not-allowed"]
    assert said in found[0].message
