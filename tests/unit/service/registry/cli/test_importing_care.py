"""What an import does not do, since an older file would undo what somebody meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.registry.registration import Status
from tests.unit.service.registry.cli.command import BILLING, Command

TABLE = "id,organization,uri\nbilling,Example,spiffe://example.org/billing\n"


def _file(**more: Any) -> str:
    uri = {"kind": "uri", "value": "spiffe://example.org/billing"}
    client = {"id": "billing", "organization": "Example", "matchers": [uri], **more}
    return json.dumps({"clients": [client]})


@pytest.mark.parametrize(
    ("name", "content"),
    [("c.json", _file()), ("c.json", _file(status="active")), ("c.csv", TABLE)],
    ids=["nothing said", "active", "a table without"],
)
def test_who_is_suspended_is_not_let_in_by_a_file(
    command: Command, name: str, content: str
) -> None:
    command.said("add", *BILLING)
    path = command.file(name, content)
    assert command.said("import", path) == "added: 0, updated: 0, as they were: 1\n"
    command.said("suspend", "billing")
    errors, hint = command.refused("import", path, "--replace")
    assert [error.partition(": ")[2] for error in errors] == [
        "'billing' is suspended, and active in the file"
    ]
    assert hint.endswith("clients resume ID")
    assert command.get().status is Status.SUSPENDED
    command.said("resume", "billing")
    command.said("import", path, "--replace")


def test_who_is_suspended_in_the_file_too_is_changed(command: Command) -> None:
    command.said("add", *BILLING)
    command.said("suspend", "billing")
    path = command.file("c.json", _file(status="suspended", note="new"))
    assert command.said("import", path, "--replace") == "added: 0, updated: 1, as they were: 0\n"
    assert (command.get().status, command.get().note) == (Status.SUSPENDED, "new")


def test_an_id_that_was_another_organizations_is_not_given_away(command: Command) -> None:
    command.said("add", "billing", "--organization", "Former", "--dns", "former.example")
    command.said("delete", "billing")
    others = [{"id": one, "organization": "Example"} for one in ("able", "zebra")]
    clients = [others[0], *json.loads(_file())["clients"], others[1]]
    path = command.file("c.json", json.dumps({"clients": clients}))
    errors, hint = command.refused("import", path)
    assert errors == ["clients/1: 'billing' was a client of 'Former', expected another id"]
    assert hint.startswith("nothing was written")
    assert command.ids() == []
