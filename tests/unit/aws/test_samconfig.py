"""samconfig.toml as `sam deploy` reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws import samconfig
from aws.errors import AwsRefused
from pki.errors import PkiError

ROOT = Path(__file__).resolve().parents[3]
FULL = """
version = 0.1
[default.global.parameters]
stack_name = "from-global"
region = "eu-central-1"
[default.deploy.parameters]
region = "eu-west-1"
profile = "me"
parameter_overrides = "DomainName=api.example.com AllowSubjects='CN=a b'"
[default.build.parameters]
profile = "not of deploy"
[prod.deploy.parameters]
stack_name = "prod"
parameter_overrides = ["DomainName=prod.example.com", "Tracing=on"]
[table.deploy.parameters]
parameter_overrides = { DomainName = "t.example.com", MemorySize = 256 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(FULL)
    return path


def test_deploy_counts_more_than_global(file: Path) -> None:
    found = samconfig.read(file)
    assert (found.stack_name, found.region, found.profile) == ("from-global", "eu-west-1", "me")
    assert found.parameters == {"DomainName": "api.example.com", "AllowSubjects": "CN=a b"}
    assert found.settings == {"stack_name", "region", "profile", "parameter_overrides"}


def test_another_environment_inherits_nothing(file: Path) -> None:
    found = samconfig.read(file, "prod")
    assert (found.environment, found.stack_name, found.region) == ("prod", "prod", "")
    assert found.parameters == {"DomainName": "prod.example.com", "Tracing": "on"}


def test_parameters_may_be_a_table(file: Path) -> None:
    found = samconfig.read(file, "table").parameters
    assert found == {"DomainName": "t.example.com", "MemorySize": "256"}


def test_without_the_file_nothing_is_set(tmp_path: Path) -> None:
    assert samconfig.read(tmp_path / "none.toml") == samconfig.SamConfig()


def test_an_unknown_environment_is_refused_with_the_nearest(file: Path) -> None:
    with pytest.raises(AwsRefused) as refused:
        samconfig.read(file, "prd")
    assert refused.value.message.endswith("has no environment 'prd'")
    assert "--config-env prod" in refused.value.hint


@pytest.mark.parametrize(
    "content",
    [
        "this is no toml",
        "[default.deploy.parameters\n",
        "default = 5",
        "[default]\ndeploy = 5",
        "[default.deploy]\nparameters = 5",
        "[default.deploy.parameters]\nstack_name = 5",
        '[default.deploy.parameters]\nparameter_overrides = "DomainName"',
    ],
)
def test_what_is_no_samconfig_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(content)
    with pytest.raises(AwsRefused) as refused:
        samconfig.read(path)
    assert refused.value.message
    assert refused.value.hint


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(AwsRefused):
        samconfig.read(path)
    with pytest.raises(PkiError, match="is a directory"):
        samconfig.read(tmp_path)


def test_the_file_of_the_repository_names_a_stack() -> None:
    assert samconfig.read(ROOT / "samconfig.toml").stack_name
