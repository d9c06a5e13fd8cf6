"""The scopes that count are those which the registry and the token both grant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.registry.registration import Status
from service.registry.sqlite import SqliteStore
from tests.tokens import ABSENT
from tests.unit.service.registered import SETUP, registration
from tests.unit.service.token_rows import CLIENT, ISSUES
from tests.unit.service.token_views import INSUFFICIENT, MISSING, application, ask, refused


def registered(folder: Path, **changed: Any) -> Flask:
    path = folder / "clients.sqlite"
    store = SqliteStore(str(path))
    scopes = ("orders:read", "clients:admin")
    store.create(registration("billing", *scopes, **changed), SETUP, datetime.now(UTC))
    store.close()
    return application(folder, CLIENT_REGISTRY=f"sqlite:///{path}", ALLOW_URIS="")


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return registered(tmp_path)


def bearer(**changed: Any) -> str:
    return f"Bearer {ISSUES.token(CLIENT, **changed)}"


def test_the_view_gets_the_scopes_that_both_grant(app: Flask) -> None:
    for path in ("/bound", "/read"):
        response = ask(app, bearer(scope="orders:read orders:write"), path)
        assert response.json == {"scopes": ["orders:read"]}, response.text


@pytest.mark.parametrize(
    "scope", [ABSENT, "", " ", [], "Orders:Read", "orders:read,x"], ids=range(6)
)
def test_a_token_without_the_scope_is_insufficient_and_says_so(app: Flask, scope: object) -> None:
    """RFC 6750, 3.1."""
    sent = bearer(scope=scope)
    assert refused(ask(app, sent, "/read")) == (403, "insufficient-scope", INSUFFICIENT)
    assert ask(app, sent, "/bound").json == {"scopes": []}


def test_what_the_registry_does_not_grant_no_token_does(app: Flask) -> None:
    """No token would help: so none is asked for."""
    for sent in (None, bearer(scope="orders:write"), "Bearer x"):
        assert refused(ask(app, sent, "/write")) == (403, "insufficient-scope", "")


def test_what_the_registry_grants_a_token_has_to_grant_too(app: Flask) -> None:
    assert ask(app, bearer(scope="clients:admin"), "/admin").status_code == 200
    assert refused(ask(app, bearer(), "/admin")) == (403, "insufficient-scope", INSUFFICIENT)
    assert refused(ask(app, None, "/admin")) == MISSING


def test_a_suspended_client_is_refused_before_its_token_is_read(tmp_path: Path) -> None:
    app = registered(tmp_path, status=Status.SUSPENDED)
    for sent in (bearer(), None, "Bearer x"):
        assert refused(ask(app, sent)) == (403, "client-suspended", "")


def test_without_a_registration_no_token_grants_a_scope(tmp_path: Path) -> None:
    app = application(tmp_path)
    assert ask(app, bearer()).json == {"scopes": []}
    assert refused(ask(app, bearer(), "/read")) == (403, "insufficient-scope", "")


def test_the_log_says_what_the_token_lacks(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(app, bearer(), "/admin")
    assert "billing has no clients:admin by its token" in capsys.readouterr().err
