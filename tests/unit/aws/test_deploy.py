"""`python -m aws deploy` that goes well, and how sam is called."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.project import BUCKET, NAME, Project, deployable
from tests.unit.aws.publisher_servers import Between, Reply, Request


@pytest.fixture
def project(tmp_path: Path, aws: str, between: Between, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return deployable(tmp_path, aws, between)


def test_a_good_deployment_ends_with_what_to_type(project: Project) -> None:
    (project.home / "pki/clients").mkdir(parents=True)
    (project.home / "pki/clients/billing.pem").touch()
    done = project.run("deploy", "--yes")
    assert done.exit_code == 0, done.stderr
    assert project.commands == ["build", "deploy"]
    assert done.stderr == (
        f"· checking account {ACCOUNT}, region {REGION}\n"
        "· building for arm64\n"
        f"· deploying the stack {project.stack}\n"
        f"· asking API Gateway about {NAME}\n"
    )
    assert done.stdout == (
        f"{NAME} is AVAILABLE: https://{NAME}\n"
        f"  truststore  {BUCKET}, version v2\n"
        "next:\n"
        f"  curl --cert pki/clients/billing.pem --key pki/clients/billing.key https://{NAME}/whoami\n"
    )


def owning(project: Project) -> Callable[[Request], Reply | None]:
    """moto passes over the domain in a stack: this says that it is there."""

    def reply(request: Request) -> Reply | None:
        if b"ListStackResources" not in request.body:
            return project.gateway.reply(request)
        domain = (
            f"<ResourceType>AWS::ApiGateway::DomainName</ResourceType><PhysicalResourceId>{NAME}"
        )
        return Reply(
            200,
            {"content-type": "text/xml"},
            "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries><member>"
            f"<LogicalResourceId>ApiDomain</LogicalResourceId>{domain}</PhysicalResourceId></member>"
            "</StackResourceSummaries></ListStackResourcesResult>"
            "</ListStackResourcesResponse>".encode(),
        )

    return reply


def test_a_deployment_can_be_repeated_by_its_stack_alone(project: Project) -> None:
    assert project.between is not None
    assert project.run("deploy", "--yes").exit_code == 0
    assert "error: domain.taken" in project.run("deploy", "--yes").stderr
    project.between.meddle = owning(project)
    again = project.run("deploy", "--yes")
    assert again.exit_code == 0, again.stderr
    assert "is AVAILABLE" in again.stdout
    assert project.commands == ["build", "deploy"] * 2


def test_sam_gets_every_parameter_the_stack_and_the_region(project: Project) -> None:
    project.run("deploy", "--yes", "--set", "AllowSubjects=CN=a b;CN=it's", "--set", "BasePath=v1")
    built, deployed = project.calls
    words = deployed["words"]
    assert words[:5] == ["deploy", "--stack-name", project.stack, "--region", REGION]
    assert {"--no-fail-on-empty-changeset", "--no-confirm-changeset"} <= set(words)
    assert {"--capabilities", "--resolve-s3", "--config-env", "--profile"}.isdisjoint(words)
    pairs = words[words.index("--parameter-overrides") + 1 :]
    assert {'AllowSubjects="CN=a b;CN=it\'s"', "BasePath=v1", "MemorySize=512"} <= set(pairs)
    assert pairs == built["words"][built["words"].index("--parameter-overrides") + 1 :]
    names = {pair.partition("=")[0] for pair in pairs}
    assert {"DomainName", "TruststoreUri", "AlarmEmail", "ApiGatewayAccountRole"} <= names


def test_what_was_typed_can_be_kept(project: Project) -> None:
    done = project.run("deploy", "--yes", "--set", "AllowSubjects=CN=a b")
    assert '[default.deploy.parameters]:\n  parameter_overrides = "DomainName=' in done.stdout
    assert 'AllowSubjects=\\"CN=a b\\""\n' in done.stdout
    line = next(line for line in done.stdout.splitlines() if "parameter_overrides" in line)
    (project.home / "samconfig.toml").write_text(
        f'[default.deploy.parameters]\nstack_name = "{project.stack}"\n{line}\n'
    )
    again = project.run("deploy", "--yes", "--check-only")
    assert "parameter" not in again.stderr


def test_an_environment_of_its_own_gets_what_it_does_not_set(project: Project) -> None:
    text = (project.home / "samconfig.toml").read_text().replace("[default.", "[prod.")
    kept = [line for line in text.splitlines() if "capabilities" not in line and "s3" not in line]
    (project.home / "samconfig.toml").write_text("\n".join(kept))
    assert project.run("deploy", "--yes", "--config-env", "prod").exit_code == 0
    words = project.calls[1]["words"]
    assert words[words.index("--capabilities") + 1] == "CAPABILITY_IAM"
    assert "--resolve-s3" in words
    assert words[words.index("--config-env") + 1] == "prod"


def test_check_only_changes_nothing(project: Project) -> None:
    done = project.run("deploy", "--check-only")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "nothing is in the way\nnext:\n  make deploy\n"
    assert project.calls == []


def test_check_only_is_json_for_programs(project: Project) -> None:
    assert json.loads(project.run("deploy", "--check-only", "--json").stdout) == []
    done = project.run("deploy", "--check-only", "--json", "--set", "BasePath=ping")
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)
    assert (finding["severity"], finding["code"]) == ("error", "parameter.rule")
    assert project.calls == []


def test_an_option_of_the_command_line_counts_more_than_samconfig(project: Project) -> None:
    text = (project.home / "samconfig.toml").read_text()
    (project.home / "samconfig.toml").write_text(
        text.replace(
            "[default.deploy.parameters]", '[default.deploy.parameters]\nregion = "eu-west-1"'
        )
    )
    assert "region eu-west-1\n" in project.run("deploy", "--check-only").stderr
    done = project.run("deploy", "--check-only", "--region", "eu-north-1")
    assert "region eu-north-1\n" in done.stderr
