from __future__ import annotations

from dataclasses import replace

import pytest

from service.rate import Rate
from service.registry.cli import context
from service.registry.matcher import Matcher
from service.registry.registration import Registration, Status
from service.registry.sqlite import SqliteStore
from service.registry.store import Actor
from tests.unit.service.registry.cli.command import BILLING, Command

URI = Matcher.of("uri", "spiffe://example.org/billing")


@pytest.fixture(autouse=True)
def billing(command: Command) -> None:
    command.said("add", *BILLING, "--scope", "orders:read", "--rate", "2/s", "--note", "before")


def actions(command: Command) -> list[str]:
    return [entry.action for entry in command.store.audit("billing").items]


def test_what_is_named_is_changed_and_the_rest_stays(command: Command) -> None:
    said = command.said("update", "billing", "--organization", "Example Ltd")
    assert said.startswith("updated billing\n")
    found = command.get()
    assert found.organization == "Example Ltd"
    assert found.matchers == (URI,)
    assert found.scopes == {"orders:read"}
    assert (found.rate, found.note, found.version) == (Rate(2.0, 2), "before", 2)


def test_scopes_are_added_and_removed(command: Command) -> None:
    words = ("--scope", "orders:write", "--remove-scope", "orders:read")
    command.said("update", "billing", *words)
    assert command.get().scopes == {"orders:write"}


def test_a_certificate_takes_the_place_of_another(command: Command) -> None:
    command.said(
        *("update", "billing", "--remove-uri", "spiffe://example.org/billing"),
        *("--uri", "spiffe://example.org/billing-2", "--dns", "billing.example.org"),
    )
    assert set(command.get().matchers) == {
        Matcher.of("uri", "spiffe://example.org/billing-2"),
        Matcher.of("dns", "billing.example.org"),
    }


def test_rate_and_note_are_changed_and_taken_away(command: Command) -> None:
    command.said("update", "billing", "--burst", "7")
    assert command.get().rate == Rate(2.0, 7)
    command.said("update", "billing", "--rate", "5/s")
    assert command.get().rate == Rate(5.0, 5)
    command.said("update", "billing", "--remove-rate")
    command.said("update", "billing", "--note", "")
    assert (command.get().rate, command.get().note) == (None, "")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--remove-scope", "orders:write"), "it has no scope 'orders:write'"),
        (("--remove-dns", "a.example"), "it is not recognised by dns 'a.example'"),
        (("--remove-uri", "x"), "uri is 'x', expected one such as"),
        (("--scope", "NO"), "scopes/0 is 'NO', expected one such as 'orders:read'"),
        (("--organization", ""), "organization is ''"),
    ],
    ids=str,
)
def test_what_cannot_be_changed_is_refused(
    command: Command, words: tuple[str, ...], error: str
) -> None:
    errors, hint = command.refused("update", "billing", *words)
    assert len(errors) == 1
    assert error in errors[0]
    assert hint == "flask --app service.wsgi clients show billing"
    assert command.get().version == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), "say what is to be changed"),
        (("--remove-rate", "--rate", "1/s"), "--remove-rate excludes --rate and --burst"),
    ],
    ids=str,
)
def test_wrong_usage_of_update_is_told(
    command: Command, words: tuple[str, ...], error: str
) -> None:
    errors, _ = command.refused("update", "billing", *words, code=2)
    assert errors == [error]
    assert command.get().version == 1


def test_a_certificate_of_another_client_cannot_be_added(command: Command) -> None:
    command.said("add", "two", "--organization", "Two", "--dns", "two.example")
    errors, hint = command.refused("update", "two", "--uri", "spiffe://example.org/billing")
    assert errors == ["uri 'spiffe://example.org/billing' would match the client 'billing' as well"]
    assert hint.endswith("show billing")


def test_what_is_already_so_is_no_change(command: Command) -> None:
    command.said("update", "billing", "--scope", "orders:read")
    command.said("resume", "billing")
    assert actions(command) == ["create"]


def test_a_client_is_suspended_and_let_in_again(command: Command) -> None:
    said = command.said("suspend", "billing", REGISTRY_TTL="90s")
    assert said.startswith("suspended, in force everywhere within 90 s: billing\n")
    assert command.get().status is Status.SUSPENDED
    assert command.said("resume", "billing").startswith("resumed billing\n")
    assert command.get().status is Status.ACTIVE
    assert actions(command) == ["resume", "suspend", "create"]


def test_a_suspended_client_that_is_updated_stays_suspended(command: Command) -> None:
    command.said("suspend", "billing")
    command.said("update", "billing", "--note", "after")
    assert command.get().status is Status.SUSPENDED


def test_a_client_is_deleted_and_its_trail_stays(command: Command) -> None:
    assert command.said("delete", "billing") == "deleted billing\n"
    assert command.ids() == []
    assert actions(command) == ["delete", "create"]


def test_a_key_is_printed_once_and_kept_as_a_hash(command: Command) -> None:
    key = command.said("add-key", "billing").strip()
    (kept,) = command.get().api_keys
    assert key.startswith("mtls_")
    assert key not in command.said("show", "billing")
    assert key not in command.said("export")
    assert kept[:12] in command.said("show", "billing")
    command.said("update", "billing", "--note", "after")
    assert command.get().api_keys == (kept,)
    command.said("remove-key", "billing", kept[:12])
    assert command.get().api_keys == ()


def test_a_key_that_is_not_there_is_not_removed(command: Command) -> None:
    command.said("add-key", "billing")
    errors, _ = command.refused("remove-key", "billing", "0" * 12)
    assert "the API key is '000000000000', expected one of 'billing': " in errors[0]
    assert len(command.get().api_keys) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("update", "nobody", "--note", "x"),
        *[(name, "nobody") for name in ("suspend", "resume", "delete", "show", "add-key")],
        ("remove-key", "nobody", "0" * 12),
    ],
    ids=str,
)
def test_nobody_cannot_be_changed(command: Command, words: tuple[str, ...]) -> None:
    errors, hint = command.refused(*words)
    assert errors == ["there is no client 'nobody'"]
    assert hint == "flask --app service.wsgi clients list"


class Meddling(SqliteStore):
    """A store where somebody else is faster, so many times."""

    times = 0

    def get(self, id_: str) -> Registration:
        found = super().get(id_)
        if Meddling.times:
            Meddling.times -= 1
            changed = replace(found, note=f"{found.note}+")
            self.update(changed, Actor("client:other"), context.now())
        return found


@pytest.mark.parametrize(
    "words", [("suspend", "billing"), ("update", "billing", "--scope", "a:b")], ids=str
)
def test_a_change_of_somebody_else_meanwhile_is_kept(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = command.env["CLIENT_REGISTRY"].removeprefix("sqlite:///")
    monkeypatch.setattr(context, "store", lambda: Meddling(path))
    monkeypatch.setattr(Meddling, "times", 2)
    command.said(*words)
    assert command.get().note == "before++"
    assert command.get().version == 4


@pytest.mark.parametrize("words", [("suspend", "billing"), ("delete", "billing")], ids=str)
def test_somebody_who_changes_it_all_the_time_is_told(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = command.env["CLIENT_REGISTRY"].removeprefix("sqlite:///")
    monkeypatch.setattr(context, "store", lambda: Meddling(path))
    monkeypatch.setattr(Meddling, "times", 99)
    errors, _ = command.refused(*words)
    assert errors == ["somebody changed it just now: it has version 6"]
    assert command.get().status is Status.ACTIVE
