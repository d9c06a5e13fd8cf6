from __future__ import annotations

import json

import pytest

from service.registry.cli import context, looking
from tests.unit.service.registry.cli.command import BILLING, Command


def test_an_empty_registry_is_said_to_be_one(command: Command) -> None:
    assert command.said("list") == "nobody is registered\n"
    assert command.json("list") == {"clients": []}


def test_clients_are_listed_in_the_order_of_their_ids(command: Command) -> None:
    command.said("add", "shipping", "--organization", "Ships", "--dns", "ships.example")
    command.said("add", *BILLING, "--scope", "orders:read")
    command.said("suspend", "shipping")
    lines = [line.split() for line in command.said("list").splitlines()]
    assert lines == [
        ["ID", "STATUS", "ORGANIZATION", "SCOPES", "LAST", "SEEN"],
        ["billing", "active", "Example", "orders:read", "never"],
        ["shipping", "suspended", "Ships", "-", "never"],
    ]
    assert [one["id"] for one in command.json("list")["clients"]] == ["billing", "shipping"]


def test_clients_are_listed_by_organization_and_status(command: Command) -> None:
    for id_, organization in (("one", "A"), ("two", "A"), ("three", "B")):
        command.said("add", id_, "--organization", organization, "--dns", f"{id_}.example")
    command.said("suspend", "two")

    def listed(*words: str) -> list[str]:
        return [one["id"] for one in command.json("list", *words)["clients"]]

    assert listed("--organization", "A") == ["one", "two"]
    assert listed("--organization", "A", "--status", "suspended") == ["two"]
    assert listed("--status", "active") == ["one", "three"]
    assert listed("--organization", "C") == []
    errors, _ = command.refused("list", "--status", "gone", code=2)
    assert "'gone' is not one of 'active', 'suspended'" in errors[0]


def test_more_clients_than_a_page_has_are_listed(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_PAGE", 2)
    for number in range(5):
        command.said("add", f"c{number}", "--organization", "A", "--dns", f"{number}.example")
    listed = [one["id"] for one in command.json("list")["clients"]]
    assert listed == [f"c{number}" for number in range(5)]
    assert len(json.loads(command.said("export"))["clients"]) == 5


def test_all_that_is_known_of_a_client_is_shown(command: Command) -> None:
    words = ("--issuer", "CN=CA", "--rate", "90/m", "--burst", "5", "--note", "a\nb")
    command.said("add", *BILLING, *words)
    lines = command.said("show", "billing").splitlines()
    assert lines[:-2] == [
        "billing",
        "  organization  Example",
        "  status        active",
        "  recognised by uri spiffe://example.org/billing, issued by CN=CA",
        "  scopes        none",
        "  rate          1.5/s, 5 at once",
        "  note          a",
        "  note          b",
    ]
    assert lines[-2].startswith("  version       1, of ")
    assert lines[-1] == "  last seen     never"
    assert command.json("show", "billing")["note"] == "a\nb"


def test_what_would_control_a_terminal_is_shown_as_what_it_is(command: Command) -> None:
    command.said("add", "odd", "--organization", "Odd\x9b2J\u202e", "--dns", "odd.example")
    for words in (("show", "odd"), ("list",), ("audit", "odd")):
        said = command.said(*words)
        assert "\\x9b2J\\u202e" in said
        assert "\x9b" not in said


def test_the_trail_says_who_changed_what_the_latest_first(command: Command) -> None:
    command.said("add", *BILLING)
    command.said("update", "billing", "--scope", "orders:read", "--note", "x")
    command.said("delete", "billing")
    lines = command.said("audit", "billing").splitlines()
    heads = [line.split()[1:] for line in lines if not line.startswith(" ")]
    assert heads == [["delete", "cli:ann"], ["update", "cli:ann"], ["create", "cli:ann"]]
    assert '    scopes: [] → ["orders:read"]' in lines
    assert '    note: "" → "x"' in lines
    changes = command.json("audit", "billing")["changes"]
    assert [one["action"] for one in changes] == ["delete", "update", "create"]
    assert (changes[0]["after"], changes[2]["before"]) == (None, None)
    assert changes[1]["after"]["scopes"] == ["orders:read"]


def test_a_trail_that_is_longer_than_a_page_is_shown(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_PAGE", 2)
    command.said("add", *BILLING)
    for number in range(4):
        command.said("update", "billing", "--note", str(number))
    notes = [one["after"]["note"] for one in command.json("audit", "billing")["changes"]]
    assert notes == ["3", "2", "1", "0", ""]


def test_who_was_never_there_has_no_trail(command: Command) -> None:
    errors, hint = command.refused("audit", "nobody")
    assert errors == ["there has never been a client 'nobody'"]
    assert hint == "flask --app service.wsgi clients list"
