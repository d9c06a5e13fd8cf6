"""The index in Lambda, where nothing happens but at the start of a request."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from service.app import create_app
from service.certificate import ClientCertificate
from service.config import Config
from service.problems import CertificateStatusUnknown
from service.revocation import on_demand
from service.revocation.build import refresh
from service.revocation.child import Child
from service.revocation.settings import RevocationSettings
from tests import builders, crls
from tests.crls import NOW
from tests.parity import amazon
from tests.parity.fronts import respond
from tests.parity.message import Request

CA = builders.authority(subject="CN=Example Issuing CA,O=Example")
LEAVES = {n: builders.leaf(issuer=CA, serial_number=n) for n in (5, 6)}
REFRESH = 3600.0
DAY = timedelta(days=1)


class World:
    """A function, its source, and a clock that can be put forward as if it had been frozen."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source, self.truststore = folder / "crl.pem", folder / "truststore.pem"
        self.truststore.write_text(builders.bundle(CA.certificate))
        self.folder = folder / "index"
        self.log: list[str] = []
        self.looks = 0
        self.frozen = 0.0
        self._monkeypatch = monkeypatch
        clock = SimpleNamespace(time=lambda: time.time() + self.frozen, monotonic=time.monotonic)
        monkeypatch.setattr(on_demand, "time", clock)
        monkeypatch.setattr("service.revocation.refresh.Child", self._child)
        self._apps: list[Flask] = []

    def _child(self, settings: RevocationSettings, folder: Path, unless_since: float) -> Child:
        self.looks += 1
        return Child(settings, folder, unless_since)

    def publish(self, *revoked: int, number: int = 1, **more: object) -> None:
        data = crls.pem(crls.crl(CA, revoked, number=number, **more))  # type: ignore[arg-type]
        partial = self.source.with_suffix(".part")
        partial.write_bytes(data)
        partial.replace(self.source)

    def hang(self) -> None:
        """From now on a look does not end: nobody writes into what it reads."""
        self.source.unlink(missing_ok=True)
        os.mkfifo(self.source)

    def patience(self, seconds: float) -> None:
        self._monkeypatch.setattr(on_demand, "PATIENCE", seconds)
        self._monkeypatch.setattr(on_demand, "FIRST", seconds)

    def app(self) -> Flask:
        config = Config.from_env(
            {
                "CLIENT_CERT_SOURCE": "api-gateway",
                "ALLOW_URIS": "spiffe://example.org/*",
                "TRUSTSTORE": str(self.truststore),
                "REVOCATION_CRLS": str(self.source),
                "REVOCATION_INDEX": str(self.folder),
                "REVOCATION_REFRESH": f"{REFRESH:.0f}",
            }
        )
        self._apps.append(create_app(config, self.log.append, stands_still=True))
        return self._apps[-1]

    def stop(self) -> None:
        for app in self._apps:
            app.extensions["revocation"].stop()

    def problems(self) -> str:
        return str([line for line in map(json.loads, self.log) if "problems" in line])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # What service.lambda_handler wants when it is imported.
    monkeypatch.setenv("CLIENT_CERT_SOURCE", "api-gateway")
    monkeypatch.setenv("ALLOW_URIS", "spiffe://example.org/*")
    made = World(tmp_path, monkeypatch)
    yield made
    made.stop()


def ask(app: Flask, serial_number: int) -> str:
    """What the client with that serial gets: "good", or the slug of the refusal."""
    event = amazon.rest(Request("", "/whoami"), LEAVES[serial_number])
    answer = respond()(app, event, None)
    if answer["statusCode"] == 200:
        return "good"
    return str(json.loads(answer["body"])["type"]).rpartition(":")[2]


def test_the_first_request_after_a_while_sees_what_was_revoked(world: World) -> None:
    world.publish()
    app = world.app()
    assert ask(app, 5) == "good"
    world.publish(5, number=2)
    assert ask(app, 5) == "good"  # the twin: it is not time yet
    world.frozen = REFRESH + 1
    assert [ask(app, n) for n in (5, 6)] == ["certificate-revoked", "good"]
    assert world.looks == 2  # at the start, and now


def test_nobody_looks_between_requests_or_at_each(world: World) -> None:
    world.publish()
    app = world.app()
    assert {ask(app, 6) for _ in range(20)} == {"good"}
    world.frozen = REFRESH - 60
    assert ask(app, 6) == "good"
    assert world.looks == 1


