"""The command line itself: what it needs, and what it says where that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from service.registry.cli import clients, context
from service.registry.store import StoreUnavailable
from tests.unit.service.registry.cli.command import BILLING, Command

ROOT = Path(__file__).resolve().parents[5]
FLASK = (sys.executable, "-m", "flask", "--app", "service.wsgi")


def flask(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FLASK, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_command_needs_nothing_of_the_environment_but_the_registry(tmp_path: Path) -> None:
    registry = f"sqlite:///{tmp_path}/registry.sqlite"
    added = flask("clients", "add", *BILLING, CLIENT_REGISTRY=registry)
    assert (added.returncode, added.stderr) == (0, "")
    listed = flask("clients", "list", CLIENT_REGISTRY=registry)
    assert "billing" in listed.stdout


def test_flask_run_needs_all_that_the_service_needs() -> None:
    done = flask("run", "--port", "0")
    assert done.returncode == 1
    assert "error: CLIENT_CERT_SOURCE is ''" in done.stderr
    assert "Traceback" not in done.stderr


def test_flask_names_the_command() -> None:
    done = flask("--help")
    assert done.returncode == 0
    assert "clients" in done.stdout


def test_without_a_registry_there_is_nothing_to_say(command: Command) -> None:
    for words in (("list",), ("add", *BILLING), ("export",), ("suspend", "x")):
        errors, hint = command.refused(*words, CLIENT_REGISTRY="")
        assert errors == ["CLIENT_REGISTRY is not set, expected sqlite:///PATH or dynamodb://TABLE"]
        assert hint.startswith("CLIENT_REGISTRY=sqlite:///")


def test_a_registry_of_no_kind_is_told(command: Command) -> None:
    errors, _ = command.refused("list", CLIENT_REGISTRY="mysql://x")
    assert errors == ["CLIENT_REGISTRY is 'mysql://x'; expected sqlite:///PATH or dynamodb://TABLE"]


def test_a_file_that_cannot_be_used_is_told(command: Command) -> None:
    path = command.file("registry.sqlite", b"no database" * 1000)
    errors, hint = command.refused("list")
    assert errors[0].startswith(f"CLIENT_REGISTRY is 'sqlite:///{path}'; ")
    assert "import your last export" in hint
    missing = f"sqlite:///{command.folder}/not-there/registry.sqlite"
    _, hint = command.refused("list", CLIENT_REGISTRY=missing)
    assert hint == f"mkdir -p {command.folder}/not-there"


def test_a_store_that_fails_in_between_is_told(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def get(self, _id: str) -> None:
            raise StoreUnavailable("the table is throttled", "wait a little")

    monkeypatch.setattr(context, "store", Failing)
    errors, hint = command.refused("show", "billing")
    assert errors == ["the registry cannot be used: the table is throttled"]
    assert hint == "wait a little"


def test_an_interruption_ends_without_a_traceback(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> datetime:
        raise KeyboardInterrupt

    monkeypatch.setattr(context, "now", interrupted)
    done = command("add", *BILLING)
    assert done.exit_code == 130
    assert command.ids() == []


@pytest.mark.parametrize("name", clients.commands)
def test_every_command_says_what_it_does_without_a_registry(command: Command, name: str) -> None:
    said = command.said(name, "--help", CLIENT_REGISTRY="")
    assert said.startswith(f"Usage: clients {name} ")


def test_a_command_that_is_none_is_told(command: Command) -> None:
    errors, hint = command.refused("frobnicate", code=2)
    assert errors == ["no such command 'frobnicate'"]
    assert hint == "flask --app service.wsgi clients --help"


def test_nobody_can_be_an_actor_whose_name_is_no_name(command: Command) -> None:
    command.said("add", *BILLING, LOGNAME="a\nb")
    assert command.store.audit("billing").items[0].actor == f"cli:{os.getuid()}"
