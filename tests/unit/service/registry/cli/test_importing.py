from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from service.rate import LEAST, Rate
from service.registry.cli import context, moving
from service.registry.matcher import Matcher
from service.registry.registration import Registration, Status
from service.registry.store import Actor
from tests.unit.service.registry.cli.command import Command, client, written

ME = Actor("cli:test")
URI = "'spiffe://example.org/billing'"
HASH = "SHA-256 of an API key as 64 hex digits"
FIELDS = "organization, matchers, scopes, rate, note, id, status, api_keys"
FULL = Registration(
    "full",
    'Smith, "Ann" & Söhne',
    (
        Matcher.of("uri", "spiffe://example.org/full"),
        Matcher.of("uri", "spiffe://example.org/full-2"),
        Matcher.of("uri-prefix", "spiffe://example.org/full/"),
        Matcher.of("dns", "full.example"),
        Matcher.of("subject", "CN=full\\, and more,O=Ä"),
        Matcher.of("fingerprint", "ab" * 32),
    ),
    frozenset({"orders:read", "orders:write"}),
    Status.SUSPENDED,
    Rate(1 / 3, 7),
    'two lines\nof "notes", and; more',
    ("cd" * 32,),
)
ISSUED = Registration(
    "issued",
    "Issued",
    (
        Matcher.of("uri", "spiffe://example.org/issued", "CN=CA\\;x,C=DE"),
        Matcher.of("dns", "issued.example", "CN=CA\\;x,C=DE"),
    ),
)
MIXED = Registration(
    "mixed",
    "Mixed",
    (
        Matcher.of("uri", "spiffe://example.org/mixed", "CN=One CA"),
        Matcher.of("uri", "spiffe://example.org/mixed", "CN=Other CA"),
        Matcher.of("dns", "mixed.example"),
    ),
)
BARE = Registration("bare", "Bare")
EVERY = (FULL, ISSUED, MIXED, BARE)


def plain(one: Registration) -> Registration:
    """Without what is the store's business."""
    return replace(one, version=0, created=None, updated=None, matchers=(*sorted_(one),))


def sorted_(one: Registration) -> list[Matcher]:
    return sorted(one.matchers, key=lambda matcher: matcher.key)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_is_exported_is_imported_as_it_was(command: Command, form: str) -> None:
    for one in EVERY:
        command.store.create(one, ME, context.now())
    text = command.said("export", "--format", form)
    path = command.file(f"clients.{form}", text)
    other = {"CLIENT_REGISTRY": f"sqlite:///{command.folder}/other.sqlite"}
    said = command.said("import", path, **other)
    assert said == "added: 4, updated: 0, as they were: 0\n"
    assert command.said("export", "--format", form, **other) == text
    command.env |= other
    for one in EVERY:
        assert plain(command.get(one.id)) == plain(one)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_import_that_is_said_again_changes_nothing(command: Command, form: str) -> None:
    for one in EVERY:
        command.store.create(one, ME, context.now())
    path = command.file(f"clients.{form}", command.said("export", "--format", form))
    assert command.said("import", path) == "added: 0, updated: 0, as they were: 4\n"
    assert [one.version for one in command.store.list().items] == [1] * 4


