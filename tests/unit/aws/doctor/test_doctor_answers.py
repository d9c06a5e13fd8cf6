"""What the API answers to a certificate that it took, or did not: each found by its meaning."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

import pytest

from service.problems import Problem
from tests.unit.aws.doctor import peers
from tests.unit.aws.doctor.peers import (
    OK,
    Tls,
    answering,
    by_path,
    gateway,
    listening,
    problem,
    response,
    speaking,
)
from tests.unit.aws.doctor.world import World, codes

FORBIDDEN = gateway("403 Forbidden", b'{"message":"Forbidden"}', "ForbiddenException")
NO_ROUTE = gateway(
    "403 Forbidden",
    b'{"message":"Missing Authentication Token"}',
    "MissingAuthenticationTokenException",
)
ENOUGH = 1.5  # seconds for a handshake, if the machine has much to do
NGINX = b"<html><center><h1>400 Bad Request</h1></center><center>The SSL certificate error</center>"

ANSWERS = {
    "API Gateway refuses": (FORBIDDEN, "http.forbidden"),
    "an HTTP API refuses": (
        response("403 Forbidden", b'{"message":"Forbidden"}', "Apigw-Requestid: a"),
        "http.forbidden",
    ),
    "no such route": (NO_ROUTE, "http.no-route"),
    "no such route, without the type": (
        response("403 Forbidden", b'{"message":"Missing Authentication Token"}'),
        "http.no-route",
    ),
    "an authorizer says no": (
        gateway(
            "403 Forbidden",
            b'{"Message":"User is not authorized to access this resource"}',
            "AccessDeniedException",
        ),
        "http.not-authorized",
    ),
    "a token is wanted": (
        gateway("401 Unauthorized", b'{"message":"Unauthorized"}', "UnauthorizedException"),
        "http.unauthorized",
    ),
    "somebody else says 403": (response("403 Forbidden", b"<h1>no</h1>"), "http.refused"),
    "403 with another JSON": (response("403 Forbidden", b"[1]"), "http.refused"),
    "nginx refuses": (response("400 Bad Request", NGINX), "http.bad-certificate"),
    "nginx got none": (
        response("400 Bad Request", b"<center>No required SSL certificate was sent</center>"),
        "http.bad-certificate",
    ),
    "a bad request": (response("400 Bad Request", b"{}"), "http.unexpected"),
    "not found": (
        response("404 Not Found", b'{"message":"Not Found"}', "Apigw-Requestid: a"),
        "http.not-found",
    ),
    "our not found": (problem("404 Not Found", "not-found"), "http.not-found"),
    "throttled": (
        gateway(
            "429 Too Many Requests",
            b'{"message":"Too Many Requests"}',
            "TooManyRequestsException",
        ),
        "http.throttled",
    ),
    "quota": (
        gateway("429 Too Many Requests", b'{"message":"Limit Exceeded"}', "LimitExceededException"),
        "http.quota",
    ),
    "the function failed": (
        gateway(
            "502 Bad Gateway",
            b'{"message": "Internal server error"}',
            "InternalServerErrorException",
        ),
        "http.bad-gateway",
    ),
    "no target": (
        response("503 Service Unavailable", b"", "server: awselb/2.0"),
        "http.unavailable",
    ),
    "timed out": (
        gateway("504 Gateway Timeout", b'{"message": "Endpoint request timed out"}'),
        "http.timeout",
    ),
    "our crash": (problem("500 Internal Server Error", "internal-server-error"), "http.error"),
    "another 5xx": (response("521 Down"), "http.error"),
    "teapot": (response("418 I'm a teapot"), "http.unexpected"),
    "redirect to another host": (
        response("302 Found", b"", "Location: https://else.example/whoami"),
        "http.redirect",
    ),
    "redirect to another port": (
        response("301 Moved", b"", "Location: https://localhost/whoami"),
        "http.redirect",
    ),
    "redirect to plain HTTP": (
        response("308 Permanent Redirect", b"", "Location: http://localhost/whoami"),
        "http.redirect",
    ),
    "redirect to nowhere": (
        response("302 Found", b"", "Location: https://[::1/x"),
        "http.redirect",
    ),
    "redirect within": (response("307 Temporary Redirect", b"", "Location: /whoami/"), ""),
    "created": (response("201 Created", b"{}"), ""),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
    "early hints first": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, ""),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "",
    ),
    "until it closes": (b"HTTP/1.0 200 OK\r\n\r\n{}", ""),
    "large": (response("200 OK", b"x" * 300_000), ""),
    "cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "http.unfinished"),
    "cut off in a chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
        "http.unfinished",
    ),
    "HTTP/2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18), "http.malformed"),
    "a status that is none": (b"HTTP/1.1 OK\r\n\r\n", "http.malformed"),
    "a header that is none": (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "http.malformed"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_to_the_path_of_the_url(world: World, name: str) -> None:
    answer, code = ANSWERS[name]
    with listening(speaking(Tls(world.server, world.clients), answering(answer))) as port:
        assert codes(world.diagnose(port, "/orders?page=1")) == ([code] if code else [])


#: What is wrong with a request that the doctor does not make, or is known by its status alone.
OF_HTTP = {
    *("malformed-json", "validation-failed", "content-too-large", "unsupported-media-type"),
    *("precondition-required", "precondition-failed", "conflict", "idempotency-key-reused"),
    *("not-found", "internal-server-error"),
}
OF_THE_SERVICE = [kind for kind in Problem.__subclasses__() if kind.slug not in OF_HTTP]


@pytest.mark.parametrize("kind", OF_THE_SERVICE, ids=lambda kind: kind.slug)
def test_every_problem_of_the_service_is_known(world: World, kind: type[Problem]) -> None:
    answer = problem(f"{kind.status} Problem", kind.slug)
    with listening(speaking(Tls(world.server, world.clients), answering(answer))) as port:
        assert codes(world.diagnose(port, "/whoami")) == [f"service.{kind.slug}"]
        assert codes(world.diagnose(port)) == [f"service.{kind.slug}"]


@pytest.mark.parametrize("slug", sorted(OF_HTTP))
def test_a_problem_of_any_http_api_is_known_by_its_status(world: World, slug: str) -> None:
    (kind,) = (kind for kind in Problem.__subclasses__() if kind.slug == slug)
    answer = problem(f"{kind.status} Problem", slug)
    with listening(speaking(Tls(world.server, world.clients), answering(answer))) as port:
        (code,) = codes(world.diagnose(port, "/orders"))
    assert code.startswith("http.")


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"/whoami": OK, "/health": OK}, []),
        ({"/whoami": NO_ROUTE, "/health": OK}, []),
        ({"/whoami": OK, "/health": response("404 Not Found")}, []),
        ({"/whoami": NO_ROUTE, "/health": response("404 Not Found")}, ["http.no-known-path"]),
        ({"/whoami": FORBIDDEN, "/health": OK}, ["http.no-mapping"]),
        ({"/whoami": FORBIDDEN, "/health": NO_ROUTE}, ["http.no-mapping"]),
        ({"/whoami": FORBIDDEN, "/health": FORBIDDEN}, ["http.forbidden"]),
        (
            {"/whoami": problem("403 Forbidden", "certificate-not-allowed"), "/health": OK},
            ["service.certificate-not-allowed"],
        ),
        (
            {"/whoami": response("504 Gateway Timeout"), "/health": response("502 Bad Gateway")},
            ["http.timeout", "http.bad-gateway"],
        ),
    ],
)
def test_without_a_path_both_of_the_service_are_asked(
    world: World, answers: dict[str, bytes], found: list[str]
) -> None:
    with listening(speaking(Tls(world.server, world.clients), by_path(answers, b""))) as port:
        assert codes(world.diagnose(port)) == found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (response("502 Bad Gateway"), ["http.bad-gateway"]),
        (FORBIDDEN, []),
        (problem("403 Forbidden", "certificate-required"), []),
        (b"nonsense", ["http.malformed"]),
    ],
)
def test_what_can_be_told_without_a_certificate(
    world: World, answer: bytes, found: list[str]
) -> None:
    tls = Tls(world.server, world.clients, is_optional=True)
    with listening(speaking(tls, answering(OK, anonymous=answer))) as port:
        assert codes(world.diagnose(port, certificate=None, key=None)) == found


def after_the_request(says: Callable[[socket.socket], None]) -> Callable[[ssl.SSLSocket], None]:
    def answer(connection: ssl.SSLSocket) -> None:
        connection.recv(9999)
        says(connection)

    return answer


def half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}")
    peers.silent(connection)


def endless_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 10_000)


def endless_hints(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


def kept_open(connection: socket.socket) -> None:
    connection.sendall(OK)
    peers.silent(connection)


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (peers.silent, ["http.silent"]),
        (peers.dripping(b"HTTP/1.1 200 OK\r\n" * 999), ["http.silent"]),
        (peers.dripping(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 999, 0.01), ["http.unfinished"]),
        (half, ["http.unfinished"]),
        (peers.endless, ["http.malformed"]),
        (endless_hints, ["http.malformed"]),
        (endless_body, []),
        (kept_open, []),
    ],
)
def test_whatever_is_answered_it_comes_to_an_end(
    world: World, says: Callable[[socket.socket], None], found: list[str]
) -> None:
    tls = Tls(world.server, world.clients)
    with listening(speaking(tls, after_the_request(says))) as port:
        assert codes(world.diagnose(port, "/x", seconds=ENOUGH)) == found


def test_a_server_that_hangs_in_the_handshake_of_a_client(world: World) -> None:
    """It shows its certificate, and never finishes."""
    context = Tls(world.server, world.clients, newest=ssl.TLSVersion.TLSv1_2).context()

    def says(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(connection.recv(9999))
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            time.sleep(0.01)
            peers.silent(connection)

    with listening(says) as port:
        assert codes(world.diagnose(port, seconds=ENOUGH)) == ["tls.silent"]
