"""samconfig.toml: what `sam` gets without being told."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from aws import overrides, parameters
from aws.template import read
from tests.packaging.template.source import FILE, REGION, ROOT, program, run

TEXT = (ROOT / "samconfig.toml").read_text()
SECTIONS = tomllib.loads(TEXT)["default"]


@cache
def options(command: str) -> set[str]:
    """What `sam COMMAND` takes, by the names that samconfig.toml has for them."""
    done = run(program("sam", "sam"), command, "--help")
    assert done.returncode == 0, done.stderr
    return {found.replace("-", "_") for found in re.findall(r"--([a-z0-9][a-z0-9-]*)", done.stdout)}


def unknown(command: str, settings: dict[str, object]) -> set[str]:
    return set(settings) - options("deploy" if command == "global" else command)


def test_sam_knows_every_option() -> None:
    assert set(SECTIONS) == {"global", "build", "validate", "deploy"}
    for command, section in SECTIONS.items():
        assert set(section) == {"parameters"}
        assert unknown(command, section["parameters"]) == set()


def test_an_option_that_sam_does_not_know_is_seen() -> None:
    """sam itself passes over it in silence."""
    assert unknown("deploy", {"confirm_changesets": True, "resolve_s3": True}) == {
        "confirm_changesets"
    }
    assert unknown("validate", {"cached": False}) == {"cached"}


def test_a_deployment_shows_its_changes_and_may_make_unnamed_roles_alone() -> None:
    deploy = SECTIONS["deploy"]["parameters"]
    assert deploy["confirm_changeset"] is True
    assert deploy["capabilities"] == "CAPABILITY_IAM"
    assert SECTIONS["validate"]["parameters"]["lint"] is True


def test_nobodys_parameters_are_in_it() -> None:
    for section in SECTIONS.values():
        assert section["parameters"].keys().isdisjoint({"parameter_overrides", "region", "profile"})


@pytest.mark.parametrize(("text", "findings"), [("", 0), ("DomainName=API.example.com", 1)])
def test_the_example_in_the_comment_would_be_deployed(text: str, findings: int) -> None:
    (line,) = re.findall(r"(?m)^# (parameter_overrides = .*)$", TEXT)
    given = overrides.read(tomllib.loads(line)["parameter_overrides"])
    _, found = parameters.settle(read(FILE), given | overrides.read(text), REGION)
    assert len(found) == findings
