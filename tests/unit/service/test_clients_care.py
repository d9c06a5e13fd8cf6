"""/clients: somebody is left to administer it, and every change is in the log."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Config
from service.registry.registration import Registration, Status
from service.registry.store import StoreUnavailable
from tests.unit.service.certs import HEADER
from tests.unit.service.registered import (
    CHANGES,
    NEW,
    SETTINGS,
    SETUP,
    Registered,
    holder,
    problem,
    registration,
)


@pytest.fixture
def api(tmp_path: Path) -> Registered:
    return Registered.at(tmp_path / "registry.db")


def _demoted(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "matchers": [{"kind": "uri", "value": "spiffe://example.org/root"}]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/clients/root", None),
        ("POST", "/clients/root/suspend", None),
        ("PUT", "/clients/root", _demoted(SETTINGS)),
        ("PUT", "/clients/root", {**SETTINGS, "scopes": ["clients:admin"]}),
    ],
    ids=["delete", "suspend", "no scope", "another certificate"],
)
def test_nobody_locks_themselves_out(api: Registered, method: str, path: str, body: object) -> None:
    refused = api.ask(method, path, body, headers={"If-Match": '"1"'})
    assert (refused.status_code, problem(refused)) == (409, "conflict")
    assert api.store.get("root").version == 1
    kept = {**_demoted(SETTINGS), "scopes": ["clients:admin"]}
    assert api.ask("PUT", "/clients/root", kept, headers={"If-Match": '"1"'}).status_code == 200
    api.add(registration("second", "clients:admin"))
    done = api.ask("DELETE", "/clients/root", caller="second", headers={"If-Match": '"2"'})
    assert done.status_code == 204


def test_every_change_is_one_event_in_the_log(api: Registered) -> None:
    asked = [
        ("POST", "/clients", NEW, "", "create", 1),
        ("PUT", "/clients/shipping", SETTINGS, '"1"', "update", 2),
        ("POST", "/clients/shipping/suspend", None, '"2"', "suspend", 3),
        ("POST", "/clients/shipping/resume", None, '"3"', "resume", 4),
        ("DELETE", "/clients/shipping", None, '"4"', "delete", 4),
    ]
    for method, path, body, tag, action, version in asked:
        headers = {"If-Match": tag} if tag else {}
        before = len(api.lines)
        api.ask(method, path, body, headers=headers)
        (line,) = api.lines[before:]
        assert line["change"] == {"action": action, "client": "shipping", "version": version}
        assert (line["client"], line["organization"]) == ("root", "Example")
        assert line["issuer"] == "CN=Example Issuing CA,O=Example"
        assert "problem" not in line


def test_a_change_that_was_refused_is_an_event_without_a_change(api: Registered) -> None:
    api.ask("DELETE", "/clients/billing", headers={"If-Match": '"9"'})
    line = api.lines[-1]
    assert (line["problem"], line["status"], line["client"]) == ("precondition-failed", 412, "root")
    assert "change" not in line
    api.ask("GET", "/clients", caller="nobody")
    assert (api.lines[-1]["problem"], api.lines[-1]["verdict"]) == (
        "certificate-not-allowed",
        "denied",
    )


def test_usage_is_counted_by_organization_and_issuer(api: Registered) -> None:
    bound = {"kind": "dns", "value": "s.example", "issuer": "CN=A"}
    api.ask("POST", "/clients", {**NEW, "matchers": [*NEW["matchers"], bound]})
    api.ask("POST", "/clients/shipping/suspend", headers={"If-Match": '"1"'})
    api.ask("GET", "/whoami", caller="billing")
    found = api.ask("GET", "/clients/-/usage").json
    assert found is not None
    assert (found["clients"], found["next"]) == (3, None)
    assert _counts(found["organizations"]) == [("Example", 2, 0), ("Ships", 1, 1)]
    assert _counts(found["issuers"]) == [("", 3, 1), ("CN=A", 1, 1)]
    assert found["organizations"][0]["last_seen"] is not None
    assert found["organizations"][1]["last_seen"] is None
    part = api.ask("GET", "/clients/-/usage?limit=2").json
    assert part is not None
    rest = api.ask("GET", f"/clients/-/usage?cursor={part['next']}").json
    assert rest is not None
    assert (part["clients"], rest["clients"], rest["next"]) == (2, 1, None)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [*CHANGES, ("GET", "/clients", None), ("POST", "/clients", NEW), ("GET", "/clients/a", None)],
)
def test_a_store_that_is_down_is_503(
    api: Registered,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    body: object,
) -> None:
    api.ask("GET", "/whoami")  # from now on root is remembered

    def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is gone")

    for name in ("get", "list", "create"):
        monkeypatch.setattr(api.app.extensions["registry"].store, name, down)
    refused = api.ask(method, path, body, headers={"If-Match": '"1"'})
    assert (refused.status_code, problem(refused)) == (503, "registry-unavailable")
    assert refused.headers["Retry-After"].isdecimal()
    assert b"disk" not in refused.data
    assert "the registry cannot be asked: the disk is gone" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/clients"), ("PUT", "/clients/a"), ("GET", "/clients/a/audit")]
)
def test_without_a_registry_there_are_no_clients_and_it_says_why(
    unregistered: Callable[[str, str], TestResponse], method: str, path: str
) -> None:
    missing = unregistered(method, path)
    assert (missing.status_code, problem(missing)) == (404, "not-found")
    assert "CLIENT_REGISTRY is not set" in missing.text


def test_every_other_method_is_not_allowed(api: Registered) -> None:
    assert problem(api.ask("PATCH", "/clients/billing")) == "method-not-allowed"
    assert api.ask("DELETE", "/clients").status_code == 405


@pytest.fixture
def unregistered() -> Callable[[str, str], TestResponse]:
    env = {"CLIENT_CERT_SOURCE": "alb-verify", "TRUSTED_PROXIES": "127.0.0.1"}
    app = create_app(Config.from_env({**env, "ALLOW_URIS": "spiffe://example.org/*"}))
    headers = {HEADER: holder("billing")}
    return lambda method, path: app.test_client().open(path, method=method, headers=headers)


def _counts(counts: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(one["name"], one["clients"], one["suspended"]) for one in counts]


def _suspended(old: Registration) -> Registration:
    return replace(old, status=Status.SUSPENDED)


def _demoted_too(old: Registration) -> Registration:
    return replace(old, scopes=frozenset({"orders:read"}))


def _without_the_certificate(old: Registration) -> Registration:
    return replace(old, matchers=())


@pytest.mark.parametrize(
    ("taken", "slug"),
    [
        (_suspended, "client-suspended"),
        (_demoted_too, "insufficient-scope"),
        (_without_the_certificate, "certificate-not-allowed"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/clients/root/resume", None),
        ("PUT", "/clients/root", {**_demoted(SETTINGS), "scopes": ["clients:admin"]}),
        ("POST", "/clients", {**NEW, "scopes": ["clients:admin"]}),
        *CHANGES,
    ],
)
def test_an_administrator_who_is_none_any_more_changes_nothing_while_remembered(
    api: Registered,
    taken: Callable[[Registration], Registration],
    slug: str,
    method: str,
    path: str,
    body: object,
) -> None:
    root, same = api.store.get("root"), {HEADER: holder("root")}
    assert api.ask("GET", "/clients", headers=same).status_code == 200  # from now on remembered
    kept = api.store.update(taken(root), SETUP, datetime.now(UTC))
    before = api.store.list().items
    tag = '"1"' if "billing" in path else f'"{kept.version}"'
    refused = api.ask(method, path, body, headers={**same, "If-Match": tag})
    assert (refused.status_code, problem(refused)) == (403, slug)
    assert api.store.list().items == before
    assert api.ask("GET", "/clients", headers=same).status_code == 200