def test_those_of_one_organization_are_exported(command: Command) -> None:
    for one in EVERY:
        command.store.create(one, ME, context.now())
    found = json.loads(command.said("export", "--organization", "Mixed"))["clients"]
    assert [one["id"] for one in found] == ["mixed"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(command: Command) -> None:
    path = written(command, client("one"), client("two"))
    said = command.said("import", path, "--dry-run")
    assert said == "would be added: 2, would be updated: 0, as they were: 0\n"
    assert command.ids() == []


def test_programs_get_the_ids(command: Command) -> None:
    command.said("import", written(command, client("one")))
    path = written(command, client("one"), client("two"))
    assert command.json("import", path) == {"added": ["two"], "updated": [], "unchanged": ["one"]}


def test_a_client_that_is_there_and_otherwise_is_in_the_way(command: Command) -> None:
    command.said("import", written(command, client("one")))
    path = written(command, client("two"), client("one", note="other"))
    errors, hint = command.refused("import", path)
    assert errors == ["clients/1: there is a client 'one', and it is not the same"]
    assert "--replace" in hint
    assert command.ids() == ["one"]
    said = command.said("import", path, "--replace")
    assert said == "added: 1, updated: 1, as they were: 0\n"
    assert (command.get("one").note, command.get("one").version) == ("other", 2)


@pytest.mark.parametrize(
    "change",
    [
        {"organization": "Other"},
        {"scopes": ["orders:read"]},
        {"matchers": []},
        {"rate": {"per_second": 1, "burst": 1}},
        {"note": "x"},
        {"status": "suspended"},
        {"api_keys": ["ab" * 32]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_client_that_differs_in_anything_is_not_the_same(
    command: Command, change: dict[str, Any]
) -> None:
    command.said("import", written(command, client("one")))
    created = command.get("one").created
    path = written(command, {**client("one"), **change})
    command.refused("import", path)
    command.said("import", path, "--replace")
    assert command.said("import", path) == "added: 0, updated: 0, as they were: 1\n"
    assert (command.get("one").version, command.get("one").created) == (2, created)


def test_a_file_that_is_too_large_is_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(command, client("one"))
    monkeypatch.setattr(moving, "_LARGEST", 20)
    errors, hint = command.refused("import", path)
    assert errors == [f"{path!r} is larger than 20 octets"]
    assert hint == "import it in parts"


def test_clients_that_are_not_in_the_file_stay(command: Command) -> None:
    command.said("import", written(command, client("one")))
    command.said("import", written(command, client("two")), "--replace")
    assert command.ids() == ["one", "two"]


def test_all_that_is_wrong_is_said_and_nothing_is_written(command: Command) -> None:
    path = written(
        command,
        client("one"),
        client("TWO"),
        "three",
        client("four", scopes=["orders:read", "READ"], colour="red"),
        {"id": "five", "matchers": [{"kind": "uri", "value": "x"}]},
        client("six", rate={"per_second": 0, "burst": 1}),
        client("seven", status="gone"),
        client("one"),
        client("eight", api_keys=["secret"]),
    )
    errors, _ = command.refused("import", path)
    assert errors == [
        "clients/1 ('TWO'): id is 'TWO', expected a-z, 0-9 and '-' in between, 63 at most",
        "clients/2: it is 'three', expected `object`, got `str`",
        f"clients/3 ('four'): colour is unknown, expected one of {FIELDS}",
        "clients/3 ('four'): scopes/1 is 'READ', expected one such as 'orders:read', in lower case",
        "clients/4 ('five'): organization is missing",
        f"clients/4 ('five'): matchers/0: uri is 'x', expected one such as {URI}",
        f"clients/5 ('six'): rate/per_second is 0, expected `float` >= {LEAST}",
        "clients/6 ('seven'): status is 'gone', expected active or suspended",
        "clients/7: 'one' is at clients/0 already",
        f"clients/8 ('eight'): api_keys/0 is 'secret', expected {HASH}",
    ]
    assert command.ids() == []


def test_of_very_many_faults_some_are_said_and_the_rest_counted(command: Command) -> None:
    errors, _ = command.refused("import", written(command, *[client("NO")] * 80))
    assert len(errors) == 51
    assert errors[-1] == "and 30 more like these"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "line 1, column 1: expecting value"),
        ("[]", 'expected {"clients": [...]}'),
        ('{"clients": {}}', 'expected {"clients": [...]}'),
        ('{"clients": [], "more": 1}', 'expected {"clients": [...]}'),
        ('{"clients": [], "clients": []}', "'clients' is in one object twice"),
        ('{"clients": [', "line 1, column 14"),
        (b"\xff", "byte 0 is not UTF-8"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_file_that_is_not_what_is_expected_is_refused(
    command: Command, content: str | bytes, error: str
) -> None:
    path = command.file("clients.json", content)
    errors, hint = command.refused("import", path)
    assert len(errors) == 1
    assert errors[0].startswith(f"{path!r}: ")
    assert error in errors[0]
    assert hint.endswith("clients export --format json")


def test_a_file_that_is_not_there_is_told(command: Command) -> None:
    errors, _ = command.refused("import", "/nowhere/x.json")
    assert errors == ["cannot use '/nowhere/x.json': no such file or directory"]


def test_the_format_is_what_the_name_ends_in_or_is_said(command: Command) -> None:
    text = json.dumps({"clients": [client("one")]})
    errors, _ = command.refused("import", command.file("clients.txt", text), code=2)
    assert "say --format" in errors[0]
    command.said("import", "-", "--format", "json", typed=text)
    assert command.ids() == ["one"]


def test_two_of_a_file_that_one_certificate_would_match_are_refused(command: Command) -> None:
    one = client("one", matchers=[{"kind": "uri-prefix", "value": "spiffe://example.org/"}])
    two = client("two", matchers=[{"kind": "uri", "value": "spiffe://example.org/two"}])
    errors, hint = command.refused("import", written(command, one, two, client("three")))
    assert errors == [
        "clients/1: 'two': uri 'spiffe://example.org/two' would match the client 'one' as well"
    ]
    assert hint.startswith("nothing was written")
    assert command.ids() == []


def test_one_that_another_makes_room_for_comes_after_it(command: Command) -> None:
    command.said("import", written(command, client("old")))
    moved = [{"kind": "dns", "value": "old.example"}]
    path = written(command, client("new", matchers=moved), client("old", matchers=[]))
    assert command.said("import", path, "--replace") == "added: 1, updated: 1, as they were: 0\n"
    assert command.get("new").matchers == (Matcher.of("dns", "old.example"),)
