"""The client's certificate: each thing that can be wrong with it, found by its first finding."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from aws.doctor.checks import diagnose
from tests import builders, crls
from tests.builders import SERVER_AUTH, Files, leaf
from tests.unit.aws.doctor import peers
from tests.unit.aws.doctor.peers import OK, Tls, answering, listening, speaking
from tests.unit.aws.doctor.world import CLIENTS, DAY, ISSUING, OTHERS, World, codes
from tests.unit.pki.servers import Made, openssl

NOW = datetime.now(UTC).replace(microsecond=0)
Make = Callable[[World], Files]
EXPIRED: Any = {"not_before": NOW - 3 * DAY, "lifetime": DAY}
LATER: Any = {"not_before": NOW + 3 * DAY}


def client(**wrong: Any) -> Make:
    return lambda world: world.holder(
        "client-wrong", leaf(**{"issuer": CLIENTS, "lifetime": 90 * DAY, **wrong})
    )


def encrypted(world: World) -> Files:
    files = world.holder("encrypted", leaf(issuer=CLIENTS, lifetime=90 * DAY))
    key = builders.read(files.pem, files.key).key
    how = BestAvailableEncryption(b"secret")
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return files


def of(pem: str, key: str) -> Make:
    return lambda world: Files(world.folder / pem, world.folder / key)


VERSIONS = pytest.mark.parametrize(
    "newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls1.2", "tls1.3"]
)


@VERSIONS
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (client(issuer=OTHERS), ["client.refused-unknown-ca"]),
        (client(**EXPIRED), ["client.expired"]),
        (client(**LATER), ["client.not-yet-valid"]),
        (client(not_before=NOW - 71 * DAY), ["client.expires-soon"]),
        (client(not_before=NOW - 59 * DAY), []),
        (client(not_before=NOW - 19 * DAY, lifetime=30 * DAY), []),
        (client(not_before=NOW - 21 * DAY, lifetime=30 * DAY), ["client.expires-soon"]),
        (client(eku=SERVER_AUTH), ["client.would-be-refused"]),
        (client(key=builders.rsa_key(1024)), ["client.not-everywhere", "client.not-everywhere"]),
        (encrypted, ["client.key-encrypted"]),
        (of("client.pem", "server.key"), ["client.key-of-another"]),
        (of("client.pem", "client.pem"), ["client.key-unreadable"]),
        (of("client.pem", "absent.key"), ["client.key-unreadable"]),
        (of("absent.pem", "client.key"), ["client.unreadable"]),
        (of("client.key", "client.key"), ["client.unreadable"]),
    ],
)
def test_the_certificate_of_a_client(
    world: World, make: Make, found: list[str], newest: ssl.TLSVersion
) -> None:
    files = make(world)
    tls = Tls(world.server, world.clients, newest=newest)
    with listening(speaking(tls, answering(OK))) as port:
        assert codes(world.diagnose(port, certificate=files.pem, key=files.key)) == found


def test_a_client_of_a_ca_that_is_not_named(world: World) -> None:
    """`openssl s_server` names those of its -CAfile (RFC 8446, 4.2.4), which Python does not."""
    named = Made(world.server, world.ca, world.clients, world.client)
    (world.folder / "issuing.pem").write_text(ISSUING.pem)
    other = world.holder("other", leaf(issuer=OTHERS, lifetime=90 * DAY))
    asks = ("-Verify", "2", "-verify_return_error", "-CAfile", str(world.clients), "-www")
    with openssl(named, *asks) as port:
        facts = world.examine(port)
        assert codes(diagnose(facts)) == []
        assert facts.authorities == [CLIENTS.certificate.subject]
        found = world.diagnose(port, certificate=other.pem, key=other.key)
        assert codes(found) == ["asks.other-cas"]
    with openssl(named, *(word for word in asks if word != "-verify_return_error")) as port:
        assert codes(world.diagnose(port, certificate=other.pem, key=other.key)) == []


def truststore(world: World, *roots: Any) -> Path:
    path = world.folder / f"truststore-{len(roots)}.pem"
    path.write_text("".join(root.pem for root in roots))
    return path


def test_a_client_whose_ca_is_not_in_the_truststore(world: World) -> None:
    """No CA is named, as API Gateway may do it: only the truststore tells."""
    forbidden = peers.gateway("403 Forbidden", b'{"message":"Forbidden"}', "ForbiddenException")
    others = truststore(world, OTHERS)
    with listening(_taking_anybody(world, forbidden)) as port:
        assert codes(world.diagnose(port, trusted=others)) == ["client.would-be-refused"]
        assert codes(world.diagnose(port)) == ["http.forbidden"]
        assert codes(world.diagnose(port, trusted=world.clients)) == ["client.not-in-force"]
    with listening(_taking_anybody(world, OK)) as port:
        assert codes(world.diagnose(port, trusted=others)) == ["client.other-truststore"]
        assert codes(world.diagnose(port, trusted=world.clients)) == []


def _taking_anybody(world: World, answer: bytes) -> peers.Says:
    tls = Tls(world.server, world.clients)
    return speaking(tls, answering(answer))


def test_a_front_that_takes_less_than_the_other(world: World) -> None:
    """API Gateway does not list P-521, ALB does."""
    made = leaf(issuer=CLIENTS, key=ec.generate_private_key(ec.SECP521R1()), lifetime=90 * DAY)
    files = world.holder("p-521", made)
    who: Any = {"certificate": files.pem, "key": files.key, "trusted": world.clients}
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        assert codes(world.diagnose(port, **who)) == ["client.not-everywhere"]


def test_who_answers_as_api_gateway_is_asked_for_its_rules_alone(world: World) -> None:
    made = leaf(issuer=CLIENTS, key=ec.generate_private_key(ec.SECP521R1()), lifetime=90 * DAY)
    files = world.holder("p-521", made)
    who: Any = {"certificate": files.pem, "key": files.key, "trusted": world.clients}
    answer = answering(peers.gateway("200 OK", b"{}"))
    with listening(speaking(Tls(world.server, world.clients), answer)) as port:
        assert codes(world.diagnose(port, **who)) == ["client.other-truststore"]


def test_an_error_comes_before_a_warning_of_what_is_nearer(world: World) -> None:
    server = world.server_of("old", not_before=NOW - 71 * DAY)
    client = world.holder("client-old", leaf(issuer=CLIENTS, **EXPIRED))
    with listening(speaking(Tls(server, world.clients), answering(OK))) as port:
        found = world.diagnose(port, certificate=client.pem, key=client.key)
        assert codes(found) == ["client.expired", "server.expires-soon"]


@VERSIONS
def test_a_revoked_client(world: World, newest: ssl.TLSVersion) -> None:
    revoked = leaf(issuer=CLIENTS, lifetime=90 * DAY)
    files = world.holder("revoked", revoked)
    crl = world.folder / "crl.pem"
    crl.write_bytes(crls.pem(crls.crl(CLIENTS, [revoked.certificate.serial_number], number=1)))
    tls = Tls(world.server, world.clients, crl=crl, newest=newest)
    with listening(speaking(tls, answering(OK))) as port:
        found = world.diagnose(port, certificate=files.pem, key=files.key)
        assert codes(found) == ["client.refused-revoked"]
        assert codes(world.diagnose(port)) == []


@pytest.mark.parametrize(
    ("alert", "code"),
    [
        (48, "client.refused-unknown-ca"),
        (45, "client.refused-expired"),
        (42, "client.refused"),
        (116, "client.refused"),
    ],
)
def test_a_client_that_an_alert_refuses(world: World, alert: int, code: str) -> None:
    """The certificate is good, and the server says otherwise."""
    tls = Tls(world.server, world.clients, newest=ssl.TLSVersion.TLSv1_2)
    with listening(_refusing(tls, alert)) as port:
        assert codes(world.diagnose(port)) == [code]


def _refusing(tls: Tls, alert: int) -> peers.Says:
    """Shows its certificate, asks for one, and ends with *alert* what comes after that."""
    context = tls.context()

    def says(connection: Any) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(connection.recv(9999))
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            connection.recv(9999)
            connection.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([alert]))

    return says


@VERSIONS
def test_a_client_with_whom_the_server_does_not_talk(world: World, newest: ssl.TLSVersion) -> None:
    tls = Tls(world.server, world.clients, newest=newest)
    with listening(speaking(tls, answering(b""))) as port:
        assert codes(world.diagnose(port)) == ["client.closed"]
        assert codes(world.diagnose(port, trusted=world.clients)) == ["client.not-in-force"]
