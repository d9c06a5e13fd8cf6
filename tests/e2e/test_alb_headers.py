"""What else arrives behind nginx, and what does not: as behind an ALB."""

from __future__ import annotations

import re

import pytest

from tests.builders import Files
from tests.conftest import Pki
from tests.e2e import wire
from tests.e2e.recorder import Proxy, Received

UNIT = r"1-[0-9a-f]{8}-[0-9a-f]{24}"
CLIENT_ROOT = "1-67891233-abcdef012345678912345678"


def request(*headers: str, line: str = "GET /a HTTP/1.1", body: str = "") -> bytes:
    """A request with an honest Host, closed after the answer."""
    lines = [line, "Host: api.example.org:8443", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode("latin-1")


def refused(proxy: Proxy, client: Files, request: bytes) -> int:
    """The status of *request*, of which nothing may reach the service."""
    before = len(proxy.recorder.received)
    answer = wire.ask(proxy.port, wire.tls(proxy.ca, client), request)
    assert answer is not None
    assert len(proxy.recorder.received) == before
    return answer.status


def test_nothing_arrives_that_neither_client_nor_alb_sends(alb: Proxy, billing: Files) -> None:
    received = alb.send(request("X-Own: 1"), billing)
    others = {name for name, _ in received.headers} - set(received.identity)
    assert others == {
        "Host",
        "X-Own",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Amzn-Trace-Id",
    }
    assert received.one("Host") == "api.example.org:8443"
    assert received.one("X-Forwarded-Proto") == "https"
    assert received.one("X-Forwarded-Port") == str(alb.port)


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ([], "127.0.0.1"),
        (["X-Forwarded-For: 192.0.2.1"], "192.0.2.1, 127.0.0.1"),
        (["X-Forwarded-For: 192.0.2.1,2001:db8::1"], "192.0.2.1,2001:db8::1, 127.0.0.1"),
        (["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: b"], "192.0.2.1, b, 127.0.0.1"),
    ],
)
def test_the_peer_is_appended_to_x_forwarded_for(
    alb: Proxy, billing: Files, sent: list[str], arrived: str
) -> None:
    assert alb.send(request(*sent), billing).one("X-Forwarded-For") == arrived


def test_proto_and_port_are_not_the_clients_to_choose(alb: Proxy, billing: Files) -> None:
    received = alb.send(request("X-Forwarded-Proto: http", "X-Forwarded-Port: 80"), billing)
    assert received.all("X-Forwarded-Proto") == ["https"]
    assert received.all("X-Forwarded-Port") == [str(alb.port)]


@pytest.mark.parametrize(("hops", "status"), [(30, 200), (31, 463), (300, 463)])
def test_more_than_thirty_hops_are_463(
    alb: Proxy, passthrough_alb: Proxy, billing: Files, hops: int, status: int
) -> None:
    forwarded = "X-Forwarded-For: " + ", ".join(["192.0.2.1"] * hops)
    for proxy in (alb, passthrough_alb):
        answer = wire.ask(proxy.port, wire.tls(proxy.ca, billing), request(forwarded))
        assert answer is not None
        assert answer.status == status


def test_thirty_hops_are_counted_over_several_headers(alb: Proxy, billing: Files) -> None:
    half = "X-Forwarded-For: " + ", ".join(["192.0.2.1"] * 16)
    assert refused(alb, billing, request(half, half)) == 463


def test_a_trace_id_is_new_where_none_was_sent(alb: Proxy, billing: Files) -> None:
    ids = {alb.send(request(), billing).one("X-Amzn-Trace-Id") for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(f"Root={UNIT}", trace_id) for trace_id in ids)


@pytest.mark.parametrize(
    "sent",
    [
        f"Root={CLIENT_ROOT}",
        f"Root={CLIENT_ROOT};CalledFrom=app",
        f"Parent=53995c3f42cd8ad8;Root={CLIENT_ROOT};Sampled=1",
    ],
)
def test_self_goes_before_the_clients_own_root(alb: Proxy, billing: Files, sent: str) -> None:
    arrived = alb.send(request(f"X-Amzn-Trace-Id: {sent}"), billing).one("X-Amzn-Trace-Id")
    assert re.fullmatch(f"Self={UNIT};{re.escape(sent)}", arrived)


def test_an_earlier_self_is_replaced(alb: Proxy, billing: Files) -> None:
    sent = f"X-Amzn-Trace-Id: Self=1-11111111-111111111111111111111111;Root={CLIENT_ROOT}"
    arrived = alb.send(request(sent), billing).one("X-Amzn-Trace-Id")
    assert re.fullmatch(f"Self={UNIT};Root={CLIENT_ROOT}", arrived)
    assert "11111111-" not in arrived


