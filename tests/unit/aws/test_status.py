"""status of a domain: what is read, in how many calls, and what is found; each fault by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aws import status, status_findings, status_report
from aws.account import sign_in
from aws.default_endpoint import Closed
from aws.errors import AwsRefused
from aws.facts import Certificate
from aws.http_domain import HttpDomain
from aws.pin import Pin
from aws.status import Status
from pki.findings import Finding
from tests.builders import authority
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME
from tests.unit.aws.operator import OLD, bundle
from tests.unit.aws.served import Served, execute_api, served


@pytest.fixture
def whole(fake: ControlPlane) -> Served:
    return served(fake, bundle(OLD))


def read(served_: Served) -> Status:
    fake = served_.fake
    return status.read(sign_in("", "eu-central-1"), NAME, fake.clock.now(), execute_api(fake))


def found(read_: Status, served_: Served) -> list[Finding]:
    return status_findings.findings(read_, served_.fake.clock.now())


def codes(served_: Served) -> list[tuple[str, str]]:
    return [(one.severity.value, one.code) for one in found(read(served_), served_)]


def test_a_domain_that_is_right_has_nothing_against_it(whole: Served) -> None:
    seen = read(whole)
    assert found(seen, whole) == []
    assert seen.domain.truststore_version == whole.made.version
    assert isinstance(seen.endpoints[whole.api.label], Closed)
    said = status_report.text(seen, [], whole.fake.clock.now())
    assert "AVAILABLE: the domain works" in said
    assert "the newest" in said
    assert "default endpoint closed" in said
    assert "all is well" in said
    json.loads(status_report.as_json(seen, []))


def test_it_takes_at_most_twelve_calls(fake: ControlPlane) -> None:
    """With everything there is: an imported certificate's ownership, a mapping, a truststore."""
    made = served(fake, bundle(OLD))
    proof = fake.client("acm").request_certificate(DomainName=NAME, ValidationMethod="DNS")
    domain = fake.domains.get(NAME)
    domain.settings = replace(domain.settings, ownership_arn=proof["CertificateArn"])
    fake.forget()
    read(made)
    numbers = {call.number for call in fake.calls}
    assert {"GetDomainName", "DescribeCertificate"} <= {call.operation for call in fake.calls}
    assert len(numbers) <= 12, [call.name for call in fake.calls]


def _older(whole: Served) -> None:
    whole.made.upload(bundle(OLD, authority(subject="CN=Other,O=Example")))


def _deleted(whole: Served) -> None:
    whole.fake.client("s3").delete_object(Bucket=whole.made.bucket, Key=whole.made.key)


def _unversioned(whole: Served) -> None:
    whole.fake.client("s3").put_bucket_versioning(
        Bucket=whole.made.bucket, VersioningConfiguration={"Status": "Suspended"}
    )


def _settings(**more: Any) -> Callable[[Served], None]:
    def change(whole: Served) -> None:
        domain = whole.fake.domains.get(NAME)
        domain.settings = replace(domain.settings, **more)

    return change


def _open(whole: Served) -> None:
    whole.api.is_disabled = whole.api.is_shut = False


def _not_deployed(whole: Served) -> None:
    whole.api.is_shut = False


def _no_mapping(whole: Served) -> None:
    whole.fake.mappings.found[NAME].clear()


def _no_api(whole: Served) -> None:
    del whole.fake.apis.found[whole.api.label]


def _no_stage(whole: Served) -> None:
    whole.api.stages.clear()


def _expired_ca(whole: Served) -> None:
    whole.fake.clock.sleep(timedelta(days=366).total_seconds())


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (_older, {("warning", "truststore.newer-version")}),
        (_deleted, {("warning", "truststore.newer-version")}),
        (_unversioned, {("error", "bucket.unversioned")}),
        (_settings(truststore_version=""), {("warning", "truststore.not-pinned")}),
        (
            _settings(truststore_version="gone"),
            {("error", "truststore.s3-access"), ("warning", "truststore.newer-version")},
        ),
        (_settings(truststore_uri="", truststore_version=""), {("error", "domain.mutual-tls-off")}),
        (_settings(security_policy="TLS_1_0"), {("error", "domain.security-policy")}),
        (_settings(endpoint_type="EDGE"), {("error", "domain.endpoint-type")}),
        (_open, {("error", "endpoint.open")}),
        (_not_deployed, {("error", "endpoint.not-redeployed")}),
        (_no_mapping, {("error", "mapping.missing")}),
        (_no_api, {("error", "mapping.api-missing")}),
        (_no_stage, {("error", "mapping.stage-missing")}),
        (
            lambda whole: whole.fake.become(NAME, "UPDATING"),
            {("error", "domain.updating")},
        ),
        (
            lambda whole: whole.fake.become(NAME, "PENDING_OWNERSHIP_VERIFICATION"),
            {("error", "domain.pending-ownership-verification")},
        ),
        (
            lambda whole: whole.fake.become(NAME, "PENDING_CERTIFICATE_REIMPORT", "Names differ."),
            {("error", "domain.pending-certificate-reimport")},
        ),
        (lambda whole: whole.fake.become(NAME, "PENDING"), {("error", "domain.pending")}),
        (lambda whole: whole.fake.become(NAME, "FAILED"), {("error", "domain.failed")}),
    ],
)
def test_each_fault_is_found_and_no_other(
    whole: Served, wrong: Callable[[Served], None], expected: set[tuple[str, str]]
) -> None:
    wrong(whole)
    assert set(codes(whole)) == expected


