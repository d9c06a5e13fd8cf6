"""The server's certificate, the clocks, and who asks for none: each found by its first finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import builders
from tests.builders import SERVER_AUTH, Files, authority, leaf
from tests.unit.aws.doctor import peers
from tests.unit.aws.doctor.peers import OK, Tls, answering, listening, speaking
from tests.unit.aws.doctor.world import DAY, ISSUING, ROOT, World, codes

NOW = datetime.now(UTC).replace(microsecond=0)
Make = Callable[[World], Files]
EXPIRED: Any = {"not_before": NOW - 3 * DAY, "lifetime": DAY}
GOOD: Any = {"dns_name": "localhost", "eku": SERVER_AUTH, "lifetime": 90 * DAY}
LATER: Any = {"not_before": NOW + 3 * DAY}


def server(**wrong: Any) -> Make:
    return lambda world: world.server_of("wrong", **wrong)


def expired_issuer(world: World) -> Files:
    above = authority(subject="CN=Old Issuing", issuer=ROOT, **EXPIRED)
    return world.server_of("wrong", issuer=above)


def without_intermediate(world: World) -> Files:
    return world.holder("wrong", leaf(issuer=ISSUING, **GOOD))


def of_another_chain(world: World) -> Files:
    made = leaf(issuer=ISSUING, **GOOD)
    return world.holder("wrong", made, authority(subject="CN=Server Issuing", issuer=ROOT))


def of_another_ca(world: World) -> Files:
    root = authority(subject="CN=Another Root")
    return world.server_of("wrong", issuer=authority(subject="CN=Another", issuer=root))


def with_the_root(world: World) -> Files:
    root = authority(subject="CN=Another Root")
    made = leaf(issuer=root, **GOOD)
    return world.holder("wrong", made, root)


def self_signed(world: World) -> Files:
    return world.holder("wrong", leaf(issuer=None, **GOOD))


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (server(**EXPIRED), ["server.expired"]),
        (expired_issuer, ["server.expired"]),
        (server(**LATER), ["server.not-yet-valid"]),
        (server(not_before=NOW - 71 * DAY), ["server.expires-soon"]),
        (server(not_before=NOW - 59 * DAY), []),
        (server(dns_name="else.example"), ["server.wrong-name"]),
        (server(eku=builders.CLIENT_AUTH), ["server.unfit"]),
        (server(key=builders.rsa_key(1024)), ["server.unfit"]),
        (without_intermediate, ["server.chain-incomplete"]),
        (of_another_chain, ["server.wrong-chain"]),
        (of_another_ca, ["server.untrusted"]),
        (with_the_root, ["server.untrusted"]),
        (self_signed, ["server.self-signed"]),
        (server(lifetime=20 * DAY), []),
    ],
)
def test_the_certificate_of_a_server(world: World, make: Make, found: list[str]) -> None:
    with listening(speaking(Tls(make(world), world.clients), answering(OK))) as port:
        assert codes(world.diagnose(port)) == found


def test_a_root_that_was_not_named_is_not_trusted(world: World) -> None:
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        assert codes(world.diagnose(port, ca=None)) == ["server.untrusted"]


def dated(date: datetime) -> bytes:
    return peers.response("200 OK", b"{}", f"Date: {date:%a, %d %b %Y %H:%M:%S} GMT")


@pytest.mark.parametrize(
    ("minutes", "found"), [(-6, ["clock.off"]), (6, ["clock.off"]), (-4, []), (4, [])]
)
def test_a_clock_that_is_off(world: World, minutes: int, found: list[str]) -> None:
    date = datetime.now(UTC) + timedelta(minutes=minutes)
    with listening(speaking(Tls(world.server, world.clients), answering(dated(date)))) as port:
        assert codes(world.diagnose(port)) == found


def test_what_only_our_clock_says_has_expired_is_the_clocks_fault(world: World) -> None:
    answer = answering(dated(datetime.now(UTC)))
    with listening(speaking(Tls(world.server, world.clients), answer)) as port:
        late: Any = {"now": NOW + 200 * DAY, "trusted": world.clients}
        assert codes(world.diagnose(port, **late)) == ["clock.off"]


def test_a_server_that_asks_for_no_certificate(world: World) -> None:
    tls = Tls(world.server)
    required = peers.problem("403 Forbidden", "certificate-required")
    with listening(speaking(tls, answering(OK, anonymous=required))) as port:
        assert codes(world.diagnose(port)) == ["asks.nothing"]
        assert codes(world.diagnose(port, certificate=None, key=None)) == ["asks.nothing"]
        assert codes(world.diagnose(port, "/health")) == ["asks.nothing"]
    with listening(speaking(tls, answering(OK, anonymous=OK))) as port:
        assert codes(world.diagnose(port)) == ["asks.nothing", "anonymous.accepted"]
        assert codes(world.diagnose(port, "/health")) == ["asks.nothing"]


def test_a_server_that_asks_and_serves_everybody(world: World) -> None:
    tls = Tls(world.server, world.clients, is_optional=True)
    with listening(speaking(tls, answering(OK, anonymous=OK))) as port:
        assert codes(world.diagnose(port)) == ["anonymous.accepted"]
        assert codes(world.diagnose(port, certificate=None, key=None)) == ["anonymous.accepted"]
        assert codes(world.diagnose(port, "/v1/health")) == []
        assert codes(world.diagnose(port, "/unhealth")) == ["anonymous.accepted"]
    not_found = peers.response("404 Not Found")
    with listening(speaking(tls, answering(OK, anonymous=not_found))) as port:
        assert codes(world.diagnose(port)) == ["anonymous.answered"]
    required = peers.problem("403 Forbidden", "certificate-required")
    with listening(speaking(tls, answering(OK, anonymous=required))) as port:
        assert codes(world.diagnose(port)) == []
