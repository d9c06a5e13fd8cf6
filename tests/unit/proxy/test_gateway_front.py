"""The whole gateway over its socket."""

from __future__ import annotations

import json
import logging
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy import gateway as gateway_module
from proxy.gateway import Gateway
from proxy.request import Settings
from tests import builders
from tests.unit.proxy.front import Front, as_nginx, echo, saying, served
from tests.unit.proxy.requests_made import HTTP_API, REST, gateway, stranger, truststore

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORBIDDEN = b'{"message":"Forbidden"}'
INTERNAL = b'{"message": "Internal server error"}'


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with served(gateway(tmp_path_factory.mktemp("front"), echo)) as front:
        yield front


def asked(folder: Path, answer: Any, request: bytes, settings: Settings = REST) -> Any:
    function = answer if callable(answer) else saying(answer)
    with served(gateway(folder, function, settings)) as front:
        return front.ask(request)


def test_the_socket_is_its_owners_alone(front: Front) -> None:
    assert stat.S_IMODE(front.path.stat().st_mode) == 0o600


def test_a_request_becomes_an_event_and_an_answer_a_response(front: Front) -> None:
    answer = front.ask(as_nginx("POST /v1/a%20b/?x=1", "tEsT: v", "under_score: u", body=b"hi"))
    assert answer.status == 200
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
    assert answer.headers["content-type"] == "application/json"
    event = answer.json()
    assert event["path"] == "/v1/a%20b/"
    assert event["body"] == "hi"
    assert event["headers"]["tEsT"] == "v"
    assert event["headers"]["under_score"] == "u"
    assert not [name for name in event["headers"] if "gateway" in name.lower()]
    context = event["requestContext"]
    assert context["requestId"] == answer.headers["x-amzn-requestid"]
    assert context["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert event["headers"]["X-Amzn-Trace-Id"] == answer.headers["x-amzn-trace-id"]
    assert context["identity"]["sourceIp"] == "203.0.113.7"
    assert context["identity"]["clientCert"]["subjectDN"] == "O=Example,CN=billing"


@pytest.mark.parametrize("settings", [REST, HTTP_API], ids=["rest", "http"])
def test_a_stranger_gets_403_and_nothing_else(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Any] = []
    for line in ("GET /v1/x", "POST /nowhere", "GET /v1/x?{", "GET /v1/" + "x" * 11_000):
        answer = asked(tmp_path, calls.append, as_nginx(line, holder=stranger()), settings)
        assert answer.status == 403
        assert answer.body == FORBIDDEN
        assert answer.headers["content-length"] == "23"
        assert answer.headers["content-type"] == "application/json"
        if settings.is_rest:
            assert answer.headers["x-amzn-errortype"] == "ForbiddenException"
            assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
            assert answer.headers["x-amz-apigw-id"]
        else:
            assert answer.headers["apigw-requestid"]
            assert "x-amzn-errortype" not in answer.headers
    assert calls == []
    assert "Access denied. Reason: Could not find issuer for certificate (" in caplog.text


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v1/x HTTP/1.1\r\nHost: x\r\nX-Gateway-Client-Address: 1.2.3.4\r\n\r\n",
        as_nginx("GET /v1/x", "X-Gateway-Client-Cert: another"),
        as_nginx("GET /v1/x", address=""),
        as_nginx("GET /v1/x").replace(b"X-Gateway-Client-Cert", b"X_Gateway_Client_Cert"),
    ],
    ids=["no leaf", "two leaves", "no address", "underscores"],
)
def test_without_one_leaf_and_one_address_there_is_no_way_in(front: Front, request_: bytes) -> None:
    assert front.ask(request_).status == 403


@pytest.mark.parametrize(
    ("settings", "status", "body"),
    [(REST, 403, FORBIDDEN), (HTTP_API, 404, b'{"message":"Not Found"}')],
    ids=["rest", "http"],
)
def test_outside_the_base_path_nothing_is_mapped(
    tmp_path: Path, settings: Settings, status: int, body: bytes
) -> None:
    answer = asked(tmp_path, echo, as_nginx("GET /v2/x"), settings)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("path", ["/ping", "/sping"])
def test_a_reserved_path_never_reaches_the_function(tmp_path: Path, path: str) -> None:
    root = Settings()
    assert asked(tmp_path, echo, as_nginx(f"GET {path}"), root).status == 403
    assert asked(tmp_path, echo, as_nginx(f"GET {path}s"), root).status == 200


@pytest.mark.parametrize("connections", [1, 5])
def test_connections_are_kept_and_requests_can_be_pipelined(front: Front, connections: int) -> None:
    for _ in range(connections):
        with front.connected() as connection:
            connection.send(as_nginx("GET /v1/a") + as_nginx("POST /v1/b", body=b"x" * 50_000))
            connection.send(as_nginx("GET /v1/c"))
            answers = [connection.answer() for _ in range(3)]
            assert [a.json()["path"] for a in answers] == ["/v1/a", "/v1/b", "/v1/c"]
            assert {a.headers["connection"] for a in answers} == {"keep-alive"}


def test_close_closes(front: Front) -> None:
    with front.connected() as connection:
        answer = connection.ask(as_nginx("GET /v1/x", "Connection: close"))
        assert answer.headers["connection"] == "close"
        assert connection.is_closed()


