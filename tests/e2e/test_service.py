"""The service behind nginx: refusals, large bodies, large headers, its log."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Callable
from typing import Any

import pytest

from service.access_log import SoonAfter
from stack.native import NativeStack
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e import wire
from tests.e2e.wire import Answer

MAX_BODY = 4 * 1024 * 1024
TOO_LARGE = b"x" * (MAX_BODY + 1)
Post = Callable[[Files, bytes], Answer | None]
LOG_KEYS = {"time", "method", "path", "status", "milliseconds", "trace_id", "verdict", "because"}
CLIENT_KEYS = {"fingerprint", "serial_number", "subject", "issuer", "organization"}


def http(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join([line, "Host: localhost", "Connection: close", *headers, "", ""])
    return head.encode() + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.fixture
def ask(stack: NativeStack, pki: Pki) -> Callable[[Files, bytes], Answer]:
    def send(client: Files, raw: bytes) -> Answer:
        answer = wire.ask(stack.settings.alb_port, wire.tls(pki.ca, client), raw)
        assert answer is not None
        return answer

    return send


@pytest.fixture(params=["content-length", "chunked", "h2"])
def post(request: pytest.FixtureRequest, stack: NativeStack, pki: Pki) -> Post:
    port = stack.settings.alb_port

    def with_length(client: Files, body: bytes) -> Answer | None:
        head = b"POST /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        raw = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        return wire.ask(port, wire.tls(pki.ca, client), raw)

    def in_chunks(client: Files, body: bytes) -> Answer | None:
        head = b"POST /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        raw = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body)
        return wire.ask(port, wire.tls(pki.ca, client), raw)

    def over_h2(client: Files, body: bytes) -> Answer | None:
        headers = [(k, "POST" if k == ":method" else v) for k, v in wire.whoami_h2()]
        return wire.ask_h2(port, wire.tls(pki.ca, client, alpn=["h2"]), headers, body)

    return {"content-length": with_length, "chunked": in_chunks, "h2": over_h2}[request.param]


def test_a_body_over_4_mib_is_always_413(post: Post, billing: Files) -> None:
    for _ in range(20):
        answer = post(billing, TOO_LARGE)
        assert answer is not None
        assert (answer.status, answer.problem) == (413, "content-too-large")


def test_a_body_of_4_mib_is_not_413(post: Post, billing: Files) -> None:
    answer = post(billing, TOO_LARGE[:-1])
    assert answer is not None
    assert (answer.status, answer.problem) == (405, "method-not-allowed")


def test_an_outsiders_large_body_is_403_and_never_502(post: Post, outsider: Files) -> None:
    for _ in range(20):
        answer = post(outsider, b"x" * 5_000_000)
        assert answer is not None
        assert (answer.status, answer.problem) == (403, "certificate-not-allowed")


def test_the_next_request_of_the_connection_is_answered(
    stack: NativeStack, pki: Pki, billing: Files
) -> None:
    large = b"POST /whoami HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    raw = large % len(TOO_LARGE) + TOO_LARGE + wire.WHOAMI
    got = wire.answers(wire.exchange(stack.settings.alb_port, wire.tls(pki.ca, billing), raw))
    assert [answer.status for answer in got] == [413, 200]


def test_an_unknown_path_is_a_404_problem(
    ask: Callable[[Files, bytes], Answer], billing: Files, outsider: Files
) -> None:
    answer = ask(billing, http("GET /nowhere HTTP/1.1"))
    assert (answer.status, answer.problem) == (404, "not-found")
    # No probing: who may not call does not learn what is there.
    answer = ask(outsider, http("GET /nowhere HTTP/1.1"))
    assert (answer.status, answer.problem) == (403, "certificate-not-allowed")


def test_an_outsider_learns_neither_the_list_nor_who_is_on_it(
    ask: Callable[[Files, bytes], Answer], billing: Files, outsider: Files
) -> None:
    answer = ask(outsider, wire.WHOAMI)
    assert (answer.status, answer.problem) == (403, "certificate-not-allowed")
    assert set(answer.json()) == {"type", "title", "status"}
    for secret in (b"billing", b"spiffe", b"example.org", b"Issuing", b"list"):
        assert secret not in answer.body
    assert ask(billing, wire.WHOAMI).status == 200


@pytest.mark.parametrize("size", [4_000, 8_190, 8_200, 12_000, 16_000])
def test_a_header_that_nginx_takes_the_service_takes(
    ask: Callable[[Files, bytes], Answer], billing: Files, size: int
) -> None:
    large = f"X-Own: {'a' * size}"
    assert ask(billing, http("GET /whoami HTTP/1.1", large)).status == 200


@pytest.mark.parametrize("size", [4_000, 8_200, 16_000])
def test_a_request_line_that_nginx_takes_the_service_takes(
    ask: Callable[[Files, bytes], Answer], billing: Files, size: int
) -> None:
    assert ask(billing, http(f"GET /whoami?{'a' * size} HTTP/1.1")).status == 200


@pytest.mark.parametrize("letters", [3_000, 5_500, 8_000])
def test_a_leaf_of_many_kilobytes_is_read(
    ask: Callable[[Files, bytes], Answer],
    issuing: Holder,
    keep: Callable[[Holder], Files],
    letters: int,
) -> None:
    uri = "spiffe://example.org/" + "a" * letters
    answer = ask(keep(builders.leaf(issuer=issuing, uri=uri)), wire.WHOAMI)
    assert answer.status == 200
    assert answer.json()["uris"] == [uri]


def test_a_leaf_of_more_than_16_k_is_malformed(
    ask: Callable[[Files, bytes], Answer], issuing: Holder, keep: Callable[[Holder], Files]
) -> None:
    leaf = builders.leaf(issuer=issuing, uri="spiffe://example.org/" + "a" * 13_000)
    answer = ask(keep(leaf), wire.WHOAMI)
    assert (answer.status, answer.problem) == (400, "certificate-malformed")


def logged(stack: NativeStack, root: str) -> list[dict[str, Any]]:
    file = stack.settings.run_dir / "service.log"
    deadline = time.monotonic() + wire.PATIENCE
    while root not in file.read_text() and time.monotonic() < deadline:
        time.sleep(SoonAfter.PAUSE)
    time.sleep(SoonAfter.PAUSE)
    ours = [json.loads(line) for line in file.read_text().splitlines() if root in line]
    return [line for line in ours if root in line["trace_id"]]


@pytest.mark.parametrize(("who", "status"), [("billing", 200), ("outsider", 403)])
def test_one_line_of_json_is_logged_per_request(
    stack: NativeStack,
    ask: Callable[[Files, bytes], Answer],
    request: pytest.FixtureRequest,
    who: str,
    status: int,
) -> None:
    client = request.getfixturevalue(who)
    root = f"1-00000000-{status:024d}"
    trace = f"X-Amzn-Trace-Id: Root={root}"
    assert ask(client, http("GET /whoami?secret=1 HTTP/1.1", trace)).status == status
    (line,) = logged(stack, root)
    assert set(line) == LOG_KEYS | CLIENT_KEYS | ({"problem"} if status == 403 else set())
    assert (line["method"], line["path"], line["status"]) == ("GET", "/whoami", status)
    assert line["verdict"] == ("allowed" if status == 200 else "denied")
    assert line["because"]


def test_no_log_has_a_certificate_a_key_or_a_query(
    stack: NativeStack, ask: Callable[[Files, bytes], Answer], billing: Files, outsider: Files
) -> None:
    logs = [stack.settings.run_dir / name for name in ("service.log", "proxy.log")]
    before = [log.stat().st_size for log in logs]
    for client in (billing, outsider):
        body = builders.read(client.pem, client.key).pem.splitlines()[1]
        ask(client, http(f"GET /whoami?unlogged={body} HTTP/1.1", f"X: {body}"))
    for log, size in zip(logs, before, strict=True):
        said = log.read_bytes()[size:].decode()
        assert not re.search("BEGIN|PRIVATE|unlogged|MII", said)


def test_the_folder_of_the_sockets_is_the_owners_alone(stack: NativeStack) -> None:
    run_dir = stack.settings.run_dir
    for folder in (run_dir, run_dir / "proxy"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