@pytest.mark.parametrize(
    "sent", ["garbage", "Root=", "Root=a b", 'Root="x"', "Sampled=1", "{}", "Root=\xe9", "Root=a,b"]
)
def test_a_garbled_trace_id_is_replaced(alb: Proxy, billing: Files, sent: str) -> None:
    arrived = alb.send(request(f"X-Amzn-Trace-Id: {sent}"), billing).one("X-Amzn-Trace-Id")
    assert re.fullmatch(f"Root={UNIT}", arrived)


def test_what_tls_was_spoken_is_never_said(alb: Proxy, billing: Files) -> None:
    sent = request("X-Amzn-Tls-Version: TLSv1.3", "X-Amzn-Tls-Cipher-Suite: x", "X-Amzn-Own: 1")
    received = alb.send(sent, billing)
    assert [name for name in received.identity if "tls-" in name.lower().replace("mtls", "")] == []
    assert received.one("X-Amzn-Own") == "1"


def test_a_request_line_of_16_k_is_taken_and_a_longer_one_is_414(
    alb: Proxy, billing: Files
) -> None:
    line = "GET /{} HTTP/1.1"
    fits = 16 * 1024 - len(line.format("")) - 2
    path = "a" * fits
    assert alb.send(request(line=line.format(path)), billing).line == f"GET /{path} HTTP/1.1"
    assert refused(alb, billing, request(line=line.format("a" * (16 * 1024)))) == 414


def test_a_header_of_16_k_is_taken_and_a_longer_one_is_400(alb: Proxy, billing: Files) -> None:
    value = "a" * (16 * 1024 - len("X-Own: \r\n"))
    assert alb.send(request(f"X-Own: {value}"), billing).one("X-Own") == value
    assert refused(alb, billing, request("X-Own: " + "a" * (16 * 1024))) == 400


def test_headers_of_nearly_64_k_are_taken_and_more_is_400(alb: Proxy, billing: Files) -> None:
    large = [f"X-Own-{number}: " + "a" * 15_000 for number in range(6)]
    received = alb.send(request(*large[:3]), billing)
    assert [len(received.one(f"X-Own-{number}")) for number in range(3)] == [15_000] * 3
    assert refused(alb, billing, request(*large)) == 400


@pytest.mark.parametrize(
    "target",
    [
        "/whoami?x=1&x=2&y=%20+",
        "/a%2Fb%2e%2E/c%25d",
        "/a//b///c",
        "//leaf",
        "/leaf",
        "//400",
        "/400",
        "//405",
        "/%2Fleaf",
        "//%6ceaf",
        "/x/..//leaf",
        "/@close",
        "/a;b=c,d",
        "/%C3%A9?%C3%A9=\xe9",
        "/?",
        "/a?//400",
    ],
)
def test_path_and_query_arrive_untouched(alb: Proxy, billing: Files, target: str) -> None:
    received = alb.send(request(line=f"GET {target} HTTP/1.1"), billing)
    assert received.line == f"GET {target} HTTP/1.1"
    assert len(received.identity) == 5


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_method_and_body_arrive_untouched(alb: Proxy, billing: Files, method: str) -> None:
    body = "".join(map(chr, range(256))) * 40
    sent = request(f"Content-Length: {len(body)}", line=f"{method} /a HTTP/1.1", body=body)
    received = alb.send(sent, billing)
    assert received.line == f"{method} /a HTTP/1.1"
    assert received.body == body.encode("latin-1")


def test_a_chunked_body_arrives_whole(alb: Proxy, billing: Files) -> None:
    chunks = "3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n"
    sent = request("Transfer-Encoding: chunked", line="POST /a HTTP/1.1", body=chunks)
    received = alb.send(sent, billing)
    assert received.body == b"abcdefgh"
    assert received.one("Content-Length") == "8"
    assert received.all("Transfer-Encoding") == []


def test_head_is_passed_as_head(alb: Proxy, billing: Files) -> None:
    answer = wire.exchange(
        alb.port, wire.tls(alb.ca, billing), request(line="HEAD /head-alone HTTP/1.1")
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert Received.parse(alb.recorder.received[-1]).line == "HEAD /head-alone HTTP/1.1"


@pytest.mark.parametrize("line", ["TRACE / HTTP/1.1", "TRACE /whoami HTTP/1.1"])
def test_trace_is_405_and_goes_no_further(
    alb: Proxy, passthrough_alb: Proxy, billing: Files, line: str
) -> None:
    assert refused(alb, billing, request(line=line)) == 405
    assert refused(passthrough_alb, billing, request(line=line)) == 405


def test_over_http2_the_same_arrives(alb: Proxy, pki: Pki, billing: Files) -> None:
    context = wire.tls(pki.ca, billing, alpn=["h2"])
    answer = wire.ask_h2(alb.port, context, wire.whoami_h2(("x-own", "1")), b"body")
    assert answer is not None
    over_h2 = Received.parse(answer.body)
    over_h1 = alb.send(request("X-Own: 1"), billing)
    assert over_h2.identity == over_h1.identity
    assert over_h2.line == "GET /whoami HTTP/1.1"
    assert over_h2.body == b"body"
    assert over_h2.one("x-own") == "1"