def test_head_has_the_length_but_not_the_body(tmp_path: Path) -> None:
    with served(gateway(tmp_path, saying({"body": "hello"}))) as front, front.connected() as c:
        answer = c.ask(as_nginx("HEAD /v1/x"))
        assert answer.headers["content-length"] == "5"
        assert c.ask(as_nginx("GET /v1/x")).body == b"hello"


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_that_can_have_no_body_has_none(tmp_path: Path, status: int) -> None:
    function = saying({"statusCode": status, "body": "x"})
    with served(gateway(tmp_path, function)) as front, front.connected() as connection:
        for _ in range(2):
            answer = connection.ask(as_nginx())
            assert answer.status == status
            assert "content-length" not in answer.headers


MALFORMED = [
    b"GET /v1/x\r\n\r\n",
    b"GET  /v1/x HTTP/1.1\r\n\r\n",
    b"GET /v1/x HTTP/2.0\r\n\r\n",
    b"GET v1/x HTTP/1.1\r\n\r\n",
    b"GET http://localhost/v1/x HTTP/1.1\r\n\r\n",
    b"GET /v1/x HTTP/1.1\nHost: x\n\n",
    b"GET /v1/x HTTP/1.1\r\nHost: x\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nHost\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\n: x\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nA: b\0c\r\n\r\n",
    b"GET /v1/x HTTP/1.1\r\nA: b\rc\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    b"POST /v1/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
    b"POST /v1/x HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx",
    b"POST /v1/x HTTP/1.1\r\nContent-Length: \xc2\xb2\r\n\r\nx",
    b"GET /v1/x HTTP/1.1\r\n" + b"A: b\r\n" * 600 + b"\r\n",
    b"GET /v1/x HTTP/1.1\r\nA: " + b" " * 70_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("request_", MALFORMED)
def test_what_nginx_would_never_send_is_refused_and_ends_the_connection(
    front: Front, request_: bytes
) -> None:
    with front.connected() as connection:
        answer = connection.ask(request_)
        assert (answer.status, answer.body) == (400, b'{"message":"Bad Request"}')


def test_a_connection_that_breaks_off_harms_nobody(front: Front) -> None:
    for piece in (b"", b"GET /v1", as_nginx("POST /v1/x", "Content-Length: 9") + b"12"):
        with front.connected() as connection:
            connection.send(piece)
    assert front.ask(as_nginx()).status == 200


def test_truststore_swapped_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.admission._SECONDS_BETWEEN_LOOKS", 0)
    with served(gateway(tmp_path, echo)) as front, front.connected() as connection:
        assert connection.ask(as_nginx()).status == 200
        (tmp_path / "truststore.pem").write_text("broken")
        assert connection.ask(as_nginx()).status == 200
        assert connection.ask(as_nginx(holder=stranger())).status == 403
        truststore(tmp_path, builders.authority())
        assert connection.ask(as_nginx()).status == 403
        truststore(tmp_path)
        assert connection.ask(as_nginx()).status == 200


def test_a_fault_of_our_own_is_a_502_and_a_traceback_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(gateway_module, "event", broken)
    answer = asked(tmp_path, echo, as_nginx())
    assert (answer.status, answer.body) == (502, INTERNAL)
    assert "RuntimeError: ours" in caplog.text


def access_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(r.getMessage()) for r in caplog.records if r.name == "proxy.access"]


def test_one_line_of_access_log_for_each_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with served(gateway(tmp_path, saying({"body": "hello"}))) as front:
        front.ask(as_nginx("GET /v1/x?secret=1", "User-Agent: a\tb"))
        front.ask(as_nginx("GET /v1/y", holder=stranger()))
    good, bad = access_lines(caplog)
    assert good["identity.clientCert.subjectDN"] == "O=Example,CN=billing"
    assert good["identity.sourceIp"] == "203.0.113.7"
    assert good["identity.userAgent"] == "a\tb"
    assert good["httpMethod"] == "GET"
    assert good["path"] == "/v1/x"
    assert (good["status"], good["responseLength"], good["integration.status"]) == (200, 5, 200)
    assert "integration.latency" in good
    assert "error.message" not in good
    assert bad["status"] == 403
    assert bad["identity.clientCert.issuerDN"] == "O=Test,CN=Nobody's Root"
    assert bad["error.message"] == "Forbidden"
    assert bad["error.responseType"] == "ACCESS_DENIED"
    assert "integration.latency" not in bad
    assert "BEGIN CERTIFICATE" not in caplog.text


def test_stopping_finishes_what_is_under_way(tmp_path: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(_event: Any, _context: Any) -> Any:
        started.set()
        assert go_on.wait(20)
        return {"body": "done"}

    behind: Gateway = gateway(tmp_path, slow)
    with served(behind) as front, front.connected() as idle, front.connected() as busy:
        busy.send(as_nginx())
        assert started.wait(20)
        front.server.stop()
        assert idle.is_closed()
        assert not front.path.exists()
        go_on.set()
        answer = busy.answer()
        assert (answer.body, answer.headers["connection"]) == (b"done", "close")


def test_the_names_that_nginx_sets_are_the_names_that_we_read() -> None:
    conf = Path(gateway_module.__file__).with_name("to_gateway.conf").read_text()
    found = re.findall(r"^proxy_set_header (X-Gateway-\S+)", conf, re.MULTILINE)
    assert {name.lower() for name in found} == gateway_module._OURS
