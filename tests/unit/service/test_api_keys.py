"""API keys: made once, kept as hashes, asked for beside the certificate."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from flask import Blueprint

from service.authorization import public, requires, requires_api_key, requires_token
from service.identity import current_client
from service.registry.api_keys import (
    HEADER,
    MOST_KEYS,
    TooManyKeys,
    add_key,
    generate,
    hashed,
    remove_key,
)
from service.registry.store import StoreUnavailable
from tests.unit.service.certs import HEADER as LEAF_HEADER
from tests.unit.service.registered import SETUP, Registered, holder, problem

NOW = datetime.now(UTC)
REFUSED = (403, "invalid-api-key")

bp = Blueprint("keys", __name__)


@bp.get("/keyed")
@requires_api_key
def keyed() -> dict[str, str]:
    return {"id": current_client().id}


@bp.get("/both")
@requires_token
@requires_api_key
def both() -> dict[str, str]:
    return {}


@bp.get("/scoped")
@requires_api_key
@requires("clients:admin")
def scoped() -> dict[str, str]:
    return {}


@pytest.fixture
def world(tmp_path: Path) -> Registered:
    made = Registered.at(tmp_path / "clients.sqlite", {"REGISTRY_TTL": "300s"})
    made.app.register_blueprint(bp)
    return made


def give(world: Registered, id_: str = "billing") -> str:
    key = add_key(world.store, id_, SETUP, NOW)
    forget(world)
    return key


def forget(world: Registered) -> None:
    """As time does."""
    world.app.extensions["registry"]._kept.clear()


#: One certificate for each, so that who it is can be remembered.
LEAF = cache(holder)


def ask(
    world: Registered, key: str | None, path: str = "/keyed", caller: str = "billing"
) -> tuple[int, str]:
    headers: Mapping[str, str] = {} if key is None else {HEADER: key}
    response = world.ask("GET", path, headers={LEAF_HEADER: LEAF(caller), **headers})
    assert "WWW-Authenticate" not in response.headers
    return response.status_code, "" if response.status_code == 200 else problem(response)


def test_the_clients_own_key_is_let_in(world: Registered) -> None:
    assert ask(world, give(world)) == (200, "")


def test_any_of_its_keys_is(world: Registered) -> None:
    keys = [give(world) for _ in range(MOST_KEYS)]
    assert [ask(world, key) for key in keys] == [(200, "")] * MOST_KEYS
    with pytest.raises(TooManyKeys, match="'billing' has 5 API keys"):
        give(world)


@pytest.mark.parametrize("sent", [None, "", " ", "x", "mtls_", "k\xe9y"], ids=range(6))
def test_what_is_no_key_is_refused(world: Registered, sent: str | None) -> None:
    give(world)
    assert ask(world, sent) == REFUSED
    missing = not (sent or "").strip()
    said = "there is no Client-Api-Key header" if missing else "is no API key of ours"
    assert said in str(world.lines[-1]["because"])


def test_a_key_that_was_never_given_is_refused(world: Registered) -> None:
    give(world)
    assert ask(world, generate()) == REFUSED


def test_another_clients_key_is_refused(world: Registered) -> None:
    key = give(world, "root")
    assert ask(world, key, caller="root") == (200, "")
    assert ask(world, key) == REFUSED
    assert "is not one of billing's" in str(world.lines[-1]["because"])


def test_the_hash_of_a_key_is_no_key(world: Registered) -> None:
    assert ask(world, hashed(give(world))) == REFUSED


def test_two_headers_are_no_key(world: Registered) -> None:
    key = give(world)
    assert ask(world, f"{key},{key}") == REFUSED


def test_a_key_without_a_certificate_is_nothing(world: Registered) -> None:
    key = give(world)
    response = world.app.test_client().get("/keyed", headers={HEADER: key})
    assert (response.status_code, problem(response)) == (403, "certificate-required")


def test_a_key_is_no_token_and_grants_no_scope(world: Registered) -> None:
    key = give(world)
    assert ask(world, key, "/scoped") == (403, "insufficient-scope")
    response = world.ask("GET", "/both", caller="billing", headers={HEADER: key})
    assert (response.status_code, problem(response)) == (401, "invalid-token")
    bearer = {"Authorization": f"Bearer {key}"}
    response = world.ask("GET", "/keyed", caller="billing", headers=bearer)
    assert (response.status_code, problem(response)) == REFUSED


def test_a_view_that_wants_none_does_not_look(world: Registered) -> None:
    assert ask(world, "x", "/whoami") == (200, "")


def test_a_key_that_was_removed_is_refused_and_the_others_stay(world: Registered) -> None:
    gone, stays = give(world), give(world)
    assert remove_key(world.store, "billing", hashed(gone)[:12], SETUP, NOW) == hashed(gone)[:12]
    forget(world)
    assert ask(world, gone) == REFUSED
    assert ask(world, stays) == (200, "")


def test_the_trail_says_who_gave_and_took_it_and_not_the_key(world: Registered) -> None:
    key = give(world)
    remove_key(world.store, "billing", hashed(key)[:6], SETUP, NOW)
    actions = [entry.action for entry in world.store.audit("billing").items]
    assert actions == ["remove-key", "add-key", "create"]
    response = world.ask("GET", "/clients/billing/audit")
    for text in (response.text, world.ask("GET", "/clients/billing").text):
        assert key not in text
        assert hashed(key) not in text


def test_settings_that_are_changed_leave_the_keys(world: Registered) -> None:
    key = give(world)
    etag = world.ask("GET", "/clients/billing").headers["ETag"]
    matchers = [{"kind": "uri", "value": "spiffe://example.org/billing"}]
    body = {"organization": "Other", "matchers": matchers, "scopes": []}
    changed = world.ask("PUT", "/clients/billing", body, headers={"If-Match": etag})
    assert changed.status_code == 200
    forget(world)
    assert ask(world, key) == (200, "")


def test_the_log_names_the_key_and_never_has_it(world: Registered) -> None:
    key, other = give(world), generate()
    ask(world, key)
    ask(world, other)
    allowed, denied = world.lines[-2:]
    assert str(allowed["because"]).endswith(f"API key {hashed(key)[:12]}")
    assert hashed(other)[:12] in str(denied["because"])
    assert key not in str(world.lines)
    assert other not in str(world.lines)


def test_every_stored_key_is_compared(world: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it takes does not tell which it was, and each comparison takes the same time."""
    keys = [give(world) for _ in range(3)]
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert ask(world, keys[0]) == (200, "")
    assert compared == [(hashed(keys[0]), hashed(key)) for key in keys]


