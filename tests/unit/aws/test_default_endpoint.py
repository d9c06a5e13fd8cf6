"""A default endpoint is asked over a real connection: closed, open, or nobody knows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from aws import default_endpoint
from aws.default_endpoint import Answer, Closed, Open, Unknown
from tests.conftest import free_port
from tests.unit.aws.publisher_servers import Reply, serving

FORBIDDEN = b'{"message":"Forbidden"}'
NOT_FOUND = b'{"message":"Not Found"}'


def ask(reply: Reply | None, *, is_route: bool = False) -> Answer:
    with serving(free_port(), lambda _: reply) as url:
        return default_endpoint.ask(f"{url}/live/", is_route=is_route)


@pytest.mark.parametrize(
    ("status", "body"), [(403, FORBIDDEN), (403, b'{ "message" : "Forbidden" }\n')]
)
def test_forbidden_is_closed(status: int, body: bytes) -> None:
    assert ask(Reply(status, {}, body)) == Closed("HTTP 403, Forbidden")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (200, FORBIDDEN),
        (403, b'{"message":"Missing Authentication Token"}'),
        (403, b'{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke"}'),
        (403, b'{"type":"urn:certificate-required","title":"Client certificate required"}'),
        (403, b'{"message":"Forbidden","type":"of the service"}'),
        (403, b'"Forbidden"'),
        (403, b""),
        (401, b'{"message":"Unauthorized"}'),
        (404, b'{"message":"nothing here"}'),
        (502, b'{"message": "Internal server error"}'),
        (504, b'{"message": "Endpoint request timed out"}'),
    ],
)
def test_whatever_else_an_api_says_it_is_open(status: int, body: bytes) -> None:
    for is_route in (False, True):
        assert isinstance(ask(Reply(status, {}, body), is_route=is_route), Open)


def test_an_http_api_that_is_closed_says_not_found_of_a_route_that_is_there() -> None:
    assert ask(Reply(404, {}, NOT_FOUND), is_route=True) == Closed("HTTP 404, Not Found")


def test_of_another_path_an_open_one_says_the_same() -> None:
    found = ask(Reply(404, {}, NOT_FOUND))
    assert found == Unknown("HTTP 404, Not Found, which an open one says as well")


def test_too_many_requests_tell_nothing() -> None:
    assert isinstance(ask(Reply(429, {}, b'{"message":"Too Many Requests"}')), Unknown)


def test_a_redirection_is_an_answer_of_the_api() -> None:
    moved = Reply(302, {"location": "http://127.0.0.1:1/"})
    assert ask(moved) == Open("HTTP 302")


def test_a_long_answer_is_not_read_to_its_end() -> None:
    assert isinstance(ask(Reply(200, {}, b"x" * 1_000_000)), Open)


def test_who_hangs_up_or_is_not_there_is_not_known() -> None:
    assert isinstance(ask(None), Unknown)
    found = default_endpoint.ask(f"http://127.0.0.1:{free_port()}/")
    assert isinstance(found, Unknown)
    assert "refused" in found.because.lower()


@pytest.mark.parametrize("url", ["nonsense", "http://", "https://no-such-host.invalid/"])
def test_what_cannot_be_asked_is_not_known(url: str) -> None:
    found = default_endpoint.ask(url)
    assert isinstance(found, Unknown)
    assert found.because


@contextmanager
def talking(to: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", free_port())) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                to(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def test_what_is_no_http_is_not_known() -> None:
    with talking(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")) as url:
        assert isinstance(default_endpoint.ask(url), Unknown)


def test_one_that_says_nothing_is_given_up() -> None:
    given_up = threading.Event()

    def wait(_: socket.socket) -> None:
        given_up.wait(60)

    with talking(wait) as url:
        found = default_endpoint.ask(url, limit=0.2)
        given_up.set()
    assert isinstance(found, Unknown)


def test_one_that_dribbles_is_given_up_too() -> None:
    """Each byte comes within the socket's timeout; the answer would be had after seconds."""

    def dribble(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(150):
            connection.sendall(b"x")
            time.sleep(0.02)

    with talking(dribble) as url:
        found = default_endpoint.ask(url, limit=0.5)
    assert found == Unknown("no answer within 0.5 s")


@pytest.mark.parametrize(
    ("base", "region", "expected"),
    [
        ("", "eu-central-1", "https://abc.execute-api.eu-central-1.amazonaws.com/live/a%20b"),
        ("", "cn-north-1", "https://abc.execute-api.cn-north-1.amazonaws.com.cn/live/a%20b"),
        ("http://127.0.0.1:1/{id}/", "eu-central-1", "http://127.0.0.1:1/abc/live/a%20b"),
    ],
)
def test_where_it_is(base: str, region: str, expected: str) -> None:
    assert default_endpoint.url(base, "abc", region, "/live/a b") == expected
