"""From the URL to TLS: each broken setup, found by its first finding."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aws.doctor.url import parse
from tests.conftest import free_port
from tests.unit.aws.doctor import peers
from tests.unit.aws.doctor.peers import OK, Tls, answering, listening, speaking
from tests.unit.aws.doctor.world import World, codes, lookup

OLD: Any = {"newest": ssl.TLSVersion.TLSv1_1, "oldest": ssl.TLSVersion.TLSv1}


def test_a_healthy_server_has_no_finding(world: World) -> None:
    tls = Tls(world.server, world.clients, alpn=("h2", "http/1.1"))
    with listening(speaking(tls, answering(OK))) as port:
        facts = world.examine(port, trusted=world.clients)
        assert codes(world.diagnose(port, trusted=world.clients)) == []
    assert facts.spoken == ("TLSv1.3", "TLSv1.2")
    assert {met.alpn for met in facts.versions.values()} == {"h2", ""}
    assert [met.answer.status for met in facts.answers if met.answer] == [200, 200]
    assert [met.path for met in facts.answers] == ["/whoami", "/health"]
    assert facts.anonymous
    assert facts.anonymous.answer is None


def test_without_a_certificate_a_healthy_server_has_no_finding(world: World) -> None:
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        assert codes(world.diagnose(port, certificate=None, key=None)) == []


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("http://localhost", "url.http"),
        ("https://a1b2c3.execute-api.eu-central-1.amazonaws.com", "url.default-endpoint"),
        ("https://d-a1b2c3.execute-api.eu-central-1.amazonaws.com", "url.regional-name"),
    ],
)
def test_a_url_that_can_come_to_nothing(world: World, host: str, code: str) -> None:
    forbidden = peers.gateway("403 Forbidden", b'{"message":"Forbidden"}', "ForbiddenException")
    with listening(speaking(Tls(world.server), answering(forbidden, anonymous=forbidden))) as port:
        assert codes(world.diagnose(port, url=parse(f"{host}:{port}/live"))) == [code]


def test_the_default_endpoint_that_lets_anybody_in_is_told_besides(world: World) -> None:
    with listening(speaking(Tls(world.server), answering(OK, anonymous=OK))) as port:
        url = parse(f"https://a1b2.execute-api.eu-central-1.amazonaws.com:{port}/live")
        assert codes(world.diagnose(port, url=url)) == [
            "url.default-endpoint",
            "anonymous.accepted",
        ]


def failing(error: Exception) -> Any:
    def look(*_: object, **__: object) -> list[Any]:
        raise error

    return look


def hanging(*_: object, **__: object) -> list[Any]:
    threading.Event().wait(peers.PATIENCE)
    return []


@pytest.mark.parametrize(
    ("look", "code"),
    [
        (failing(socket.gaierror(socket.EAI_NONAME, "Name or service not known")), "dns.no-name"),
        (failing(socket.gaierror(socket.EAI_AGAIN, "Temporary failure")), "dns.no-answer"),
        (failing(UnicodeError("label too long")), "dns.no-name"),
        (lookup(), "dns.no-name"),
        (hanging, "dns.no-answer"),
    ],
)
def test_a_name_that_does_not_resolve(world: World, look: Any, code: str) -> None:
    assert codes(world.diagnose(443, lookup=look, seconds=0.3)) == [code]


def test_a_name_that_nobody_has(world: World) -> None:
    found = world.diagnose(
        443, url=parse("https://nowhere.invalid"), lookup=socket.getaddrinfo, seconds=5
    )
    assert codes(found)[0] in {"dns.no-name", "dns.no-answer"}


def test_a_port_where_nobody_listens(world: World) -> None:
    found = world.diagnose(free_port())
    assert codes(found) == ["tcp.refused"]
    assert "make up" in found[0].hint


def test_an_address_that_does_not_answer(world: World) -> None:
    """A backlog that is full: the system drops what comes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        assert codes(world.diagnose(port, seconds=0.3)) == ["tcp.no-answer"]
        for one in waiting:
            one.close()


def test_a_dead_address_beside_a_living_one_is_a_warning(world: World) -> None:
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        dead = lookup("127.0.0.1", "192.0.2.1")
        found = world.diagnose(port, lookup=dead, seconds=1.0)
        assert codes(found) in (["tcp.some-addresses"], [])  # [] where there is no way out at all
        assert codes(world.diagnose(port, lookup=lookup("127.0.0.2", "127.0.0.1"))) == []


def plain_http(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def banner(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    peers.silent(connection)


def hang_up(connection: socket.socket) -> None:
    connection.recv(9999)


def alert(code: int) -> Callable[[socket.socket], None]:
    def says(connection: socket.socket) -> None:
        connection.recv(9999)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([code]))

    return says


def malformed(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.sendall(b"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03")


def flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + os.urandom(16_380))


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (plain_http, "tls.plain-http"),
        (banner, "tls.not-tls"),
        (hang_up, "tls.closed"),
        (alert(40), "tls.refused"),
        (alert(70), "tls.version"),
        (alert(112), "tls.unknown-name"),
        (malformed, "tls.malformed"),
    ],
)
def test_what_is_no_tls_server(
    world: World, says: Callable[[socket.socket], None], code: str
) -> None:
    with listening(says) as port:
        assert codes(world.diagnose(port)) == [code]


@pytest.mark.parametrize("says", [peers.silent, peers.dripping(b"\x16\x03\x03\x40\x00\x02" * 999)])
def test_a_server_that_says_nothing_to_the_end(
    world: World, says: Callable[[socket.socket], None]
) -> None:
    with listening(says) as port:
        assert codes(world.diagnose(port, seconds=0.4)) == ["tls.silent"]


def test_a_flood_comes_to_an_end(world: World) -> None:
    with listening(flood) as port:
        assert codes(world.diagnose(port)) == ["tls.malformed"]


def test_tls_1_1_alone(world: World) -> None:
    with listening(speaking(Tls(world.server, **OLD), answering(OK))) as port:
        assert codes(world.diagnose(port)) == ["tls.only-old"]


def test_tls_1_1_beside_1_2_is_a_warning(world: World) -> None:
    tls = Tls(world.server, world.clients, oldest=ssl.TLSVersion.TLSv1)
    with listening(speaking(tls, answering(OK))) as port:
        assert codes(world.diagnose(port)) == ["tls.old-too"]


def test_tls_1_2_alone_is_no_fault(world: World) -> None:
    tls = Tls(world.server, world.clients, newest=ssl.TLSVersion.TLSv1_2)
    with listening(speaking(tls, answering(OK))) as port:
        assert codes(world.diagnose(port)) == []


def test_a_name_that_the_server_does_not_know(world: World) -> None:
    with listening(speaking(Tls(world.server, knows="else"), answering(OK))) as port:
        assert codes(world.diagnose(port)) == ["tls.unknown-name"]
    with listening(
        speaking(Tls(world.server, world.clients, knows="localhost"), answering(OK))
    ) as port:
        assert codes(world.diagnose(port)) == []
