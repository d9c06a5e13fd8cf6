"""How often a client may call: the bucket, the settings, and what the caller is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from service import problems, throttle
from service.app import create_app
from service.certificate import ClientCertificate
from service.client import Client
from service.config import Config, InvalidConfiguration
from service.rate import LEAST, MOST, Rate, take
from service.throttle import Local, Throttle
from service.throttle_settings import ThrottleSettings
from tests.unit.service.certs import HEADER, as_alb_sends, leaf, pem
from tests.unit.service.registered import Registered, holder, problem, registration

ENV = {
    "CLIENT_CERT_SOURCE": "alb-verify",
    "TRUSTED_PROXIES": "127.0.0.1",
    "ALLOW_URIS": "spiffe://example.org/billing",
}
GOOD = as_alb_sends(leaf())
#: So few that none comes back while a test runs.
FEW = {"CLIENT_RATE": "1/m", "CLIENT_BURST": "3"}


def test_a_bucket_gives_its_burst_and_then_as_fast_as_it_fills() -> None:
    rate, full_at = Rate(2, 3), 0.0
    waits = []
    for now in (100.0, 100.0, 100.0, 100.0, 100.25, 100.5, 100.5):
        taken = take(full_at, rate, now)
        full_at = taken.full_at
        waits.append(taken.wait)
    assert waits == pytest.approx([0, 0, 0, 0.5, 0.25, 0, 0.5])


def test_over_a_long_time_no_more_than_the_rate_and_one_burst() -> None:
    rate, full_at, granted = Rate(7.3, 11), 0.0, 0
    for tick in range(60_000):
        taken = take(full_at, rate, 1e9 + tick / 1000)
        full_at, granted = taken.full_at, granted + taken.granted
    assert granted == int(59.999 * 7.3) + 11


def test_of_many_that_are_wanted_so_many_as_there_are_are_given() -> None:
    rate = Rate(1, 10)
    some = take(0, rate, 50, 7)
    rest = take(some.full_at, rate, 50, 7)
    assert (some.granted, rest.granted, take(rest.full_at, rate, 50).granted) == (7, 3, 0)
    assert take(rest.full_at, rate, 999, 99).granted == 10


def test_what_a_wrong_clock_or_a_lower_rate_wrote_locks_nobody_out() -> None:
    first = take(1e12, Rate(1, 10), 50)
    assert (first.granted, take(first.full_at, Rate(1, 10), 50).granted) == (1, 0)
    assert take(first.full_at, Rate(1, 10), 51).granted == 1


@pytest.mark.parametrize("per_second", [0, -1, LEAST / 2, MOST + 1, float("nan"), float("inf")])
def test_a_rate_that_no_bucket_keeps_to_is_none(per_second: float) -> None:
    assert Rate(LEAST, 1).per_second == LEAST
    with pytest.raises(ValueError, match="per_second"):
        Rate(per_second, 1)


@pytest.mark.parametrize("burst", [0, -1, MOST + 1])
def test_a_burst_that_no_bucket_has_is_none(burst: int) -> None:
    assert Rate(1, MOST).burst == MOST
    with pytest.raises(ValueError, match="burst"):
        Rate(1, burst)


@pytest.mark.parametrize(
    ("env", "settings"),
    [
        ({}, None),
        ({"CLIENT_RATE": "20/s", "CLIENT_BURST": "40"}, (20, 40, 20, 40)),
        ({"CLIENT_RATE": "90/m", "CLIENT_BURST": "1"}, (1.5, 1, 1.5, 1)),
        ({**FEW, "CLIENT_RATE_MOST": "9/s"}, (1 / 60, 3, 9, 3)),
        ({**FEW, "CLIENT_BURST_MOST": "9"}, (1 / 60, 3, 1 / 60, 9)),
    ],
)
def test_settings_are_read(
    env: dict[str, str], settings: tuple[float, int, float, int] | None
) -> None:
    found = Config.from_env({**ENV, **env}).throttle
    if settings is None:
        assert found is None
    else:
        assert found == ThrottleSettings(Rate(*settings[:2]), Rate(*settings[2:]))


@pytest.mark.parametrize(
    "env",
    [
        {"CLIENT_RATE": "20/s"},
        {"CLIENT_BURST": "40"},
        {"CLIENT_RATE_MOST": "20/s"},
        {"CLIENT_BURST_MOST": "40"},
        {**FEW, "CLIENT_RATE": "20"},
        {**FEW, "CLIENT_BURST": "0"},
        {**FEW, "CLIENT_RATE_MOST": "1/h"},
        {**FEW, "CLIENT_BURST_MOST": "2"},
        {"CLIENT_RATE": "2/s", "CLIENT_BURST": "3", "CLIENT_RATE_MOST": "60/m"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items()),
)
def test_settings_with_one_thing_wrong_are_a_line(env: dict[str, str]) -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        Config.from_env({**ENV, **env})
    (line,) = str(raised.value).splitlines()
    assert "CLIENT_" in line
    assert "expected" in line


def app(**env: str) -> Flask:
    return create_app(Config.from_env({**ENV, **env}), lambda _: None)


def statuses(app: Flask, *paths: str, certificate: str = GOOD) -> list[int]:
    client = app.test_client()
    return [client.get(path, headers={HEADER: certificate}).status_code for path in paths]


def test_who_calls_too_often_gets_a_problem_and_is_told_when_to_come_back() -> None:
    limited = app(**FEW)
    assert statuses(limited, *["/whoami"] * 3) == [200] * 3
    answer = limited.test_client().get("/whoami", headers={HEADER: GOOD})
    assert answer.status_code == 429
    assert json.loads(answer.text) == {
        "type": "urn:problem-type:too-many-requests",
        "title": "Too many requests",
        "status": 429,
    }
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    other = as_alb_sends(leaf(serial_number=2))
    assert statuses(limited, "/whoami", certificate=other) == [200]


def test_without_settings_nobody_is_limited() -> None:
    assert statuses(app(), *["/whoami"] * 9) == [200] * 9


def test_a_public_view_is_not_counted_and_an_unknown_path_is() -> None:
    limited = app(**FEW)
    assert statuses(limited, *["/health"] * 9) == [200] * 9
    assert statuses(limited, *["/nope"] * 4) == [404, 404, 404, 429]


def test_who_is_not_admitted_is_told_that_and_nothing_of_limits() -> None:
    limited = app(**FEW)
    stranger = as_alb_sends(leaf(names=()))
    assert statuses(limited, *["/whoami"] * 5, certificate=stranger) == [403] * 5


def calls(throttled: Throttle, client: Client, times: int = 30) -> int:
    """How many of so many calls pass."""
    passed = 0
    for _ in range(times):
        try:
            throttled(client)
        except problems.TooManyRequests:
            continue
        passed += 1
    return passed


@pytest.fixture
def client() -> Client:
    return Client(ClientCertificate.from_pem(pem(leaf())))


def still(settings: ThrottleSettings | None) -> Throttle:
    return Throttle(settings, Local(lambda: 0.0))


def test_a_registered_rate_counts_before_the_default_and_never_above_the_most(
    client: Client,
) -> None:
    settings = ThrottleSettings(Rate(1, 5), Rate(1, 10))
    assert calls(still(settings), client) == 5
    for burst, passed in ((2, 2), (7, 7), (20, 10)):
        assert calls(still(settings), replace(client, id="a", rate=Rate(1, burst))) == passed
    assert calls(still(None), replace(client, id="a", rate=Rate(1, 20))) == 20
    assert calls(still(None), replace(client, id="a")) == 30


def test_all_certificates_of_a_client_fill_from_one_bucket(client: Client) -> None:
    renewed = ClientCertificate.from_pem(pem(leaf(serial_number=7)))
    throttled = still(ThrottleSettings(Rate(1, 5), Rate(1, 5)))
    assert calls(throttled, replace(client, id="a")) == 5
    assert calls(throttled, replace(client, id="a", certificate=renewed)) == 0
    assert calls(throttled, replace(client, certificate=renewed)) == 5
    assert calls(throttled, replace(client, id="b")) == 5


def test_so_many_buckets_are_kept_and_the_oldest_is_forgotten(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "SIZE", 2)
    throttled = still(ThrottleSettings(Rate(1, 1), Rate(1, 1)))
    assert [calls(throttled, replace(client, id=name), 1) for name in "abab"] == [1, 1, 0, 0]
    assert [calls(throttled, replace(client, id=name), 1) for name in "cba"] == [1, 0, 1]


def test_a_registered_rate_is_kept_to_by_all_processes(tmp_path: Path) -> None:
    one = Registered.at(tmp_path / "clients.sqlite")
    one.add(registration("flood", rate=Rate(1 / 60, 3)))
    another = replace(one, app=app(CLIENT_REGISTRY=f"sqlite:///{tmp_path}/clients.sqlite"))
    asked = [which.ask("GET", "/whoami", caller="flood") for which in (one, another) * 3]
    assert [answer.status_code for answer in asked] == [200] * 3 + [429] * 3
    assert problem(asked[-1]) == "too-many-requests"
    assert 1 <= int(asked[-1].headers["Retry-After"]) <= 60
    assert one.ask("GET", "/whoami").status_code == 200


def test_while_the_store_is_down_who_is_remembered_is_counted_by_the_process(
    tmp_path: Path,
) -> None:
    """And who is not is told 503: nobody goes on without a limit, or for longer than the TTL."""
    path = tmp_path / "clients.sqlite"
    api = Registered.at(path, {"REGISTRY_TTL": "1h"})
    api.add(registration("flood", rate=Rate(1 / 60, 3)))
    flood = {HEADER: holder("flood")}  # one certificate
    assert api.ask("GET", "/whoami", headers=flood).status_code == 200
    path.rename(tmp_path / "elsewhere")
    asked = [api.ask("GET", "/whoami", headers=flood) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [200] * 3 + [429]
    assert problem(api.ask("GET", "/whoami", caller="billing")) == "registry-unavailable"
    (told,) = [line for line in api.lines if "throttling" in line]
    assert told["throttling"] == "each process alone"
