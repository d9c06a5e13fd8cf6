"""A body that nobody asked for is read to its end: the terminator has no reason for a 502."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from stack.native import NativeStack
from tests.builders import Files
from tests.conftest import Pki
from tests.e2e import wire
from tests.e2e.vectors import Cast
from tests.e2e.wire import Answer

#: More than a socket's buffers hold, more than gunicorn reads of its own accord, and not too much.
BODY = b"x" * 4_000_000
WHOAMI = b"GET /whoami HTTP/1.1\r\nHost: localhost\r\n"
LEAF = "X-Amzn-Mtls-Clientcert-Leaf"
#: Request line, leaf, answer: everybody who is not admitted.
OTHERS = {
    "nobody": ("POST /whoami", None, "403 certificate-required"),
    "garbage": ("POST /whoami", "garbage", "400 certificate-malformed"),
    "an outsider": ("POST /whoami", "{LEAF_OF_OUTSIDER}", "403 certificate-not-allowed"),
    "an expired client": ("POST /whoami", "{LEAF_OF_EXPIRED}", "403 certificate-not-valid-now"),
    "nobody at a public path": ("GET /health", None, "200"),
}
FRAMES = {
    "content-length": (b"Content-Length: %d\r\n\r\n" % len(BODY), b""),
    "chunked": (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY), b"\r\n0\r\n\r\n"),
}


def head(line: str, *headers: str) -> bytes:
    """A request without the empty line."""
    return "".join(f"{part}\r\n" for part in (line, "Host: localhost", *headers)).encode()


def outcome(answer: Answer) -> str:
    return f"{answer.status} {answer.problem}" if answer.status != 200 else "200"


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("who", OTHERS)
def test_the_service_reads_the_body_of_whom_it_does_not_admit(
    stack: NativeStack, cast: Cast, who: str, frame: str, connection: str
) -> None:
    """Without it the peer cannot send the body to its end: BrokenPipeError."""
    line, leaf, expected = OTHERS[who]
    headers = [] if leaf is None else [f"{LEAF}: {leaf.format(**cast.values)}"]
    begin, end = FRAMES[frame]
    first = head(f"{line} HTTP/1.1", *headers, f"Connection: {connection}") + begin + BODY + end
    honest = f"{LEAF}: {cast.values['LEAF_OF_OTHER_CLIENT']}"
    admitted = head("GET /whoami HTTP/1.1", honest, "Connection: close") + b"\r\n"
    requests = first + (admitted if connection == "keep-alive" else b"")
    got = wire.answers(wire.exchange_unix(stack.settings.run_dir / "service.sock", requests))
    assert [outcome(answer) for answer in got] == [expected, "200"][: len(got)]
    assert len(got) == (2 if connection == "keep-alive" else 1)


def test_who_sends_a_body_bit_by_bit_is_not_awaited_for_ever(stack: NativeStack) -> None:
    begin = WHOAMI + b"Content-Length: 1000000\r\n\r\n"
    deadline = time.monotonic() + wire.PATIENCE
    received = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(stack.settings.run_dir / "service.sock"))
        connection.sendall(begin)
        connection.settimeout(0.1)
        while time.monotonic() < deadline:
            try:
                connection.sendall(b"x")
                received += connection.recv(65536)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            pytest.fail("it still reads")
        received += connection.recv(65536)
    assert outcome(*wire.answers(received)) == "403 certificate-required"


@pytest.fixture(params=["stranger", "nobody", "outsider"])
def refused(
    request: pytest.FixtureRequest, stranger: Files, outsider: Files
) -> tuple[Files | None, str]:
    return {
        "stranger": (stranger, "403 certificate-untrusted"),
        "nobody": (None, "403 certificate-required"),
        "outsider": (outsider, "403 certificate-not-allowed"),
    }[str(request.param)]


Post = Callable[[Files | None], Answer | None]


@pytest.fixture(params=[*FRAMES, "h2"])
def post(request: pytest.FixtureRequest, passthrough_stack: NativeStack, pki: Pki) -> Post:
    port = passthrough_stack.settings.alb_port

    def over_h1(client: Files | None) -> Answer | None:
        begin, end = FRAMES[request.param]
        raw = head("POST /whoami HTTP/1.1", "Connection: close") + begin + BODY + end
        return wire.ask(port, wire.tls(pki.ca, client), raw)

    def over_h2(client: Files | None) -> Answer | None:
        headers = [(k, "POST" if k == ":method" else v) for k, v in wire.whoami_h2()]
        return wire.ask_h2(port, wire.tls(pki.ca, client, alpn=["h2"]), headers, BODY)

    return over_h2 if request.param == "h2" else over_h1


def test_in_passthrough_nobodys_large_body_is_a_502(
    post: Post, refused: tuple[Files | None, str]
) -> None:
    """That of the verify mode is in test_service."""
    client, expected = refused
    for _ in range(20):
        answer = post(client)
        assert answer is not None
        assert outcome(answer) == expected
