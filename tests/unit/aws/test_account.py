"""What is read from AWS: from moto, and from one who refuses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from aws import account
from aws import survey as surveys
from aws.errors import AwsRefused
from aws.facts import Facts
from aws.parameters import Values
from tests import builders
from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.publisher_servers import Between, Reply, Request

NAME = "api.example.com"


def survey(stack: str = "no-such-stack", **values: str) -> Facts:
    given = Values({"DomainName": NAME, **values}, frozenset())
    return surveys.survey(account.sign_in("", REGION), given, stack)


@pytest.fixture
def client(aws: str) -> Callable[[str], Any]:
    assert aws
    return lambda service: boto3.client(service, region_name=REGION)


def test_an_empty_account_has_nothing(between: Between) -> None:
    facts = survey()
    assert (facts.account, facts.region) == (ACCOUNT, REGION)
    assert (facts.stack, facts.domain, facts.zone, facts.certificate, facts.stored) == (None,) * 5
    assert facts.unasked == ()
    assert {request.method for request in between.seen} <= {"GET", "POST"}


def test_a_certificate_is_read(client: Callable[[str], Any]) -> None:
    asked = client("acm").request_certificate(
        DomainName=NAME, SubjectAlternativeNames=["*.example.org"], ValidationMethod="DNS"
    )
    certificate = survey(CertificateArn=asked["CertificateArn"]).certificate
    assert certificate is not None
    assert set(certificate.names) == {NAME, "*.example.org"}
    assert certificate.type == "AMAZON_ISSUED"
    assert certificate.status in {"PENDING_VALIDATION", "ISSUED"}


def test_an_imported_certificate_is_read(client: Callable[[str], Any]) -> None:
    holder = builders.leaf(issuer=None, subject=f"CN={NAME}", key=builders.rsa_key(2048))
    arn = client("acm").import_certificate(
        Certificate=holder.pem.encode(), PrivateKey=_key(holder)
    )["CertificateArn"]
    facts = survey(OwnershipVerificationCertificateArn=arn)
    assert facts.certificate is None
    assert facts.ownership is not None
    assert (facts.ownership.type, facts.ownership.arn) == ("IMPORTED", arn)
    assert facts.ownership.not_after == holder.certificate.not_valid_after_utc


def test_a_zone_and_the_records_of_the_name_are_read(client: Callable[[str], Any]) -> None:
    route53 = client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference=uuid.uuid4().hex)
    number = zone["HostedZone"]["Id"].rpartition("/")[2]
    found = survey(HostedZoneId=number).zone
    assert found is not None
    assert (found.id, found.name, found.is_private, found.records) == (
        number,
        "example.com",
        False,
        (),
    )
    records = [(NAME, "CNAME"), (f"z.{NAME}", "CNAME"), ("aaa.example.com", "CNAME")]
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": kind,
                "TTL": 60,
                "ResourceRecords": [{"Value": "example.org"}],
            },
        }
        for name, kind in records
    ]
    route53.change_resource_record_sets(HostedZoneId=number, ChangeBatch={"Changes": changes})
    found = survey(HostedZoneId=number).zone
    assert found is not None
    assert found.records == ("CNAME",)


def test_a_stored_truststore_is_read_in_its_version(client: Callable[[str], Any]) -> None:
    s3, bucket = client("s3"), uuid.uuid4().hex
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    on = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)
    first = s3.put_object(Bucket=bucket, Key="a/t.pem", Body=b"first")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a/t.pem", Body=b"second")
    uri = f"s3://{bucket}/a/t.pem"
    found = survey(TruststoreUri=uri, TruststoreVersion=first).stored
    assert found is not None
    assert (found.uri, found.version, found.content, found.region) == (uri, first, b"first", REGION)
    other = survey(TruststoreUri=uri, TruststoreVersion=str(uuid.uuid4()))
    assert other.stored is None
    assert other.absent == {"TruststoreUri", "domain"}


def test_a_stack_is_read_with_its_resources(client: Callable[[str], Any]) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    body = {
        "Parameters": {"A": {"Type": "String"}},
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Url": {"Value": "https://x"}},
    }
    given = [{"ParameterKey": "A", "ParameterValue": "b"}]
    client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(body), Parameters=given
    )
    stack = survey(name).stack
    assert stack is not None
    assert (stack.name, stack.status) == (name, "CREATE_COMPLETE")
    assert (stack.parameters, stack.outputs) == ({"A": "b"}, {"Url": "https://x"})
    kind, physical = stack.resources["Bucket"]
    assert kind == "AWS::S3::Bucket"
    assert stack.owns(kind, physical)
    assert not stack.owns(kind, "other")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("CertificateArn", f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{uuid.uuid4()}"),
        ("OwnershipVerificationCertificateArn", f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/no"),
        ("HostedZoneId", "Z0NOSUCHZONE"),
        ("TruststoreUri", "s3://no-such-bucket-here/t.pem"),
    ],
)
def test_what_is_not_there_is_absent(between: Between, parameter: str, value: str) -> None:
    facts = survey(**{parameter: value, "TruststoreVersion": "v"})
    assert parameter in facts.absent
    assert facts.unasked == ()
    assert between.seen


def denied(request: Request) -> Reply | None:
    """Nothing may be asked but who one is; each service has its own way to say so."""
    if b"GetCallerIdentity" in request.body:
        return None
    if b"DescribeStacks" in request.body or request.method == "GET":
        named = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        if request.target.startswith(("/domainnames", "/account")):
            return Reply(403, {"x-amzn-errortype": "AccessDeniedException"}, b'{"message": "no"}')
        if not request.target.startswith("/bucket"):
            named = f"<ErrorResponse>{named}</ErrorResponse>"
        return Reply(403, {"content-type": "text/xml"}, named.encode())
    said = json.dumps({"__type": "AccessDeniedException", "Message": "no"})
    return Reply(400, {"content-type": "application/x-amz-json-1.1"}, said.encode())


def test_what_may_not_be_asked_is_named_with_its_permission(between: Between) -> None:
    between.meddle = denied
    arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/x"
    facts = survey(
        CertificateArn=arn,
        HostedZoneId="Z1",
        TruststoreUri="s3://bucket/t.pem",
        TruststoreVersion="v",
    )
    assert {(one.about, one.permission) for one in facts.unasked} == {
        ("CertificateArn", "acm:DescribeCertificate"),
        ("HostedZoneId", "route53:GetHostedZone"),
        ("TruststoreUri", "s3:GetObjectVersion"),
        ("domain", "apigateway:GET"),
        ("stack", "cloudformation:DescribeStacks"),
        ("log role", "apigateway:GET"),
    }
    assert facts.absent == frozenset()
    assert facts.log_role is None


def test_any_other_error_of_aws_stops(between: Between) -> None:
    def broken(request: Request) -> Reply | None:
        said = Reply(400, {"x-amzn-errortype": "BadRequestException"}, b'{"message": "no"}')
        return said if request.target.startswith("/domainnames") else None

    between.meddle = broken
    with pytest.raises(AwsRefused, match=r"cannot read the domain .*: no \(BadRequestException\)"):
        survey()


def test_without_credentials_there_is_no_account(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert account.sign_in("", REGION).number == ACCOUNT
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(AwsRefused) as refused:
        account.sign_in("", REGION)
    assert refused.value.message.startswith("no AWS credentials")
    assert refused.value.hint.startswith("aws configure")
    assert aws


def test_without_a_region_there_is_no_session(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    assert account.session_of("", "eu-west-1").region_name == "eu-west-1"
    with pytest.raises(AwsRefused, match="no region is set"):
        account.session_of("", "")
    with pytest.raises(AwsRefused) as refused:
        account.session_of("no-such-profile", "eu-west-1")
    assert refused.value.hint == "aws configure list-profiles"
    assert aws


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense"])
def test_an_endpoint_that_does_not_answer_is_a_refusal(
    aws: str, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setattr(account, "_ATTEMPTS", 1)
    with pytest.raises(AwsRefused, match=r"cannot (reach AWS|use sts)") as refused:
        account.sign_in("", REGION)
    assert refused.value.hint
    assert aws


def _key(holder: builders.Holder) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    return holder.key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
