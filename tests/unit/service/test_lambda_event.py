import base64
import copy
import json
from typing import Any

import pytest

from service import lambda_event
from service.lambda_answer import answer
from service.lambda_event import MalformedEvent, Request, read

REST: dict[str, Any] = {
    "resource": "/{proxy+}",
    "path": "/v1/a%2Bb/%C3%A9//x/",
    "httpMethod": "POST",
    "headers": {"Host": "api.example.com", "X-Two": "2"},
    "multiValueHeaders": {"Host": ["api.example.com"], "X-Two": ["1", "2"], "x-two": ["3"]},
    "queryStringParameters": {"q": "2", "e": ""},
    "multiValueQueryStringParameters": {"q": ["a b&c", "é"], "e": [""]},
    "pathParameters": {"proxy": "a%2Bb"},
    "stageVariables": None,
    "requestContext": {"identity": {"sourceIp": "203.0.113.7"}, "stage": "prod"},
    "body": "é",
    "isBase64Encoded": False,
}
HTTP_1 = {**REST, "version": "1.0", "path": "/v1/a+b/é//x/"}
HTTP_2: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/a+b/é//x/",
    "rawQueryString": "q=a+b%26c&q=%C3%A9&e=",
    "cookies": ["a=1", "b=2"],
    "headers": {"host": "api.example.com", "x-two": "1,2,3"},
    "requestContext": {
        "domainName": "api.example.com",
        "http": {"method": "POST", "path": "/a+b/é//x/", "sourceIp": "203.0.113.7"},
    },
    "body": "w6k=",
    "isBase64Encoded": True,
}
FUNCTION_URL = copy.deepcopy(HTTP_2)
FUNCTION_URL["rawPath"] = "/a%2Bb/%C3%A9//x/"
FUNCTION_URL["requestContext"]["domainName"] = "abc.lambda-url.eu-central-1.on.aws"
ALB_MULTI: dict[str, Any] = {
    "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
    "httpMethod": "POST",
    "path": "/a%2Bb/%C3%A9//x/",
    "multiValueQueryStringParameters": {"q": ["a+b%26c", "%C3%A9"], "e": [""]},
    "multiValueHeaders": {
        "host": ["api.example.com"],
        "x-two": ["1", "2", "3"],
        "x-forwarded-for": ["6.6.6.6, 203.0.113.7"],
        "x-forwarded-proto": ["https"],
        "x-forwarded-port": ["443"],
    },
    "body": "é",
    "isBase64Encoded": False,
}
ALB = {
    **{key: value for key, value in ALB_MULTI.items() if not key.startswith("multi")},
    "queryStringParameters": {"q": "%C3%A9", "e": ""},
    "headers": {name: values[-1] for name, values in ALB_MULTI["multiValueHeaders"].items()},
}
ALL = {
    lambda_event.REST: REST,
    lambda_event.HTTP_API_1: HTTP_1,
    lambda_event.HTTP_API_2: HTTP_2,
    lambda_event.FUNCTION_URL: FUNCTION_URL,
    lambda_event.ALB: ALB,
    lambda_event.ALB_MULTI: ALB_MULTI,
}


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_of_event_is_read_alike(kind: str) -> None:
    request = read(ALL[kind])
    environ = request.environ("/v1")
    assert request.kind == kind
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a+b/é//x/"
    if kind != lambda_event.ALB:
        assert environ["QUERY_STRING"] == "q=a+b%26c&q=%C3%A9&e="
        assert environ["HTTP_X_TWO"] == "1,2,3"
    assert environ["REMOTE_ADDR"] == "203.0.113.7"
    assert environ["wsgi.url_scheme"] == "https"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("api.example.com", "443")
    assert request.body == "é".encode()


@pytest.mark.parametrize(
    ("kind", "script_name"),
    [
        (lambda_event.REST, "/v1"),
        (lambda_event.HTTP_API_1, "/v1"),
        (lambda_event.HTTP_API_2, "/v1"),
        (lambda_event.ALB, ""),
    ],
)
def test_the_base_path_goes_into_script_name(kind: str, script_name: str) -> None:
    assert read(ALL[kind]).environ("/v1")["SCRIPT_NAME"] == script_name
    assert read(ALL[kind]).environ("")["SCRIPT_NAME"] == ""


@pytest.mark.parametrize(
    ("path", "script_name", "path_info"),
    [
        ("/v1/x", "/v1", "/x"),
        ("/v1", "/v1", ""),
        ("/v1/", "/v1", "/"),
        ("/v10/x", "", "/v10/x"),
        ("/x/v1", "", "/x/v1"),
        ("/V1/x", "", "/V1/x"),
    ],
)
def test_only_the_base_path_itself_is_taken_off(
    path: str, script_name: str, path_info: str
) -> None:
    environ = read({**REST, "path": path}).environ("/v1")
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (script_name, path_info)


def test_the_client_cannot_choose_its_address() -> None:
    forged = {"X-Forwarded-For": ["6.6.6.6"], "Host": ["x"]}
    assert read({**REST, "multiValueHeaders": forged}).remote_addr == "203.0.113.7"
    assert read(ALB).remote_addr == "203.0.113.7"


def test_an_http_api_path_is_not_decoded_twice() -> None:
    """REST: /%2541 stays encoded once; an HTTP API has decoded it once already."""
    assert read({**REST, "path": "/%2541"}).path == "/%41"
    assert read({**HTTP_1, "path": "/%41"}).path == "/%41"
    assert read({**HTTP_2, "rawPath": "/%41"}).path == "/%41"


