"""What API Gateway says of a domain, and what we make of it; asked through botocore's Stubber."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from aws import domain
from aws.domain import Domain, Patience
from aws.errors import AwsRefused
from pki.findings import Severity

NAME = "api.example.com"
TRUSTSTORE = ("s3://bucket/truststore.pem", "v2")
GOOD = Domain(
    NAME,
    "AVAILABLE",
    endpoint_types=("REGIONAL",),
    security_policy="TLS_1_2",
    truststore_uri=TRUSTSTORE[0],
    truststore_version=TRUSTSTORE[1],
)


def answer(status: str = "AVAILABLE", **change: Any) -> dict[str, Any]:
    return {
        "domainName": NAME,
        "domainNameStatus": status,
        "regionalDomainName": "d-1.execute-api.eu-central-1.amazonaws.com",
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "securityPolicy": "TLS_1_2",
        "mutualTlsAuthentication": {
            "truststoreUri": TRUSTSTORE[0],
            "truststoreVersion": TRUSTSTORE[1],
        },
        **change,
    }


def stubbed(*answers: dict[str, Any]) -> tuple[Any, Stubber]:
    session = boto3.Session(
        aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-central-1"
    )
    client = session.client("apigateway")
    stubber = Stubber(client)
    for one in answers:
        stubber.add_response("get_domain_name", one, {"domainName": NAME})
    stubber.activate()
    return client, stubber


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self, limit: float) -> None:
        self.now = 0.0
        self.patience = Patience(limit, 15, self.sleep, lambda: self.now)
        self.lines: list[str] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def test_a_domain_is_read_with_all_that_matters() -> None:
    client, stubber = stubbed(
        answer(
            domainNameStatusMessage="fine",
            tags={"aws:cloudformation:stack-name": "mtls-api"},
            mutualTlsAuthentication={
                "truststoreUri": "s3://b/k.pem",
                "truststoreVersion": "v",
                "truststoreWarnings": ["one", "two"],
            },
        )
    )
    assert domain.read(client, NAME) == Domain(
        NAME,
        "AVAILABLE",
        status_message="fine",
        target="d-1.execute-api.eu-central-1.amazonaws.com",
        endpoint_types=("REGIONAL",),
        security_policy="TLS_1_2",
        truststore_uri="s3://b/k.pem",
        truststore_version="v",
        warnings=("one", "two"),
        stack_name="mtls-api",
    )
    stubber.assert_no_pending_responses()


def test_a_domain_that_is_not_there_is_a_refusal() -> None:
    client, stubber = stubbed()
    stubber.add_client_error("get_domain_name", "NotFoundException", "Invalid domain name")
    with pytest.raises(AwsRefused) as refused:
        domain.read(client, NAME)
    assert refused.value.code == "NotFoundException"


def test_what_passes_by_itself_is_waited_for_visibly() -> None:
    client, stubber = stubbed(answer("UPDATING"), answer("PENDING"), answer("AVAILABLE"))
    clock = Clock(60)
    found = domain.settled(client, NAME, clock.patience, clock.lines.append)
    assert found.status == "AVAILABLE"
    assert clock.lines == [
        f"{NAME} is UPDATING, 0 s of at most 60",
        f"{NAME} is PENDING, 15 s of at most 60",
    ]
    stubber.assert_no_pending_responses()


def test_waiting_ends() -> None:
    client, _ = stubbed(*[answer("UPDATING")] * 4)
    clock = Clock(40)
    assert domain.settled(client, NAME, clock.patience, clock.lines.append).status == "UPDATING"
    assert clock.now == 40


@pytest.mark.parametrize(
    "status", [one for one, says in domain.STATUSES.items() if not says.is_passing]
)
def test_what_does_not_pass_is_not_waited_for(status: str) -> None:
    client, _ = stubbed(answer(status))
    clock = Clock(60)
    assert domain.settled(client, NAME, clock.patience, clock.lines.append).status == status
    assert clock.now == 0


def test_every_status_that_botocore_knows_has_a_meaning() -> None:
    client, _ = stubbed()
    shape = client.meta.service_model.shape_for("DomainNameStatus")
    assert set(shape.enum) <= set(domain.STATUSES)


def test_a_domain_that_works_has_no_findings() -> None:
    assert list(domain.findings(GOOD, TRUSTSTORE)) == []


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"status": "UPDATING"}, "domain.updating", "a change is on its way"),
        ({"status": "PENDING"}, "domain.pending", "about 15 minutes"),
        ({"status": "FAILED"}, "domain.failed", "could not set the domain up"),
        ({"status": "FAILED", "status_message": "Why."}, "domain.failed", "(Why)"),
        (
            {"status": "PENDING_CERTIFICATE_REIMPORT"},
            "domain.pending-certificate-reimport",
            "ownership certificate",
        ),
        (
            {"status": "PENDING_OWNERSHIP_VERIFICATION"},
            "domain.pending-ownership-verification",
            "has expired",
        ),
        ({"status": "NEW_ONE"}, "domain.new-one", "nothing is known of this status"),
        ({"status": ""}, "domain.no-status", "without a status"),
        ({"truststore_uri": "", "truststore_version": ""}, "domain.mutual-tls-off", "anybody"),
        ({"truststore_version": "v1"}, "domain.other-truststore", "version v1; expected"),
        ({"truststore_version": ""}, "domain.other-truststore", "version (none)"),
        ({"truststore_uri": "s3://other/t.pem"}, "domain.other-truststore", "s3://other/t.pem"),
        ({"warnings": ("CN=x is weak",)}, "domain.truststore-warning", "CN=x is weak"),
        ({"endpoint_types": ("EDGE",)}, "domain.endpoint-type", "is EDGE"),
        ({"endpoint_types": ()}, "domain.endpoint-type", "is unknown"),
        ({"security_policy": "TLS_1_0"}, "domain.security-policy", "is TLS_1_0"),
    ],
)
def test_a_domain_that_does_not_work_is_an_error_with_a_remedy(
    change: dict[str, Any], code: str, words: str
) -> None:
    (finding,) = domain.findings(replace(GOOD, **change), TRUSTSTORE)
    assert (finding.severity, finding.code) == (Severity.ERROR, code)
    assert words in finding.message
    assert finding.hint


def test_every_warning_is_told() -> None:
    found = list(domain.findings(replace(GOOD, warnings=("a", "b")), TRUSTSTORE))
    assert [one.message.split("; ")[0] for one in found] == [
        "API Gateway warns: a",
        "API Gateway warns: b",
    ]


def test_a_drifted_truststore_gets_the_command_that_takes_it_back() -> None:
    (finding,) = domain.findings(replace(GOOD, truststore_version="v1"), TRUSTSTORE)
    assert finding.hint.endswith(
        "aws apigateway update-domain-name --domain-name api.example.com --patch-operations"
        " op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=v2"
    )
