"""`python -m aws deploy`: all that can be wrong is said before anything is created."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import boto3
import pytest

from tests import builders
from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.project import NAME, Project, deployable, domain
from tests.unit.aws.publisher_servers import Between, Reply, Request, s3_error


@pytest.fixture
def project(tmp_path: Path, aws: str, between: Between, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return deployable(tmp_path, aws, between)


def asked(project: Project) -> list[Request]:
    assert project.between is not None
    return project.between.seen


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "DomainName=API.example.com"),
        ("--set", "DomainNam=api.example.com"),
        ("--set", "HostedZoneId="),
        ("--set", "AllowUris="),
        ("--set", "AllowUris=billing"),
        ("--set", "TruststoreVersion=v1"),
        ("--set", "TruststoreUri=s3://bucket/t.pem"),
        ("--set", "BasePath=a/b"),
        ("--set", "TokenIssuer=https://issuer.example"),
        ("--set", "TokenJwks=http://issuer.example/jwks.json"),
        ("--set", "ClientRate=20/s"),
        ("--set", "ClientBurst=many"),
        ("--set", f"CertificateArn=arn:aws:acm:us-east-1:{ACCOUNT}:certificate/x"),
    ],
)
def test_a_parameter_that_cannot_work_stops_before_aws_is_asked(
    project: Project, words: tuple[str, ...]
) -> None:
    done = project.run("deploy", "--yes", *words)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.splitlines()[-2] == "error: stopped at 1 error: nothing has been changed"
    assert asked(project) == []
    assert project.calls == []


def test_an_error_in_the_truststore_stops_before_aws_is_asked(project: Project) -> None:
    project.pack(builders.leaf(issuer=None).pem)
    done = project.run("deploy", "--yes")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: truststore.root-missing: ")
    project.packed.unlink()
    done = project.run("deploy", "--yes")
    assert done.stderr.startswith("error: truststore.not-packed: ")
    assert "hint: make truststore\n" in done.stderr
    assert asked(project) == []
    assert project.calls == []


def test_all_faults_are_said_at_once(project: Project) -> None:
    project.pack("nothing")
    (project.home / "samconfig.toml").write_text("")
    done = project.run("deploy", "--yes", "--set", "MemorySize=1", "--set", "Domain=x")
    for code in (
        *("parameter.unknown", "parameter.missing", "parameter.value"),
        *("samconfig.stack-name", "truststore.not-pem"),
    ):
        assert f"error: {code}: " in done.stderr
    assert "stopped at 5 errors" in done.stderr


def test_without_credentials_nothing_begins(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    done = project.run("deploy", "--yes")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: no AWS credentials: ")
    assert "hint: aws configure" in done.stderr
    assert project.calls == []


def test_what_aws_says_against_it_stops_before_the_build(project: Project) -> None:
    project.gateway.before = domain()
    done = project.run("deploy", "--yes")
    assert done.exit_code == 1
    assert f"error: domain.taken: the domain {NAME} is there already" in done.stderr
    assert {request.method for request in asked(project)} <= {"GET", "POST"}
    assert project.calls == []


def test_a_zone_of_another_name_stops(project: Project) -> None:
    done = project.run("deploy", "--yes", "--set", "DomainName=api.example.org")
    assert done.exit_code == 1
    assert "error: zone.name: HostedZoneId is the zone of example.com" in done.stderr
    assert project.calls == []


def test_a_truststore_in_s3_is_checked_and_needs_no_packed_one(project: Project) -> None:
    project.packed.unlink()
    s3, bucket = boto3.client("s3"), uuid.uuid4().hex
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    on = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)

    def version(content: str) -> str:
        return str(s3.put_object(Bucket=bucket, Key="t.pem", Body=content.encode())["VersionId"])

    uri, good, bad = f"s3://{bucket}/t.pem", version(builders.authority().pem), version("nothing")
    words = ("deploy", "--yes", "--set", f"TruststoreUri={uri}", "--set")
    done = project.run(*words, f"TruststoreVersion={bad}")
    assert "error: truststore.not-pem" in done.stderr
    assert project.calls == []
    in_force = {"truststoreUri": uri, "truststoreVersion": good}
    project.gateway.domains = [domain(mutualTlsAuthentication=in_force)]
    project.make_sam(outputs={"TruststoreUri": uri, "TruststoreVersion": good})
    done = project.run(*words, f"TruststoreVersion={good}")
    assert done.exit_code == 0, done.stderr
    assert project.calls[0]["env"]["TRUSTSTORE"] == "none"


def test_what_may_not_be_asked_does_not_stop(project: Project) -> None:
    assert project.between is not None

    def no_zones(request: Request) -> Reply | None:
        if "hostedzone" in request.target:
            return s3_error(403, "AccessDenied", "no")
        return project.gateway.reply(request)

    project.between.meddle = no_zones
    done = project.run("deploy", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "warning: aws.not-allowed: not checked: cannot read the hosted zone" in done.stderr
    assert "hint: allow route53:GetHostedZone" in done.stderr