def test_a_header_with_an_underscore_is_dropped() -> None:
    names = {"X_Amzn_Mtls_Clientcert_Leaf": ["forged"], "X-Amzn-Mtls_Clientcert-Leaf": ["forged"]}
    environ = read({**REST, "multiValueHeaders": {**names, "X-Kept": ["1"]}}).environ("")
    assert not [name for name in environ if "MTLS" in name]
    assert environ["HTTP_X_KEPT"] == "1"


def test_content_length_is_counted_and_not_believed() -> None:
    environ = read({**REST, "multiValueHeaders": {"Content-Length": ["99999"]}}).environ("")
    assert "CONTENT_LENGTH" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_cookies_are_joined_as_cookies() -> None:
    assert read(HTTP_2).headers["cookie"] == "a=1; b=2"
    twice = {**REST, "multiValueHeaders": {"Cookie": ["a=1", "b=2"]}}
    assert read(twice).headers["cookie"] == "a=1; b=2"


@pytest.mark.parametrize("empty", [None, "", {}])
@pytest.mark.parametrize("kind", ALL)
def test_what_is_empty_may_be_null(kind: str, empty: object) -> None:
    event = copy.deepcopy(ALL[kind])
    for key in ("queryStringParameters", "multiValueQueryStringParameters", "rawQueryString"):
        if key in event and (key != "rawQueryString" or isinstance(empty, str)):
            event[key] = empty if empty != "" or key == "rawQueryString" else None
    event["body"], event["isBase64Encoded"] = (empty if isinstance(empty, str) else None), False
    assert read(event).body == b""
    assert read(event).query_string == (event.get("rawQueryString") or "")


def test_a_binary_body_arrives_whole() -> None:
    data = bytes(range(256))
    for kind in ALL.values():
        event = {**kind, "body": base64.b64encode(data).decode(), "isBase64Encoded": True}
        assert read(event).body == data


@pytest.mark.parametrize(
    "spoil",
    [
        {"requestContext": None, "httpMethod": 5},
        {"httpMethod": None},
        {"path": "x"},
        {"path": None},
        {"path": ["/"]},
        {"body": {"a": 1}},
        {"body": "%%%", "isBase64Encoded": True},
        {"multiValueHeaders": {"a": "1"}},
        {"multiValueHeaders": {"a": [1]}},
        {"multiValueHeaders": {"a": ["1\r\nx: y"]}},
        {"multiValueHeaders": ["a"]},
        {"multiValueQueryStringParameters": {"a": None}},
        {"requestContext": []},
        {"requestContext": {"identity": "x"}},
        {"version": "3.0"},
    ],
)
def test_a_malformed_event_is_an_error_that_names_the_field(spoil: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        read({**REST, **spoil})
    assert read(REST)


@pytest.mark.parametrize(
    "spoil",
    [
        {"rawPath": "x"},
        {"rawQueryString": None},
        {"cookies": "a=1"},
        {"cookies": [1]},
        {"requestContext": {}},
        {"requestContext": {"http": {"method": None}}},
    ],
)
def test_a_malformed_payload_2_is_one_too(spoil: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        read({**HTTP_2, **spoil})
    assert read(HTTP_2)


@pytest.mark.parametrize("event", [None, [], "x", 5, {}, {"Records": []}, {"httpMethod": None}])
def test_what_is_no_event_of_ours_is_refused(event: object) -> None:
    with pytest.raises(MalformedEvent):
        read(event)


HEADERS = [
    ("Content-Type", "text/plain"),
    ("Content-Length", "2"),
    ("X-Two", "1"),
    ("x-two", "2"),
    ("Set-Cookie", "a=1; Path=/"),
    ("Set-Cookie", "b=2"),
]


def test_a_rest_answer_has_every_value_and_no_unknown_key() -> None:
    assert answer(lambda_event.REST, "201 CREATED", HEADERS, b"ok") == {
        "statusCode": 201,
        "multiValueHeaders": {
            "Content-Type": ["text/plain"],
            "X-Two": ["1", "2"],
            "Set-Cookie": ["a=1; Path=/", "b=2"],
        },
        "body": "ok",
        "isBase64Encoded": False,
    }


def test_a_payload_2_answer_has_its_cookies_apart() -> None:
    assert answer(lambda_event.HTTP_API_2, "200 OK", HEADERS, b"ok") == {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain", "X-Two": "1,2"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "ok",
        "isBase64Encoded": False,
    }
    assert "cookies" not in answer(lambda_event.HTTP_API_2, "200 OK", [], b"")


def test_an_alb_answer_says_its_status_in_words() -> None:
    multi = answer(lambda_event.ALB_MULTI, "200 OK", HEADERS, b"ok")
    assert multi["statusDescription"] == "200 OK"
    assert multi["multiValueHeaders"]["Set-Cookie"] == ["a=1; Path=/", "b=2"]
    single = answer(lambda_event.ALB, "200 OK", HEADERS, b"ok")
    cookies = {n: v for n, v in single["headers"].items() if n.lower() == "set-cookie"}
    assert sorted(cookies.values()) == ["a=1; Path=/", "b=2"]
    assert single["headers"]["X-Two"] == "1,2"


@pytest.mark.parametrize(
    ("headers", "body", "encoded"),
    [
        ([], b"\xff\x00", True),
        ([("Content-Encoding", "gzip")], b"text", True),
        ([], "é".encode(), False),
        ([], b"", False),
    ],
)
def test_a_binary_answer_is_base64(
    headers: list[tuple[str, str]], body: bytes, *, encoded: bool
) -> None:
    said = answer(lambda_event.REST, "200 OK", headers, body)
    assert said["isBase64Encoded"] is encoded
    assert (base64.b64decode(said["body"]) if encoded else said["body"].encode()) == body
    json.dumps(said)


def test_a_request_is_frozen() -> None:
    with pytest.raises(AttributeError):
        read(REST).kind = "x"  # type: ignore[misc]
    assert isinstance(read(REST), Request)
