"""Revocation in the identity step: what the caller, the log and /health get."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Config, InvalidConfiguration
from service.revocation.background import Background
from service.revocation.refresh import Refresher
from tests import builders, crls
from tests.builders import Holder
from tests.crls import NOW, Entry
from tests.parity import amazon
from tests.parity.message import Request
from tests.unit.service.certs import HEADER, as_alb_sends

CA = builders.authority(subject="CN=Example Issuing CA,O=Example")
LEAF_5 = builders.leaf(issuer=CA, serial_number=5)
LEAF_6 = builders.leaf(issuer=CA, serial_number=6)
STRANGER_5 = builders.leaf(issuer=CA, serial_number=5, uri="spiffe://elsewhere.example/x")
HOUR = timedelta(hours=1)


class World:
    """What the service finds around it."""

    def __init__(self, folder: Path) -> None:
        self.source, self.truststore = folder / "crl.pem", folder / "truststore.pem"
        self.truststore.write_text(builders.bundle(CA.certificate))
        self.log: list[str] = []
        self.started: list[Background] = []
        self.env = {
            "CLIENT_CERT_SOURCE": "alb-verify",
            "TRUSTED_PROXIES": "127.0.0.1 elb",
            "ALLOW_URIS": "spiffe://example.org/*",
            "TRUSTSTORE": str(self.truststore),
            "REVOCATION_CRLS": str(self.source),
            "REVOCATION_INDEX": str(folder / "index"),
            "REVOCATION_REFRESH": "1h",
        }

    def publish(self, *revoked: Entry, number: int = 1, next_update: datetime = NOW + HOUR) -> None:
        data = crls.crl(CA, revoked, number=number, next_update=next_update)
        partial = self.source.with_suffix(".part")
        partial.write_bytes(crls.pem(data))
        partial.replace(self.source)

    def app(self, **env: str) -> Flask:
        app = create_app(Config.from_env({**self.env, **env}), self.log.append)
        self.started.append(app.extensions["revocation"])
        return app

    def lines(self, key: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.log) if key in line]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for keeper in made.started:
        keeper.stop()


def ask(app: Flask, leaf: Holder, path: str = "/whoami") -> TestResponse:
    return app.test_client().get(path, headers={HEADER: as_alb_sends(leaf.certificate)})


def slug(response: TestResponse) -> str:
    return str(json.loads(response.text)["type"]).removeprefix("urn:problem-type:")


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_revoked_client_is_refused_and_learns_no_reason(world: World) -> None:
    world.publish(Entry(5, 1))
    app = world.app()
    response = ask(app, LEAF_5)
    assert (response.status_code, slug(response)) == (403, "certificate-revoked")
    assert set(json.loads(response.text)) == {"type", "title", "status"}
    assert ask(app, LEAF_6).status_code == 200
    denied, allowed = world.lines("verdict")
    assert (denied["verdict"], denied["because"]) == ("denied", "revoked: keyCompromise")
    assert denied["serial_number"] == "5"
    assert allowed["because"] == "uri spiffe://example.org/billing"


def test_who_is_revoked_does_not_learn_whether_it_is_known(world: World) -> None:
    world.publish(Entry(5))
    app = world.app()
    for path in ("/whoami", "/nowhere"):
        assert slug(ask(app, STRANGER_5, path)) == "certificate-revoked"
    expired = builders.leaf(issuer=CA, serial_number=5, lifetime=timedelta(minutes=5))
    assert slug(ask(app, expired)) == "certificate-not-valid-now"


def test_one_that_was_admitted_and_is_kept_is_refused_after_a_revocation(world: World) -> None:
    world.publish()
    app = world.app(REVOCATION_REFRESH="1s")
    assert ask(app, LEAF_5).status_code == 200
    world.publish(Entry(5), number=2)
    until(lambda: ask(app, LEAF_5).status_code == 403)
    assert slug(ask(app, LEAF_5)) == "certificate-revoked"
    assert ask(app, LEAF_6).status_code == 200


@pytest.mark.parametrize("source", ["alb-verify", "alb-passthrough"])
def test_the_answer_is_the_same_from_either_load_balancer(world: World, source: str) -> None:
    world.publish(Entry(5))
    header = "X-Amzn-Mtls-Clientcert" + ("-Leaf" if source == "alb-verify" else "")
    client = world.app(CLIENT_CERT_SOURCE=source).test_client()
    sent = {n: as_alb_sends(h.certificate) for n, h in ((5, LEAF_5), (6, LEAF_6))}
    assert client.get("/whoami", headers={header: sent[5]}).data == refusal("certificate-revoked")
    assert client.get("/whoami", headers={header: sent[6]}).status_code == 200


def test_the_answer_is_the_same_in_lambda(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish(Entry(5))
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    from tests.parity.fronts import respond

    gateway = world.app(CLIENT_CERT_SOURCE="api-gateway")
    for app, make in (
        (gateway, amazon.rest),
        (gateway, amazon.http_api),
        (world.app(), amazon.alb),
    ):
        answers = [respond()(app, make(Request("", "/whoami"), h), None) for h in (LEAF_5, LEAF_6)]
        assert [answer["statusCode"] for answer in answers] == [403, 200]
        assert answers[0]["body"].encode() == refusal("certificate-revoked")


@cache
def refusal(name: str) -> bytes:
    return (
        f'{{"type": "urn:problem-type:{name}", "title": "Client certificate revoked", '
        '"status": 403}\n'
    ).encode()


def test_without_any_crl_all_are_refused_and_health_says_so(world: World) -> None:
    app = world.app(REVOCATION_REFRESH="1s")
    assert slug(ask(app, LEAF_6)) == "certificate-status-unknown"
    health = app.test_client().get("/health")
    assert health.status_code == 200
    assert health.json == {
        "status": "degraded",
        "revocation": {"state": "none"},
        "registry": {"state": "off"},
    }
    (told,) = world.lines("revocation")
    assert told["revocation"] == {"state": "none"}
    assert "crl.pem: No such file" in str(told["problems"])
    world.publish()
    until(lambda: ask(app, LEAF_6).status_code == 200)
    assert app.test_client().get("/health").json["status"] == "ok"  # type: ignore[index]
    until(lambda: world.lines("revocation")[-1]["problems"] == [])  # told once it is in force


def test_an_expired_crl_is_degraded_and_the_log_says_why_who_came_in_by_grace(
    world: World,
) -> None:
    world.publish(Entry(5), next_update=NOW - timedelta(minutes=1))
    app = world.app(REVOCATION_POLICY="grace=1h")
    assert ask(app, LEAF_6).status_code == 200
    (line,) = world.lines("verdict")
    assert "within grace" in str(line["because"])
    assert slug(ask(app, LEAF_5)) == "certificate-revoked"
    health = app.test_client().get("/health").json
    assert health is not None
    assert (health["status"], health["revocation"]["state"]) == ("degraded", "stale")
    assert health["revocation"]["age"] >= 3600


def test_health_is_fine_while_a_crl_holds(world: World) -> None:
    world.publish()
    health = world.app().test_client().get("/health").json
    assert health is not None
    assert (health["status"], health["revocation"]["state"]) == ("ok", "fresh")


def test_an_exempt_issuer_needs_no_crl(world: World) -> None:
    app = world.app(REVOCATION_EXEMPT="CN=Example Issuing CA,O=Example")
    assert ask(app, LEAF_5).status_code == 200
    assert "exempt" in str(world.lines("verdict")[-1]["because"])


def test_an_index_that_is_there_counts_while_the_sources_are_down(world: World) -> None:
    world.publish(Entry(5))
    world.app()
    world.source.unlink()
    app = world.app()
    assert slug(ask(app, LEAF_5)) == "certificate-revoked"
    assert ask(app, LEAF_6).status_code == 200


def test_problems_are_logged_once_and_not_at_every_look(world: World) -> None:
    settings = Config.from_env(world.env).revocation
    assert settings is not None
    refresher = Refresher(settings, world.log.append)
    for _ in range(3):
        refresher.look(time.time() + 10_000)
    assert len(world.lines("revocation")) == 1
    world.publish()
    for _ in range(3):
        refresher.look(time.time() + 10_000)
    states = [line["revocation"]["state"] for line in world.lines("revocation")]  # type: ignore[index]
    assert states == ["none", "fresh"]


def test_a_child_that_fails_is_a_problem_and_no_crash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Config.from_env(world.env).revocation
    assert settings is not None
    refresher = Refresher(settings, world.log.append)
    monkeypatch.setattr("service.revocation.child.sys.executable", "/nowhere/python")
    refresher.look(time.time() + 10_000)
    assert "cannot be built" in str(world.lines("revocation")[0]["problems"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REVOCATION_CRLS", "crl.txt"),
        ("REVOCATION_CRLS", "ftp://example.org/a.crl"),
        ("REVOCATION_CRLS", "https:///a.crl"),
        ("REVOCATION_CRLS", "s3://bucket"),
        ("REVOCATION_CRLS", "s3://bucket/a.crl?versionId=1"),
        ("REVOCATION_POLICY", "grace"),
        ("REVOCATION_POLICY", "grace=0s"),
        ("REVOCATION_POLICY", "fail-open"),
        ("REVOCATION_REFRESH", "often"),
        ("REVOCATION_REFRESH", "0"),
        ("REVOCATION_EXEMPT", "nobody"),
        ("TRUSTSTORE", ""),
        ("TRUSTSTORE", "/nowhere/truststore.pem"),
    ],
)
def test_a_fault_in_the_configuration_is_told_once(world: World, variable: str, value: str) -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        Config.from_env({**world.env, variable: value})
    (told,) = str(raised.value).splitlines()
    assert told.startswith(f"{variable} ")
    assert repr(value) in told


def test_what_is_read_from_the_environment(world: World) -> None:
    found = Config.from_env(
        {
            **world.env,
            "REVOCATION_CRLS": "a.pem, b.crl\nhttps://example.org/c,s3://bucket/d",
            "REVOCATION_POLICY": "grace=24h",
            "REVOCATION_REFRESH": "15m",
        }
    ).revocation
    assert found is not None
    assert found.sources == ("a.pem", "b.crl", "https://example.org/c", "s3://bucket/d")
    assert (found.grace, found.refresh) == (timedelta(hours=24), 900)
    for empty in ("", " ", ","):
        assert Config.from_env({**world.env, "REVOCATION_CRLS": empty}).revocation is None
