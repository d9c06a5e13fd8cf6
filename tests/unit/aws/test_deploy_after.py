"""`python -m aws deploy`, once sam has done its part: does it work."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.project import BUCKET, NAME, Project, deployable, domain
from tests.unit.aws.publisher_servers import Between, Reply, Request


@pytest.fixture
def project(tmp_path: Path, aws: str, between: Between, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return deployable(tmp_path, aws, between)


@pytest.mark.parametrize(
    ("failing", "commands"), [("build", ["build"]), ("deploy", ["build", "deploy"])]
)
def test_the_failure_of_sam_is_ours(project: Project, failing: str, commands: list[str]) -> None:
    project.make_sam(fails={failing: 3})
    done = project.run("deploy", "--yes")
    assert done.exit_code == 3
    assert f"error: sam {failing} failed\n" in done.stderr
    assert project.commands == commands


def test_a_domain_on_its_way_is_waited_for(project: Project) -> None:
    project.gateway.domains = [domain("UPDATING"), domain("PENDING"), domain()]
    done = project.run("deploy", "--yes")
    assert done.exit_code == 0
    assert f"· {NAME} is UPDATING, 0 s of at most 1200\n· {NAME} is PENDING" in done.stderr


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (domain("FAILED", domainNameStatusMessage="Why."), "domain.failed"),
        (domain("PENDING_OWNERSHIP_VERIFICATION"), "domain.pending-ownership-verification"),
        (domain("PENDING_CERTIFICATE_REIMPORT"), "domain.pending-certificate-reimport"),
        (domain(warnings=("Certificate CN=x is weak",)), "domain.truststore-warning"),
        (domain(mutualTlsAuthentication={}), "domain.mutual-tls-off"),
        (
            domain(mutualTlsAuthentication={"truststoreUri": BUCKET, "truststoreVersion": "v1"}),
            "domain.other-truststore",
        ),
    ],
)
def test_a_domain_that_does_not_work_is_a_failure(
    project: Project, says: dict[str, object], code: str
) -> None:
    project.gateway.domains = [says]
    done = project.run("deploy", "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"error: {code}: " in done.stderr
    assert "error: stopped at 1 error: the stack is deployed\n" in done.stderr
    assert "curl" not in done.stderr


def test_waiting_has_an_end(project: Project) -> None:
    project.gateway.domains = [domain("UPDATING")]
    done = project.run("deploy", "--yes", "--wait", "0")
    assert done.exit_code == 1
    assert "error: domain.updating: " in done.stderr


def test_a_change_set_that_nobody_executed_is_no_deployment(project: Project) -> None:
    project.make_sam(executes=False)
    done = project.run("deploy", "--yes")
    assert done.exit_code == 1
    assert f"error: the stack {project.stack} is not there" in done.stderr


def test_a_stack_without_our_outputs_is_refused(project: Project) -> None:
    project.make_sam(outputs={"TruststoreVersion": ""})
    done = project.run("deploy", "--yes")
    assert done.exit_code == 1
    assert "is CREATE_COMPLETE, without the output TruststoreVersion" in done.stderr


def test_without_a_zone_the_dns_record_is_told(project: Project) -> None:
    assert project.between is not None
    arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/x"
    issued = {"DomainName": "*.example.com", "Status": "ISSUED", "Type": "AMAZON_ISSUED"}
    answer = Reply(200, {}, json.dumps({"Certificate": issued}).encode())

    def certificate(request: Request) -> Reply | None:
        asked_for = request.headers.get("x-amz-target", "")
        if asked_for == "CertificateManager.DescribeCertificate":
            assert json.loads(request.body) == {"CertificateArn": arn}
            return answer
        return project.gateway.reply(request)

    project.between.meddle = certificate
    done = project.run(
        "deploy", "--yes", "--set", "HostedZoneId=", "--set", f"CertificateArn={arn}"
    )
    assert done.exit_code == 0, done.stderr
    record = f"{NAME} CNAME d-1.execute-api.eu-central-1.amazonaws.com"
    assert f"  DNS         yours to set: {record}\n" in done.stdout
