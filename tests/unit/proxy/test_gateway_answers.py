"""What a function returns, and what the client gets: a row each."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from proxy.answers import Malformed
from proxy.request import Settings
from proxy.response import Cause
from tests.unit.proxy.requests_made import HTTP_API, REST, answered, request

DATA = base64.b64encode(b"test-data").decode()
IMAGES = replace(REST, binary_media_types=frozenset({"image/png"}))
EVERYTHING = replace(REST, binary_media_types=frozenset({"*/*"}))


def lines(answer: object, settings: Settings = REST) -> list[tuple[str, str]]:
    return list(answered(json.dumps(answer), settings).headers)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"statusCode": 200}, 200, b""),
        ({"statusCode": 200, "headers": None, "multiValueHeaders": None, "body": None}, 200, b""),
        ({"headers": {"test-header": "value"}}, 200, b""),
        ({"body": "x"}, 200, b"x"),
        ({"statusCode": None, "body": "x"}, 200, b"x"),
        ({"statusCode": "201"}, 201, b""),
        ({"statusCode": 404, "body": "Zoë"}, 404, "Zoë".encode()),
        ({"statusCode": 200, "body": DATA}, 200, DATA.encode()),
        ({"statusCode": 200, "body": DATA, "isBase64Encoded": True}, 200, DATA.encode()),
        ({"statusCode": 599, "isBase64Encoded": None}, 599, b""),
    ],
)
def test_a_rest_api_takes_it(answer: object, status: int, body: bytes) -> None:
    found = answered(json.dumps(answer))
    assert (found.status, found.body, found.cause) == (status, body, None)


@pytest.mark.parametrize(
    "payload",
    [
        "{}",
        '"justAString"',
        "null",
        "[]",
        "7",
        "",
        "<html>",
        '{"statusCode":200',
        '{"statusCode":NaN}',
        "[" * 100_000,
        '{"statusCode":200,"wrongValue":"value"}',
        '{"statusCode":200,"cookies":["a=b"]}',
        '{"statusCode":200,"body":{"an":"object"}}',
        '{"statusCode":200,"body":7}',
        '{"statusCode":"test"}',
        '{"statusCode":""}',
        '{"statusCode":true}',
        '{"statusCode":200.5}',
        '{"statusCode":99}',
        '{"statusCode":101}',
        '{"statusCode":600}',
        '{"statusCode":"2000"}',
        '{"statusCode":[200]}',
        '{"statusCode":200,"headers":[]}',
        '{"statusCode":200,"headers":"a: b"}',
        '{"statusCode":200,"headers":{"a":["b"]}}',
        '{"statusCode":200,"headers":{"a b":"c"}}',
        '{"statusCode":200,"headers":{"":"c"}}',
        '{"statusCode":200,"headers":{"a\\r\\nb":"c"}}',
        '{"statusCode":200,"headers":{"a":"b\\r\\nSet-Cookie: c"}}',
        '{"statusCode":200,"headers":{"a":"b\\u0000"}}',
        '{"statusCode":200,"multiValueHeaders":{"test-multi-invalid":"value1"}}',
        '{"statusCode":200,"multiValueHeaders":{"a":[{}]}}',
        '{"statusCode":200,"multiValueHeaders":[]}',
        '{"statusCode":200,"isBase64Encoded":"true"}',
        '{"statusCode":200,"isBase64Encoded":[]}',
        '{"errorMessage":"x"}',
    ],
)
def test_a_rest_api_does_not_take_it(payload: str) -> None:
    with pytest.raises(Malformed) as caught:
        answered(payload)
    assert caught.value.cause is Cause.FUNCTION_FAILED


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"headers": {"h": True, "n": 7, "z": None}}, [("h", "true"), ("n", "7")]),
        ({"headers": {"h": False}}, [("h", "false")]),
        ({"multiValueHeaders": {"m": ["1", "2"]}}, [("m", "1"), ("m", "2")]),
        (
            {
                "multiValueHeaders": {"tesT-Multi": ["value-multi"]},
                "headers": {"test-multi": "solo"},
            },
            [("tesT-Multi", "value-multi, solo")],
        ),
        (
            {"multiValueHeaders": {"A": ["1", "2"]}, "headers": {"a": "2"}},
            [("A", "1"), ("A", "2")],
        ),
        (
            {"multiValueHeaders": {"Set-Cookie": ["a=1"]}, "headers": {"set-cookie": "b=2"}},
            [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        ),
    ],
)
def test_headers_of_a_rest_answer(answer: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert lines(answer) == [("Content-Type", "application/json"), *expected]


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Connection", "Content-MD5", "User-Agent", "WWW-Authenticate"),
        *("Max-Forwards", "Date", "Server"),
    ],
)
@pytest.mark.parametrize("settings", [REST, HTTP_API], ids=["rest", "http"])
def test_a_header_that_is_remapped(name: str, settings: Settings) -> None:
    for spelled in (name, name.lower()):
        answer = {"statusCode": 200, "headers": {spelled: "v", "Content-Type": "x/y"}}
        assert (f"x-amzn-Remapped-{spelled}", "v") in lines(answer, settings)
        assert len(lines(answer, settings)) == 2


@pytest.mark.parametrize(
    "name",
    [
        *("Expect", "Host", "Proxy-Authenticate", "TE", "Transfer-Encoding", "Trailer", "Upgrade"),
        *("Via", "Content-Length"),
    ],
)
def test_a_header_that_is_dropped(name: str) -> None:
    for spelled in (name, name.upper()):
        assert lines({"headers": {spelled: "7", "content-type": "x/y"}}) == [
            ("content-type", "x/y")
        ]


def test_a_content_type_is_left_alone_however_it_is_spelled() -> None:
    assert lines({"headers": {"content-TYPE": "text/plain"}}) == [("content-TYPE", "text/plain")]
    assert lines({"multiValueHeaders": {"Content-Type": ["a/b"]}}) == [("Content-Type", "a/b")]


@pytest.mark.parametrize(
    ("settings", "accept", "decoded"),
    [
        (REST, "image/png", False),
        (IMAGES, "image/png", True),
        (IMAGES, "image/png;q=0.8, */*", True),
        (IMAGES, "text/html, image/png", False),
        (IMAGES, "*/*", False),
        (IMAGES, None, False),
        (EVERYTHING, "text/html, image/png", True),
        (EVERYTHING, None, True),
    ],
)
def test_the_first_type_of_accept_decides_whether_a_body_is_decoded(
    settings: Settings, accept: str | None, *, decoded: bool
) -> None:
    headers = (("Accept", accept),) if accept else ()
    made = request("/v1/x", headers=headers)
    payload = json.dumps({"body": DATA, "isBase64Encoded": True})
    assert answered(payload, settings, made).body == (b"test-data" if decoded else DATA.encode())
    plain = json.dumps({"body": DATA, "isBase64Encoded": False})
    assert answered(plain, settings, made).body == DATA.encode()


@pytest.mark.parametrize("body", ["?", "YQ", "YQ==\n", "Zoë"])
def test_what_cannot_be_decoded_is_a_configuration_error(body: str) -> None:
    with pytest.raises(Malformed) as caught:
        answered(json.dumps({"body": body, "isBase64Encoded": True}), EVERYTHING)
    assert caught.value.cause is Cause.UNDECODABLE


@pytest.mark.parametrize(
    ("payload", "status", "content_type", "body"),
    [
        ('{"statusCode":200}', 200, "text/plain; charset=utf-8", b""),
        ('{"statusCode":"201","wrongValue":1}', 201, "text/plain; charset=utf-8", b""),
        ('{"statusCode":200,"headers":{"Content-Type":"a/b"},"body":"x"}', 200, "a/b", b"x"),
        (f'{{"statusCode":200,"body":"{DATA}","isBase64Encoded":true}}', 200, None, b"test-data"),
        ("{}", 200, "application/json", b"{}"),
        ('"justAString"', 200, "application/json", b"justAString"),
        ('"null"', 200, "application/json", b"null"),
        ('"errorMessage"', 200, "application/json", b"errorMessage"),
        ('""', 200, "application/json", b""),
        ("null", 200, "application/json", b"null"),
        ("[1, 2]", 200, "application/json", b"[1, 2]"),
        ('{"random": {"a":  1}}', 200, "application/json", b'{"random": {"a":  1}}'),
        ('{"headers": {"a": "b"}}', 200, "application/json", b'{"headers": {"a": "b"}}'),
    ],
)
def test_an_http_api_takes_it(
    payload: str, status: int, content_type: str | None, body: bytes
) -> None:
    found = answered(payload, HTTP_API)
    assert (found.status, found.body) == (status, body)
    expected = content_type or "text/plain; charset=utf-8"
    assert dict(found.headers)["Content-Type"] == expected


@pytest.mark.parametrize(
    "payload",
    [
        '{"statusCode":"test"}',
        '{"statusCode":null}',
        '{"statusCode":200,"cookies":{"a":"b"}}',
        '{"statusCode":200,"cookies":[{}]}',
        '{"statusCode":200,"body":{}}',
        '{"statusCode":200,"body":"?","isBase64Encoded":true}',
        '{"statusCode":200,"headers":{"a":"\\n"}}',
        '{"errorMessage":"test fake error message"}',
        "Task timed out after 3.00 seconds",
    ],
)
def test_an_http_api_does_not_take_it(payload: str) -> None:
    with pytest.raises(Malformed) as caught:
        answered(payload, HTTP_API)
    assert caught.value.cause is Cause.FUNCTION_FAILED


def test_cookies_of_an_http_api_are_lines_of_their_own() -> None:
    answer = {"statusCode": 200, "headers": {"a": "b"}, "cookies": ["x=1", "y=2; Path=/"]}
    assert lines(answer, HTTP_API)[1:] == [
        ("a", "b"),
        ("Set-Cookie", "x=1"),
        ("Set-Cookie", "y=2; Path=/"),
    ]