def test_while_the_store_is_down_a_key_counts_as_long_as_its_client_is_remembered(
    world: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = give(world)
    assert ask(world, key) == (200, "")

    def down(_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(world.app.extensions["registry"].store, "recognise", down)
    assert ask(world, key) == (200, "")
    assert ask(world, generate()) == REFUSED
    forget(world)
    assert ask(world, key) == (503, "registry-unavailable")


def test_a_suspended_clients_key_is_none(world: Registered) -> None:
    key = give(world)
    etag = world.ask("GET", "/clients/billing").headers["ETag"]
    world.ask("POST", "/clients/billing/suspend", headers={"If-Match": etag})
    forget(world)
    assert ask(world, key) == (403, "client-suspended")


def test_a_client_of_the_lists_alone_has_none(tmp_path: Path) -> None:
    world = Registered.at(
        tmp_path / "clients.sqlite", {"ALLOW_URIS": "spiffe://example.org/listed"}
    )
    world.app.register_blueprint(bp)
    assert ask(world, None, "/whoami", "listed") == (200, "")
    assert ask(world, generate(), caller="listed") == REFUSED


def test_a_public_view_cannot_want_one() -> None:
    def view() -> str:
        return ""

    with pytest.raises(ValueError, match="'view' is public and demands something"):
        requires_api_key(public(view))


def test_a_certificate_that_became_anothers_meanwhile_does_not_bring_the_others_keys(
    world: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = give(world, "root")
    said = [world.store.get("billing"), world.store.get("root")]
    monkeypatch.setattr(world.app.extensions["registry"], "find", lambda _: said.pop(0))
    assert ask(world, key) == REFUSED
    assert world.lines[-1]["because"] == "the certificate is root's now"