def test_an_index_from_a_snapshot_is_refreshed_by_the_first_request(world: World) -> None:
    """Restored after days: the clock has gone on, and memory and files are as they were."""
    world.publish()
    app = world.app()
    world.publish(5, number=2)
    world.frozen = 5 * REFRESH
    assert ask(app, 5) == "certificate-revoked"


def test_a_clock_that_was_set_back_does_not_stop_the_looks(world: World) -> None:
    world.publish()
    app = world.app()
    world.publish(5, number=2)
    world.frozen = -10 * REFRESH
    ahead = time.time() + 10 * REFRESH
    os.utime(world.folder / "attempt", (ahead, ahead))
    assert ask(app, 5) == "certificate-revoked"


def test_sources_that_are_gone_leave_the_decision_to_the_policy(world: World) -> None:
    """Until the CRL of the snapshot expires it counts; then nobody gets in by it."""
    world.publish(5, this_update=NOW - DAY, next_update=NOW + timedelta(hours=1))
    app = world.app()
    world.source.unlink()
    world.frozen = 2 * REFRESH
    assert [ask(app, n) for n in (5, 6)] == ["certificate-revoked", "good"]
    assert "No such file" in world.problems()
    refresher = app.extensions["revocation"].refresher
    client = LEAVES[6].certificate
    with pytest.raises(CertificateStatusUnknown, match="expired"):
        refresher.revocation.check(
            ClientCertificate.from_certificate(client), client, NOW + timedelta(hours=2)
        )


def test_a_look_that_does_not_end_costs_one_request_its_patience(world: World) -> None:
    world.publish(5)
    app = world.app()
    world.hang()
    world.patience(0.5)
    world.frozen = REFRESH + 1
    assert ask(app, 6) == "good"
    child = app.extensions["revocation"].refresher.child
    assert child is not None
    world.patience(3600)  # whoever waited now would never come back
    assert {ask(app, n) for n in (5, 6)} == {"certificate-revoked", "good"}
    assert app.extensions["revocation"].refresher.child is child


def test_a_child_that_was_frozen_is_waited_for_and_its_news_are_old(world: World) -> None:
    world.publish()
    app = world.app()
    world.hang()
    world.patience(0.5)
    world.frozen = REFRESH + 1
    assert ask(app, 5) == "good"
    # It reads the old CRL at last; the new one takes its place before anybody asks.
    child = app.extensions["revocation"].refresher.child
    with world.source.open("wb") as pipe:
        pipe.write(crls.pem(crls.crl(CA, [], number=2)))
    world.publish(5, number=3)
    world.patience(60)
    world.frozen = 3 * REFRESH
    assert ask(app, 5) == "certificate-revoked"
    assert world.looks == 3
    assert app.extensions["revocation"].refresher.child is not child


def test_a_child_that_never_ends_is_given_up(world: World) -> None:
    world.publish()
    app = world.app()
    world.hang()
    world.patience(0.2)
    for hours in (1, 2, 3):
        world.frozen = hours * (REFRESH + 1)
        assert ask(app, 5) == "good"
    assert world.looks == 2
    world.publish(5, number=2)
    world.patience(60)
    world.frozen = 4 * (REFRESH + 1)
    assert ask(app, 5) == "certificate-revoked"
    assert world.looks == 3
    assert "not done after" in world.problems()


def test_without_an_index_every_request_waits_for_the_first_one(world: World) -> None:
    world.hang()
    world.patience(0.2)
    app = world.app()
    assert ask(app, 6) == "certificate-status-unknown"
    with world.source.open("wb") as pipe:
        pipe.write(crls.pem(crls.crl(CA, [5])))
    world.patience(60)
    assert [ask(app, n) for n in (6, 5)] == ["good", "certificate-revoked"]
    assert world.looks == 1


def test_another_process_that_has_looked_is_enough(world: World) -> None:
    """Several workers in one sandbox share the folder."""
    world.publish()
    world.frozen = -REFRESH - 60
    app = world.app()
    world.publish(5, number=2)
    refresher = app.extensions["revocation"].refresher
    assert refresh(refresher.settings, refresher.file, NOW) == []
    assert ask(app, 5) == "good"  # it is not time yet
    world.frozen = 0.0
    assert ask(app, 5) == "certificate-revoked"
    assert world.looks == 1
