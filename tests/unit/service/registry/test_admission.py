"""A request and the registry: who is let in, what the others get, and what /health says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.certificate import ClientCertificate
from service.config import Config, InvalidConfiguration
from service.registry import known
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration, Status
from service.registry.store import Actor, StoreUnavailable
from tests.unit.service.certs import HEADER, as_alb_sends, leaf

ME = Actor("cli:test")
BILLING = leaf()
PARTNER = leaf(
    subject="CN=partner,O=Partner",
    serial_number=2,
    names=(x509.UniformResourceIdentifier("spiffe://partner.example/x"),),
)
STRANGER = leaf(
    subject="CN=stranger,O=Stranger",
    serial_number=3,
    names=(x509.UniformResourceIdentifier("spiffe://stranger.example/x"),),
)


class World:
    """A service, its registry and its log; `time` is what its cache goes by."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "registry.sqlite"
        self.url = f"sqlite:///{self.path}"
        self.store = open_store(self.url)
        self.log: list[str] = []

    def app(self, **env: str) -> Flask:
        base = {
            "CLIENT_CERT_SOURCE": "alb-verify",
            "TRUSTED_PROXIES": "127.0.0.1",
            "ALLOW_URIS": "spiffe://example.org/*",
            "CLIENT_REGISTRY": self.url,
        }
        return create_app(Config.from_env({**base, **env}), self.log.append)

    def register(self, id_: str, uri: str, **more: object) -> Registration:
        new = replace(Registration(id_, f"{id_} Ltd", (Matcher.of("uri", uri),)), **more)  # type: ignore[arg-type]
        return self.store.create(new, ME, datetime.now(UTC))

    def because(self) -> str:
        return str(json.loads(self.log[-1])["because"])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class Away:
    """A store that cannot be asked."""

    def recognise(self, _certificate: ClientCertificate) -> Registration | None:
        raise StoreUnavailable("no such table")


def take_away(app: Flask) -> None:
    app.extensions["registry"].store = Away()


def ask(app: Flask, certificate: x509.Certificate, path: str = "/whoami") -> TestResponse:
    return app.test_client().get(path, headers={HEADER: as_alb_sends(certificate)})


def slug(response: TestResponse) -> str:
    return str(json.loads(response.text)["type"]).removeprefix("urn:problem-type:")


def test_a_registered_client_is_let_in_without_the_lists(world: World) -> None:
    world.register("partner", "spiffe://partner.example/x", scopes=frozenset({"orders:read"}))
    app = world.app()
    response = ask(app, PARTNER)
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["client"] == {
        "id": "partner",
        "organization": "partner Ltd",
        "scopes": ["orders:read"],
    }
    line = json.loads(world.log[-1])
    assert (line["client"], line["because"]) == ("partner", "client partner")
    assert (ask(app, STRANGER).status_code, slug(ask(app, STRANGER))) == (
        403,
        "certificate-not-allowed",
    )


def test_whoever_is_on_the_lists_needs_no_registration_and_has_no_id(world: World) -> None:
    response = ask(world.app(), BILLING)
    assert response.status_code == 200
    assert response.json is not None
    assert "client" not in response.json


def test_without_lists_the_registry_alone_says_who_may_call(world: World) -> None:
    world.register("partner", "spiffe://partner.example/x")
    app = world.app(ALLOW_URIS="")
    assert ask(app, PARTNER).status_code == 200
    assert slug(ask(app, BILLING)) == "certificate-not-allowed"


def test_a_suspended_client_is_refused_though_it_is_on_the_lists(world: World) -> None:
    world.register("billing", "spiffe://example.org/billing", status=Status.SUSPENDED)
    response = ask(world.app(), BILLING)
    assert (response.status_code, slug(response)) == (403, "client-suspended")
    assert "billing" not in response.text
    assert world.because() == "client billing is suspended"


def test_a_certificate_of_two_clients_is_refused_though_it_is_on_the_lists(world: World) -> None:
    world.register("one", "spiffe://example.org/billing")
    new = Registration("two", "Two", (Matcher.of("subject", "CN=billing,O=Example"),))
    world.store.create(new, ME, datetime.now(UTC))
    response = ask(world.app(), BILLING)
    assert (response.status_code, slug(response)) == (403, "certificate-not-allowed")
    assert world.because() == "the clients one and two both match"


def test_while_the_store_is_down_the_unknown_get_503_and_the_known_go_on(world: World) -> None:
    world.register("partner", "spiffe://partner.example/x")
    app = world.app()
    assert ask(app, PARTNER).status_code == 200
    take_away(app)
    assert ask(app, PARTNER).status_code == 200
    response = ask(app, BILLING)
    assert (response.status_code, slug(response)) == (503, "registry-unavailable")
    assert response.headers["Retry-After"] == "5"
    assert "no such table" not in response.text
    assert world.because() == "the registry cannot be asked: no such table"


def test_a_store_that_is_back_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "PAUSE", 0.0)
    world.register("partner", "spiffe://partner.example/x")
    app = world.app(ALLOW_URIS="")
    take_away(app)
    assert ask(app, PARTNER).status_code == 503
    app.extensions["registry"].store = world.store
    assert ask(app, PARTNER).status_code == 200


def test_health_tells_whether_the_store_answers(world: World) -> None:
    app = world.app()
    well = app.test_client().get("/health")
    assert well.json == {
        "status": "ok",
        "revocation": {"state": "off"},
        "registry": {"state": "ok"},
    }
    take_away(app)
    assert ask(app, BILLING).status_code == 503
    ill = app.test_client().get("/health")
    assert ill.status_code == 200
    assert ill.json is not None
    assert (ill.json["status"], ill.json["registry"]["state"]) == ("degraded", "unavailable")


def test_health_says_that_there_is_no_registry(world: World) -> None:
    said = world.app(CLIENT_REGISTRY="").test_client().get("/health").json
    assert said is not None
    assert (said["status"], said["registry"]) == ("ok", {"state": "off"})


def broken(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def damaged(path: Path) -> None:
    """Good at its head, and not in the middle."""
    store = open_store(f"sqlite:///{path}")
    for number in range(200):
        matcher = Matcher.of("uri", f"spiffe://example.org/{number}")
        new = Registration(f"c{number}", "Example", (matcher,), note="x" * 500)
        store.create(new, ME, datetime.now(UTC))
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = bytearray(path.read_bytes())
    whole[4096 * 2 : 4096 * 20] = b"\xaa" * (4096 * 18)
    path.write_bytes(whole)


def newer(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()


def a_folder(path: Path) -> None:
    path.mkdir()


def in_no_folder(path: Path) -> None:
    path.parent.rmdir()


@pytest.mark.parametrize("spoil", [broken, damaged, newer, a_folder, in_no_folder])
def test_a_file_that_cannot_be_used_is_told_at_the_start(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "kept" / "registry.sqlite"
    path.parent.mkdir()
    spoil(path)
    env = {
        "CLIENT_CERT_SOURCE": "api-gateway",
        "ALLOW_URIS": "spiffe://example.org/*",
        "CLIENT_REGISTRY": f"sqlite:///{path}",
    }
    with pytest.raises(InvalidConfiguration) as caught:
        create_app(Config.from_env(env))
    told = str(caught.value)
    assert told.startswith(f"CLIENT_REGISTRY is 'sqlite:///{path}'; ")
    assert "\n" not in told
    assert str(path.parent) in caught.value.hint or spoil is newer
