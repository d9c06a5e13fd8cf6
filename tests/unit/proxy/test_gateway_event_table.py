"""Every row of what is known of a REST API's request, and its neighbours."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.proxy.requests_made import HTTP_API, REST, event, request

NO_BASE = replace(REST, base_path="")
IMAGES = replace(REST, binary_media_types=frozenset({"image/png"}))
EVERYTHING = replace(REST, binary_media_types=frozenset({"*/*"}))


def path_facts(made: dict[str, Any]) -> tuple[object, ...]:
    parameters = made["pathParameters"]
    return made["path"], made["requestContext"]["path"], parameters and parameters["proxy"]


@pytest.mark.parametrize(
    ("sent", "path", "context_path", "parameter"),
    [
        ("/v1/x", "/v1/x", "/v1/x", "x"),
        ("/v1/x/", "/v1/x/", "/v1/x/", "x"),
        ("/v1/x//y", "/v1/x//y", "/v1/x//y", "x//y"),
        ("/v1//x", "/v1/x", "/v1//x", "x"),
        ("/v1/test%2Balias@gmail.com/a+b", *["/v1/test%2Balias@gmail.com/a+b"] * 2, None),
        ("/v1/%2F%20%ff", "/v1/%2F%20%ff", "/v1/%2F%20%ff", "%2F%20%ff"),
        ("/v1/v1/x", "/v1/v1/x", "/v1/v1/x", "v1/x"),
        ("/v1", "/v1", "/v1", None),
        ("/v1/", "/v1/", "/v1/", None),
    ],
)
def test_a_path_stays_as_it_was_sent(
    sent: str, path: str, context_path: str, parameter: str | None
) -> None:
    made = event(request(sent))
    if "alias" in sent:
        parameter = "test%2Balias@gmail.com/a+b"
    assert path_facts(made) == (path, context_path, parameter)
    assert made["resource"] == ("/{proxy+}" if parameter else "/")
    assert made["requestContext"]["resourcePath"] == made["resource"]


@pytest.mark.parametrize(
    ("sent", "facts"),
    [
        ("/x", ("/x", "/x", "x")),
        ("/x/", ("/x/", "/x/", "x")),
        ("//x", ("/x", "//x", "x")),
        ("/", ("/", "/", None)),
    ],
)
def test_a_domain_without_base_path(sent: str, facts: tuple[object, ...]) -> None:
    assert path_facts(event(request(sent), NO_BASE)) == facts


@pytest.mark.parametrize(
    ("sent", "raw_path"),
    [
        ("/v1/x", "/x"),
        ("/v1", "/"),
        ("/v1/", "/"),
        ("/v1/%40id%2Fx%23y", "/@id/x#y"),
        ("/v1/a%20b+c", "/a b+c"),
        ("/v1/caf%C3%A9", "/café"),
        ("/v1/%ff", "/�"),
        ("/v1/a%3Fb", "/a"),
        ("/v1/a%2525", "/a%25"),
    ],
)
def test_an_http_api_decodes_the_path_once_and_leaves_the_base_path_out(
    sent: str, raw_path: str
) -> None:
    made = event(request(sent), HTTP_API)
    assert made["rawPath"] == raw_path
    assert made["requestContext"]["http"]["path"] == raw_path


@pytest.mark.parametrize(
    ("query", "last", "all_"),
    [
        ("", None, None),
        ("?", None, None),
        ("?a=1", {"a": "1"}, {"a": ["1"]}),
        ("?a=1&b=2&a=3", {"a": "3", "b": "2"}, {"a": ["1", "3"], "b": ["2"]}),
        ("?a=%2B+%20", {"a": "+  "}, {"a": ["+  "]}),
        ("?a=%252B", {"a": "%2B"}, {"a": ["%2B"]}),
        ("?a&b=", {"a": "", "b": ""}, {"a": [""], "b": [""]}),
        ("?a=1=2", {"a": "1=2"}, {"a": ["1=2"]}),
        ("?%61=x?y", {"a": "x?y"}, {"a": ["x?y"]}),
        ("?a=1;b=2", {"a": "1", "b": "2"}, {"a": ["1"], "b": ["2"]}),
        ("?&&a=1", {"a": "1"}, {"a": ["1"]}),
    ],
)
def test_a_query_is_decoded_once_and_null_if_there_is_none(
    query: str, last: dict[str, str] | None, all_: dict[str, list[str]] | None
) -> None:
    made = event(request(f"/v1/x{query}"))
    assert made["queryStringParameters"] == last
    assert made["multiValueQueryStringParameters"] == all_


def test_an_http_api_leaves_the_raw_query_and_joins_the_decoded_one() -> None:
    made = event(request("/v1/x?a=%2B&a=b%20c&e;f=1"), HTTP_API)
    assert made["rawQueryString"] == "a=%2B&a=b%20c&e;f=1"
    assert made["queryStringParameters"] == {"a": "+,b c", "e;f": "1"}
    assert "queryStringParameters" not in event(request("/v1/x?"), HTTP_API)


DROPPED = [
    *("Connection", "Content-MD5", "Expect", "Max-Forwards", "Proxy-Authenticate", "Server"),
    *("TE", "Trailer", "Transfer-Encoding", "Upgrade", "WWW-Authenticate", "Content-Length"),
]
KEPT = [
    *("Accept", "Accept-Charset", "Accept-Encoding", "Age", "Authorization", "Content-Encoding"),
    *("Content-Type", "Date", "Pragma", "Range", "Referer", "User-Agent", "Via", "Warn"),
    *("tEsT-HEADeR", "under_score", "X-Amzn-Mtls-Clientcert-Leaf"),
]


@pytest.mark.parametrize("name", DROPPED)
def test_a_header_that_aws_drops_is_dropped(name: str) -> None:
    for spelled in (name, name.lower(), name.upper()):
        made = event(request("/v1/x", (spelled, "v")))
        assert spelled not in made["headers"]
        assert spelled not in made["multiValueHeaders"]


@pytest.mark.parametrize("name", KEPT)
def test_a_header_that_aws_keeps_is_kept_as_it_was_spelled(name: str) -> None:
    made = event(request("/v1/x", (name, "v"), headers=()))
    assert made["headers"][name] == "v"
    assert made["multiValueHeaders"][name] == ["v"]
    assert (
        event(request("/v1/x", (name, "v"), headers=()), HTTP_API)["headers"][name.lower()] == "v"
    )


def test_a_repeated_header_has_its_last_value_and_all_of_them() -> None:
    made = event(request("/v1/x", ("X-A", "1"), ("X-B", "b"), ("x-a", "2")))
    assert made["headers"]["X-A"] == "2"
    assert made["multiValueHeaders"]["X-A"] == ["1", "2"]
    assert "x-a" not in made["headers"]
    assert event(request("/v1/x", ("X-A", "1"), ("x-a", "2")), HTTP_API)["headers"]["x-a"] == "1,2"


def test_authorization_and_user_agent_come_in_one_spelling() -> None:
    made = event(request("/v1/x", ("user-Agent", "x"), ("AUTHORIZATION", "y"), headers=()))
    assert made["headers"]["User-Agent"] == made["requestContext"]["identity"]["userAgent"] == "x"
    assert made["headers"]["Authorization"] == "y"


def test_a_client_does_not_choose_what_is_forwarded() -> None:
    forged = (("x-forwarded-proto", "http"), ("X-FORWARDED-PORT", "80"))
    made = event(
        request("/v1/x", ("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "2"), *forged)
    )
    assert made["headers"]["X-Forwarded-For"] == "1.1.1.1, 2, 203.0.113.7"
    assert made["headers"]["X-Forwarded-Proto"] == "https"
    assert made["headers"]["X-Forwarded-Port"] == "443"
    assert not {name for name in made["headers"] if name.startswith(("x-", "X-FOR"))}
    assert made["requestContext"]["identity"]["sourceIp"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Root=1-67891233-abcdef012345678912345678", True),
        ("Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678", True),
        ("Parent=53995c3f42cd8ad8;Sampled=1", False),
        ("Root=2", False),
    ],
)
def test_a_trace_with_a_root_goes_on_and_another_is_new(sent: str, *, kept: bool) -> None:
    made = event(request("/v1/x", ("x-amzn-trace-id", sent)))
    new = "Root=1-5e9f0c65-1de4d666d4dd26aced652b6c"
    assert made["headers"]["X-Amzn-Trace-Id"] == (sent if kept else new)


def test_without_host_and_user_agent() -> None:
    made = event(request(headers=()))
    assert made["headers"]["Host"] == "api.example.com"
    assert made["requestContext"]["identity"]["userAgent"] is None


@pytest.mark.parametrize(
    ("sent", "told"), [("PUT", "PUT"), ("put", "POST"), ("", "POST"), ("A B", "POST")]
)
def test_a_rest_api_lets_a_header_override_the_method(sent: str, told: str) -> None:
    made = event(request("/v1/x", ("X-HTTP-Method-Override", sent), method="POST"))
    assert made["httpMethod"] == made["requestContext"]["httpMethod"] == told
    assert "X-HTTP-Method-Override" not in made["headers"]
    v2 = event(request("/v1/x", ("X-HTTP-Method-Override", sent), method="POST"), HTTP_API)
    assert v2["requestContext"]["http"]["method"] == "POST"
    assert v2["headers"]["x-http-method-override"] == sent


@pytest.mark.parametrize(
    ("settings", "content_type", "encoded"),
    [
        (REST, "image/png", False),
        (IMAGES, "image/png", True),
        (IMAGES, "Image/PNG; x=y", True),
        (IMAGES, "image/jpeg", False),
        (IMAGES, "", False),
        (EVERYTHING, "text/plain", True),
        (EVERYTHING, "", True),
    ],
)
def test_a_body_is_encoded_if_its_type_is_binary(
    settings: Any, content_type: str, *, encoded: bool
) -> None:
    header = [("Content-Type", content_type)] if content_type else []
    made = event(request("/v1/x", *header, method="POST", body=b"\xff\x00x"), settings)
    assert made["isBase64Encoded"] is encoded
    assert made["body"] == (base64.b64encode(b"\xff\x00x").decode() if encoded else "�\x00x")


def test_no_body_is_null_whatever_is_binary() -> None:
    made = event(request(), EVERYTHING)
    assert made["body"] is None
    assert made["isBase64Encoded"] is False