def test_an_expired_ca_in_force_is_found(whole: Served) -> None:
    _expired_ca(whole)
    assert ("error", "truststore.expired") in codes(whole)


CERTIFICATE = Certificate("arn:x", (NAME,), "ISSUED", "AMAZON_ISSUED")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"names": ("*.example.com",)}, []),
        ({"names": ("example.com",)}, ["certificate.name"]),
        ({"status": "FAILED"}, ["certificate.status"]),
        ({"type": "IMPORTED"}, ["certificate.no-ownership"]),
        ({"type": "PRIVATE"}, ["certificate.no-ownership"]),
        ({"days": 31}, []),
        ({"days": 29}, ["certificate.expires"]),
        ({"days": 0}, ["certificate.expired"]),
    ],
)
def test_the_server_certificate(whole: Served, change: dict[str, Any], expected: list[str]) -> None:
    days = change.pop("days", None)
    ends = whole.fake.clock.now() + timedelta(days=days) if days is not None else None
    server = replace(CERTIFICATE, not_after=ends, **change)
    seen = replace(read(whole), server=server)
    assert [one.code for one in found(seen, whole)] == expected


def test_an_ownership_certificate_has_to_be_one_of_acm(whole: Served) -> None:
    seen = replace(read(whole), ownership=replace(CERTIFICATE, type="IMPORTED"))
    assert [one.code for one in found(seen, whole)] == ["ownership.type"]
    assert found(replace(seen, ownership=CERTIFICATE), whole) == []


def test_a_certificate_that_is_gone_is_found(whole: Served) -> None:
    whole.fake.client("acm").delete_certificate(CertificateArn=whole.made.certificate_arn)
    assert ("error", "certificate.absent") in codes(whole)


def test_two_views_that_differ_are_told(whole: Served) -> None:
    seen = read(whole)
    assert seen.http is not None
    other = HttpDomain("AVAILABLE", "", "TLS_1_2", Pin(seen.domain.truststore_uri, "older"))
    assert [one.code for one in found(replace(seen, http=other), whole)] == ["domain.views-differ"]


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetApiMappings", "apigateway:GET"),
        ("GetRestApi", "apigateway:GET"),
        ("DescribeCertificate", "acm:DescribeCertificate"),
        ("GetBucketVersioning", "s3:GetBucketVersioning"),
        ("ListObjectVersions", "s3:ListBucketVersions"),
    ],
)
def test_what_may_not_be_seen_is_a_warning_that_names_the_permission(
    whole: Served, operation: str, permission: str
) -> None:
    whole.fake.fail(operation, faults.DENIED, times=faults.ALWAYS)
    (warning,) = found(read(whole), whole)
    assert (warning.severity.value, warning.code) == ("warning", "aws.not-allowed")
    assert permission in warning.hint


def test_a_domain_that_may_not_be_seen_or_is_not_there_is_a_refusal(whole: Served) -> None:
    account = sign_in("", "eu-central-1")
    with pytest.raises(AwsRefused, match=r"there is no custom domain 'x\.example\.com'"):
        status.read(account, "x.example.com", whole.fake.clock.now())
    whole.fake.fail("apigateway:GetDomainName", faults.DENIED, times=faults.ALWAYS)
    with pytest.raises(AwsRefused) as refused:
        status.read(account, NAME, whole.fake.clock.now())
    assert "apigateway:GET" in refused.value.hint


def test_an_http_api_behind_it_is_known(fake: ControlPlane) -> None:
    made = served(fake, bundle(OLD), kind="HTTP")
    seen = read(made)
    assert [api.kind for api in seen.apis.values() if api] == ["HTTP"]
    assert [one.code for one in found(seen, made)] == []
