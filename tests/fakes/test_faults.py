"""Every call can be made to go wrong, and is written down."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from tests.builders import Holder
from tests.fakes import asked, faults
from tests.fakes.asking import URI, VERSION, get, operation, refused
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import ALWAYS, Fault
from tests.fakes.protected import NAME, Protected
from tests.fakes.sources import client
from tests.unit.aws.moto_server import environment

#: A call of each protocol, and what is said to it: denied, throttled.
CALLS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "apigateway": ("get_domain_names", {}, "AccessDeniedException", "TooManyRequestsException"),
    "apigatewayv2": ("get_domain_names", {}, "AccessDeniedException", "TooManyRequestsException"),
    "elbv2": ("describe_trust_stores", {}, "AccessDenied", "Throttling"),
    "s3": ("list_buckets", {}, "AccessDenied", "SlowDown"),
    "sts": ("get_caller_identity", {}, "AccessDenied", "Throttling"),
    "acm": ("list_certificates", {}, "AccessDeniedException", "ThrottlingException"),
    "logs": ("describe_log_groups", {}, "AccessDeniedException", "ThrottlingException"),
    "route53": ("list_hosted_zones", {}, "AccessDenied", "Throttling"),
    "sns": ("list_topics", {}, "AccessDenied", "Throttling"),
    "cloudformation": ("list_stacks", {}, "AccessDenied", "Throttling"),
    "cloudwatch": ("list_metrics", {}, "AccessDeniedException", "ThrottlingException"),
}


@pytest.mark.parametrize("service", CALLS)
def test_every_service_can_refuse_in_its_own_words(fake: ControlPlane, service: str) -> None:
    method, parameters, denied, throttled = CALLS[service]
    for fault, code in ((faults.DENIED, denied), (faults.THROTTLED, throttled)):
        fake.fail(lambda call: call.service == service, fault, times=ALWAYS)
        assert refused(fake, service, method, **parameters)[0] == code
        assert fake.calls[-1].outcome == code
        fake.heal()
    assert getattr(fake.client(service), method)(**parameters)
    assert fake.calls[-1].outcome == "ok"


@pytest.mark.parametrize(
    ("service", "text"),
    [
        (
            "apigateway",
            "apigateway:GET on resource: arn:aws:apigateway:eu-central-1::/domainnames",
        ),
        ("elbv2", "elasticloadbalancing:DescribeTrustStores on resource: *"),
        ("acm", "acm:ListCertificates on resource: *"),
    ],
)
def test_who_is_denied_is_told_the_action(fake: ControlPlane, service: str, text: str) -> None:
    fake.fail(lambda _: True, faults.DENIED)
    method, parameters, *_ = CALLS[service]
    message = refused(fake, service, method, **parameters)[1]
    assert message.startswith("User: arn:aws:sts::123456789012:")
    assert message.endswith(f" is not authorized to perform: {text}")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.SERVER_ERROR, "InternalFailure"),
        (faults.UNAVAILABLE, "ServiceUnavailableException"),
        (faults.refused(400, "BadRequestException", "so it is"), "BadRequestException"),
    ],
)
def test_a_fault_that_is_there_to_stay(made: Protected, fault: Fault, code: str) -> None:
    made.fake.fail("GetDomainName", fault, times=ALWAYS)
    for _ in range(2):
        assert refused(made.fake, "apigateway", "get_domain_name", domainName=NAME)[0] == code
    made.fake.heal()
    assert get(made)["domainNameStatus"] == "AVAILABLE"


@pytest.mark.parametrize("fault", [faults.SERVER_ERROR, faults.UNAVAILABLE, faults.HUNG_UP])
def test_a_fault_that_comes_once_is_overcome_by_botocore(made: Protected, fault: Fault) -> None:
    made.fake.fail(1, fault)
    assert get(made)["domainName"] == NAME
    assert [(c.number, c.attempt, c.outcome != "ok") for c in made.fake.calls] == [
        (1, 1, True),
        (1, 2, False),
    ]


def test_a_number_means_that_call_with_all_its_attempts(made: Protected) -> None:
    made.fake.fail(2, faults.SERVER_ERROR, times=ALWAYS)
    get(made)
    assert refused(made.fake, "apigateway", "get_domain_name", domainName=NAME)
    get(made)
    made.fake.forget()
    get(made)
    assert [call.number for call in made.fake.calls] == [1]
    assert refused(made.fake, "apigateway", "get_domain_name", domainName=NAME)


def _off(made: Protected) -> None:
    given = {"domainName": NAME, "patchOperations": [operation(URI, "")]}
    made.fake.client("apigateway").update_domain_name(**given)


@pytest.mark.parametrize(
    ("fault", "is_done"), [(faults.HUNG_UP, False), (faults.ANSWER_LOST, True)]
)
def test_a_lost_connection_tells_nothing_of_what_was_done(
    made: Protected, root: Holder, fault: Fault, *, is_done: bool
) -> None:
    # botocore's own second attempt would meet the limit of one update in 30 seconds.
    made.fake.behaviour.change_every = 0
    made.fake.fail("UpdateDomainName", fault, times=ALWAYS)
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        _off(made)
    made.fake.heal()
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == (b"" if is_done else root.pem.encode())
    assert "mutualTlsAuthentication" in get(made) or is_done


def test_faults_come_over_forwarded_calls_too(made: Protected) -> None:
    s3 = made.fake.client("s3")
    for fault, count in ((faults.HUNG_UP, 1), (faults.ANSWER_LOST, 2)):
        made.fake.fail("s3:PutObject", fault, times=3)
        with pytest.raises(botocore.exceptions.ConnectionClosedError):
            s3.put_object(Bucket=made.bucket, Key=made.key, Body=b"new")
        # What was answered to nobody was done, as often as it was tried.
        assert len(made.versions()) == (1 if count == 1 else 4)


def test_a_slow_answer_is_late(made: Protected) -> None:
    made.fake.fail("GetDomainName", faults.slow(0.3))
    began = time.monotonic()
    get(made)
    assert time.monotonic() - began >= 0.3


def test_a_held_call_waits_until_it_is_told(made: Protected) -> None:
    told = threading.Event()
    made.fake.fail(1, faults.held(told))
    waiting = threading.Thread(target=_off, args=(made,))
    waiting.start()
    while not made.fake.calls:
        time.sleep(0.01)
    assert (made.fake.calls[0].outcome, get(made)["domainNameStatus"]) == ("", "AVAILABLE")
    told.set()
    waiting.join()
    assert (made.fake.calls[0].outcome, get(made)["domainNameStatus"]) == ("ok", "UPDATING")


def test_somebody_else_may_act_just_before_a_call(made: Protected) -> None:
    made.fake.fail("UpdateDomainName", faults.doing(lambda: made.fake.become(NAME, "PENDING")))
    given = {"domainName": NAME, "patchOperations": [operation(VERSION, made.version)]}
    assert refused(made.fake, "apigateway", "update_domain_name", **given)[0] == (
        "ConflictException"
    )


OFF = f"""
import boto3
boto3.client("apigateway").update_domain_name(
    domainName={NAME!r}, patchOperations=[{operation(URI, "")!r}]
)
"""


@pytest.mark.parametrize("after", [False, True])
def test_the_caller_can_be_killed_before_or_after_its_call(
    made: Protected, root: Holder, *, after: bool
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    pid: Callable[[], int] = lambda: started[0].pid  # noqa: E731
    made.fake.fail("UpdateDomainName", faults.kill(pid, after=after))
    with subprocess.Popen([sys.executable, "-c", OFF], env=made.fake.environment()) as process:
        started.append(process)
        assert process.wait(60) == -9
    assert [call.outcome for call in made.fake.calls] == ["killed"]
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == (b"" if after else root.pem.encode())


def test_another_process_can_ask_and_its_time_can_pass(made: Protected) -> None:
    subprocess.run([sys.executable, "-c", OFF], env=made.fake.environment(), check=True)
    assert get(made)["domainNameStatus"] == "UPDATING"
    made.fake.clock.speed = 1000
    deadline = time.monotonic() + 60
    while get(made)["domainNameStatus"] == "UPDATING":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert made.fake.in_force(NAME) == b""
    assert environment(made.fake.url) == made.fake.environment()


def test_what_the_test_itself_does_elsewhere_is_not_written_down(made: Protected) -> None:
    client("s3", made.fake.moto).list_buckets()
    made.upload(b"x")
    assert made.fake.calls == []


def test_the_journal_has_parameters_as_boto3_takes_them(made: Protected) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("apigateway", "get_domain_name", {"domainName": NAME}),
        ("apigateway", "get_domain_names", {"limit": 5}),
        ("s3", "get_object", {"Bucket": made.bucket, "Key": made.key, "VersionId": made.version}),
        ("s3", "get_bucket_versioning", {"Bucket": made.bucket}),
        ("s3", "list_object_versions", {"Bucket": made.bucket, "Prefix": "a b/é"}),
        ("acm", "describe_certificate", {"CertificateArn": made.certificate_arn}),
        ("cloudformation", "list_stacks", {"StackStatusFilter": ["CREATE_COMPLETE"]}),
        ("route53", "list_hosted_zones", {"MaxItems": "1"}),
    ]
    for _ in range(2):
        # botocore's S3 client changes the model that it works with, and it may be ours.
        asked.model.cache_clear()
        asked._routes.cache_clear()
        for service, method, parameters in calls:
            getattr(made.fake.client(service), method)(**parameters)
    for call, (service, method, parameters) in zip(made.fake.calls, calls * 2, strict=True):
        assert (call.service, call.operation) == (service, method.title().replace("_", ""))
        assert parameters.items() <= call.parameters.items()


def test_the_outcome_of_a_forwarded_call_is_its_error_code(made: Protected) -> None:
    refused(made.fake, "s3", "get_object", Bucket=made.bucket, Key="none")
    refused(made.fake, "s3", "head_object", Bucket=made.bucket, Key="none")
    arn = made.certificate_arn[:-1] + "x"
    refused(made.fake, "acm", "describe_certificate", CertificateArn=arn)
    outcomes = [call.outcome for call in made.fake.calls]
    assert outcomes == ["NoSuchKey", "404", "ResourceNotFoundException"]
