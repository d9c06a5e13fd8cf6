"""Forged identity in events: nobody is ever taken for another, and the honest one gets in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask

from service.lambda_event import MalformedEvent
from tests.builders import Holder
from tests.e2e.vectors import Cast, Vector
from tests.parity import amazon, forgeries
from tests.parity.forgeries import API_GATEWAY, TARGET, WHOAMI
from tests.parity.fronts import behind, respond

Send = Callable[[Flask, Any], tuple[int, str]]
CASES = list(forgeries.cases())
each = pytest.mark.parametrize(
    ("folder", "vector"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
api_gateway_events = pytest.mark.parametrize("kind", API_GATEWAY)
target_events = pytest.mark.parametrize("kind", TARGET)


@pytest.fixture(scope="module")
def apps() -> Mapping[str, Flask]:
    return {
        "api-gateway": behind("api-gateway"),
        "elb": behind("alb-verify", "elb"),
        "no elb": behind("alb-verify", "unix, 127.0.0.1"),
    }


def ask(app: Flask, event: Any) -> tuple[int, str]:
    """The status, and the fingerprint of whom the service saw; 502 for a malformed event."""
    try:
        got = amazon.read("GET", respond()(app, event, None))
    except MalformedEvent:
        return 502, ""
    return got.status, got.json()["fingerprint"] if got.status == 200 else ""


def admitted(client: Holder) -> tuple[int, str]:
    return 200, client.certificate.fingerprint(SHA256()).hex()


def test_every_vector_is_there() -> None:
    assert len(CASES) == len({case[0] for case in CASES}) >= 192


@each
@api_gateway_events
def test_api_gateway_takes_identity_from_the_event_alone(
    apps: Mapping[str, Flask], cast: Cast, billing: Holder, kind: str, folder: str, vector: Vector
) -> None:
    headers = forgeries.forged(folder, vector, cast.values)
    make = API_GATEWAY[kind]
    app = apps["api-gateway"]
    # What WSGI and JSON cannot carry is refused whole; nothing else may make a difference.
    assert ask(app, make(headers, billing)) in {admitted(billing), (502, "")}
    assert ask(app, forgeries.without_client_cert(make(headers, billing)))[0] in {403, 502}
    assert ask(app, make(headers, cast.outsider))[0] in {403, 502}
    assert ask(app, make([], billing)) == admitted(billing)
    assert ask(app, forgeries.without_client_cert(make([], billing)))[0] == 403


@each
@target_events
def test_a_target_takes_identity_from_the_load_balancer_alone(
    apps: Mapping[str, Flask], cast: Cast, billing: Holder, kind: str, folder: str, vector: Vector
) -> None:
    headers = forgeries.forged(folder, vector, cast.values)
    make = TARGET[kind]
    # Beside the honest leaf a second one makes both malformed.
    status, seen = ask(apps["elb"], make(headers, billing))
    assert (status, seen) == admitted(billing) or status in {400, 502}
    assert ask(apps["elb"], make(headers, cast.outsider))[0] in {400, 403, 502}
    assert ask(apps["elb"], make([], billing)) == admitted(billing)


@each
@target_events
def test_a_target_that_trusts_no_load_balancer_admits_nobody(
    apps: Mapping[str, Flask], cast: Cast, billing: Holder, kind: str, folder: str, vector: Vector
) -> None:
    made = TARGET[kind](forgeries.forged(folder, vector, cast.values), billing)
    assert ask(apps["no elb"], made)[0] in {403, 502}
    assert ask(apps["api-gateway"], made)[0] in {403, 502}
    assert ask(apps["no elb"], TARGET[kind]([], billing))[0] == 403


@each
@api_gateway_events
def test_a_target_takes_no_event_of_another_kind(
    apps: Mapping[str, Flask], cast: Cast, billing: Holder, kind: str, folder: str, vector: Vector
) -> None:
    headers = forgeries.forged(folder, vector, cast.values)
    for name in ("elb", "no elb"):
        assert ask(apps[name], API_GATEWAY[kind](headers, billing))[0] in {403, 502}


def test_the_events_do_carry_the_forgeries(cast: Cast, billing: Holder) -> None:
    """The twin of all above: with the honest leaf's place to themselves they would get in."""
    app = behind("alb-verify", "elb")
    seen = set()
    for _, folder, vector in CASES:
        event = amazon.alb(WHOAMI, billing)
        del event["multiValueHeaders"][forgeries.LEAF]
        for name, value in forgeries.forged(folder, vector, cast.values):
            event["multiValueHeaders"].setdefault(name, []).append(value)
        seen.add(ask(app, event))
    assert admitted(cast.other_client) in seen
