"""Throttling, quotas, and functions that fail, over the socket."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proxy import throttle
from proxy.limits import LARGEST_BODY, exceeded
from proxy.request import Settings
from proxy.response import Cause
from proxy.throttle import ClientThrottle, Throttle
from tests import builders
from tests.unit.proxy.front import as_nginx, echo, saying, served
from tests.unit.proxy.requests_made import HTTP_API, REST, gateway, request, root, stranger

BOTH = pytest.mark.parametrize("settings", [REST, HTTP_API], ids=["rest", "http"])


def of_size(size: int, settings: Settings) -> Any:
    """A request whose head counts *size* bytes."""
    line = 0 if settings.is_rest else len("GET /v1 HTTP/1.1\r\n")
    value = "x" * (size - line - len("A: \r\n"))
    return request("/v1", ("A", value), headers=())


@pytest.mark.parametrize(("settings", "most"), [(REST, 20_480), (HTTP_API, 10_240)])
def test_headers_up_to_the_quota(settings: Settings, most: int) -> None:
    assert exceeded(of_size(most, settings), settings) is None
    assert exceeded(of_size(most + 1, settings), settings) is Cause.HEADERS_TOO_LARGE


def test_a_url_up_to_the_quota() -> None:
    assert exceeded(request("/" + "x" * 10_239), REST) is None
    assert exceeded(request("/" + "x" * 10_240), REST) is Cause.URI_TOO_LONG
    assert exceeded(request("/" + "é" * 5_120), REST) is Cause.URI_TOO_LONG


@BOTH
def test_a_body_up_to_the_quota(settings: Settings) -> None:
    assert exceeded(request(body=b"x" * LARGEST_BODY), settings) is None
    assert exceeded(request(body=b"x" * (LARGEST_BODY + 1)), settings) is Cause.TOO_LARGE
    assert exceeded(request(), settings, body_too_large=True) is Cause.TOO_LARGE


@pytest.mark.parametrize("character", "|{}")
def test_a_rest_api_wants_some_characters_encoded_in_a_query(character: str) -> None:
    target = f"/v1/x?a={character}"
    assert exceeded(request(target), REST) is Cause.BAD_REQUEST
    assert exceeded(request(target), HTTP_API) is None
    assert exceeded(request("/v1/x?a=%7B%7C"), REST) is None
    assert exceeded(request(f"/v1/{character}"), REST) is None


@BOTH
@pytest.mark.parametrize(
    ("line", "more", "status"),
    [
        ("GET /v1/" + "x" * 10_300, (), 414),
        ("GET /v1/x", ("A: " + "x" * 20_480,), 431),
        ("GET /v1/x", ("X-Gateway-Status: 413",), 413),
        ("GET /v1/x", ("X-Gateway-Status: 414",), 414),
        ("GET /v1/x", ("X-Gateway-Status: 431",), 431),
        ("GET /v1/x", ("X-Gateway-Status: 400",), 400),
        ("GET /v1/x", ("X-Gateway-Status: 499",), 400),
    ],
)
def test_over_a_limit_is_an_answer_in_json(
    tmp_path: Path, settings: Settings, line: str, more: tuple[str, ...], status: int
) -> None:
    with served(gateway(tmp_path, echo, settings)) as front, front.connected() as connection:
        answer = connection.ask(as_nginx(line, *more))
        assert answer.status == status
        assert set(answer.json()) == {"message"}
        assert connection.ask(as_nginx(line, *more, holder=stranger())).status == 403
        assert connection.ask(as_nginx()).status == 200


def test_a_large_body_is_read_past_and_a_huge_one_is_not(tmp_path: Path) -> None:
    with served(gateway(tmp_path, echo)) as front:
        with front.connected() as connection:
            answer = connection.ask(as_nginx("POST /v1/x", body=b"x" * (LARGEST_BODY + 1)))
            assert answer.status == 413
            assert answer.json() == {"message": "HTTP content length exceeded 10485760 bytes"}
            assert connection.ask(as_nginx()).status == 200
        with front.connected() as connection:
            answer = connection.ask(as_nginx("POST /v1/x", "Content-Length: 99999999999"))
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert connection.is_closed()


def test_more_than_lambda_takes_or_gives(tmp_path: Path) -> None:
    with served(gateway(tmp_path, saying({"body": "x" * 6_291_456}))) as front:
        assert front.ask(as_nginx("POST /v1/x", body=b"x" * 6_291_456)).status == 413
        assert front.ask(as_nginx()).status == 502


def test_throttled(tmp_path: Path) -> None:
    with served(gateway(tmp_path, echo, rate=1e-6, burst=2)) as front:
        assert front.ask(as_nginx(holder=stranger())).status == 403
        assert [front.ask(as_nginx()).status for _ in range(3)] == [200, 200, 429]
        answer = front.ask(as_nginx())
        assert answer.body == b'{"message":"Too Many Requests"}'
        assert answer.headers["x-amzn-errortype"] == "TooManyRequestsException"
        assert "retry-after" not in answer.headers
        assert front.ask(as_nginx(holder=stranger())).status == 403


def test_a_bucket_fills_with_time_and_no_more_than_to_its_brim() -> None:
    now = [0.0]
    throttle = Throttle(2, 3, lambda: now[0])
    assert [throttle.admits() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [throttle.admits() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [throttle.admits() for _ in range(4)] == [True, True, True, False]


def raising(_event: Any, _context: Any) -> Any:
    raise SystemExit(3)


@pytest.mark.parametrize(
    "function",
    [
        raising,
        saying({}),
        saying({"statusCode": "nope"}),
        saying({"statusCode": 200, "body": b"bytes"}),
        saying({"statusCode": 200, "body": float("nan")}),
        saying({"errorMessage": "m", "errorType": "T"}),
    ],
    ids=["raises", "empty", "status", "bytes", "nan", "error"],
)
def test_a_function_that_fails_is_internal_and_tells_the_log_alone(
    tmp_path: Path, function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with served(gateway(tmp_path, function)) as front:
        answer = front.ask(as_nginx())
    assert answer.status == 502
    assert answer.body == b'{"message": "Internal server error"}'
    assert answer.headers["x-amzn-errortype"] == "InternalServerErrorException"
    assert "GET /v1/x: the function failed: " in caplog.text


def test_an_http_api_says_it_in_its_own_words(tmp_path: Path) -> None:
    with served(gateway(tmp_path, raising, HTTP_API)) as front:
        answer = front.ask(as_nginx())
    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')
    assert "x-amzn-requestid" not in answer.headers
    assert answer.headers["apigw-requestid"]


@pytest.mark.parametrize(
    ("settings", "status", "body"),
    [
        (REST, 504, b'{"message": "Endpoint request timed out"}'),
        (HTTP_API, 503, b'{"message":"Service Unavailable"}'),
    ],
    ids=["rest", "http"],
)
def test_a_function_that_takes_too_long(
    tmp_path: Path, settings: Settings, status: int, body: bytes
) -> None:
    never = threading.Event()

    def slow(event: Any, context: Any) -> Any:
        if "slow" in (event.get("path") or event["rawPath"]):
            never.wait(20)
        return {"statusCode": 200, "body": str(context.get_remaining_time_in_millis() > 0)}

    with (
        served(gateway(tmp_path, slow, settings, timeout=0.2)) as front,
        front.connected() as connection,
    ):
        answer = connection.ask(as_nginx("GET /v1/slow"))
        assert (answer.status, answer.body) == (status, body)
        assert connection.ask(as_nginx()).body == b"True"
        never.set()


def test_functions_run_side_by_side(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def together(_event: Any, _context: Any) -> Any:
        both.wait(20)
        return {"statusCode": 200}

    with (
        served(gateway(tmp_path, together)) as front,
        front.connected() as one,
        front.connected() as other,
    ):
        one.send(as_nginx())
        other.send(as_nginx())
        assert [one.answer().status, other.answer().status] == [200, 200]


def test_each_certificate_has_a_bucket_of_its_own_and_health_is_not_counted(
    tmp_path: Path,
) -> None:
    now = [0.0]
    limited = replace(gateway(tmp_path, echo), clients=ClientThrottle(0.5, 2, lambda: now[0]))
    other = builders.leaf(issuer=root())
    with served(limited) as front, front.connected() as connection:
        answers = [connection.ask(as_nginx("GET /v1/x")) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert answers[2].json()["type"] == "urn:problem-type:too-many-requests"
        assert answers[2].headers["retry-after"] == "2"
        assert connection.ask(as_nginx("GET /v1/x", holder=other)).status == 200
        assert connection.ask(as_nginx("GET /v1/health")).status == 200
        assert connection.ask(as_nginx("GET /v1/healthy")).status == 429
        assert connection.ask(as_nginx("GET /v1/x", holder=stranger())).status == 403
        now[0] = 2.0
        assert connection.ask(as_nginx("GET /v1/x")).status == 200
        assert connection.ask(as_nginx("GET /v1/x")).status == 429


def test_so_many_buckets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_CLIENTS", 2)
    clients = ClientThrottle(1, 1, lambda: 0.0)
    assert [clients.wait(name) == 0 for name in "ababcba"] == [
        *(True, True, False, False),
        *(True, False, True),
    ]
