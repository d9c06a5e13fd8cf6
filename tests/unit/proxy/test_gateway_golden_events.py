"""One known request, and the whole event that AWS would make of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.proxy.requests_made import CALL, HTTP_API, REST, event, request

CLIENT_CERT = {
    "clientCertPem": (
        "-----BEGIN CERTIFICATE-----\nMIIEZTCCAk0CAQEwDQ...\n-----END CERTIFICATE-----\n"
    ),
    "subjectDN": "C=GB,ST=London,L=London,O=Example Ltd,CN=client-1",
    "issuerDN": "C=GB,O=Example Ltd,CN=Example Issuing CA",
    "serialNumber": "302651828373057198556217564450567695063",
    "validity": {
        "notBefore": "Aug  5 00:28:21 2026 GMT",
        "notAfter": "Aug  5 00:28:21 2027 GMT",
    },
}
HEADERS = {
    "Accept": "*/*",
    "Host": "api.example.com",
    "User-Agent": "curl/8.5.0",
    "X-Amzn-Trace-Id": "Root=1-5e9f0c65-1de4d666d4dd26aced652b6c",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
# As composed from real captures: a REST API on a Regional custom domain, base path v1.
PAYLOAD_1: dict[str, Any] = {
    "resource": "/{proxy+}",
    "path": "/v1/items/42",
    "httpMethod": "GET",
    "headers": HEADERS,
    "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"proxy": "items/42"},
    "stageVariables": None,
    "requestContext": {
        "resourceId": "abc123",
        "resourcePath": "/{proxy+}",
        "httpMethod": "GET",
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "requestTime": "22/Nov/2026:06:30:00 +0000",
        "path": "/v1/items/42",
        "accountId": "123456789012",
        "protocol": "HTTP/1.1",
        "stage": "prod",
        "domainPrefix": "api",
        "requestTimeEpoch": 1795329000000,
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "identity": {
            "cognitoIdentityPoolId": None,
            "accountId": None,
            "cognitoIdentityId": None,
            "caller": None,
            "sourceIp": "203.0.113.7",
            "principalOrgId": None,
            "accessKey": None,
            "cognitoAuthenticationType": None,
            "cognitoAuthenticationProvider": None,
            "userArn": None,
            "userAgent": "curl/8.5.0",
            "user": None,
            "clientCert": CLIENT_CERT,
        },
        "domainName": "api.example.com",
        "deploymentId": "zyx987",
        "apiId": "a1b2c3d4e5",
    },
    "body": None,
    "isBase64Encoded": False,
}
# The keys of aws-lambda-go's capture of an HTTP API with mutual TLS.
PAYLOAD_2: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/items/42",
    "rawQueryString": "",
    "headers": {name.lower(): value for name, value in HEADERS.items()} | {"content-length": "0"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "authentication": {"clientCert": CLIENT_CERT},
        "domainName": "api.example.com",
        "domainPrefix": "api",
        "http": {
            "method": "GET",
            "path": "/items/42",
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": "curl/8.5.0",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "$default",
        "stage": "$default",
        "time": "22/Nov/2026:06:30:00 +0000",
        "timeEpoch": 1795329000000,
    },
    "isBase64Encoded": False,
}


def test_a_rest_api_makes_the_golden_event() -> None:
    assert event(request()) == PAYLOAD_1


def test_an_http_api_makes_the_golden_event() -> None:
    assert event(request(), HTTP_API) == PAYLOAD_2


def test_without_mutual_tls_the_key_is_absent_and_not_null() -> None:
    plain = request(client_cert=None)
    assert "clientCert" not in event(plain)["requestContext"]["identity"]
    assert "authentication" not in event(plain, HTTP_API)["requestContext"]


def test_a_rest_event_has_no_version() -> None:
    assert "version" not in event(request())


def test_a_full_http_api_event_has_the_documented_keys() -> None:
    made = event(
        request(
            "/v1/my/path?parameter1=value1&parameter1=value2&parameter2=value",
            ("Cookie", "cookie1; cookie2"),
            ("Content-Type", "application/json"),
            method="POST",
            body=b'{"message": "hello"}',
        ),
        HTTP_API,
    )
    assert made["cookies"] == ["cookie1", "cookie2"]
    assert "cookie" not in made["headers"]
    assert made["headers"]["content-length"] == "20"
    assert made["rawQueryString"] == "parameter1=value1&parameter1=value2&parameter2=value"
    assert made["queryStringParameters"] == {"parameter1": "value1,value2", "parameter2": "value"}
    assert made["body"] == '{"message": "hello"}'
    assert made["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("text/plain", False),
        ("text/html; charset=utf-8", False),
        ("TEXT/CSV", False),
        ("application/json", False),
        ("application/json; charset=utf-8", False),
        ("application/javascript", False),
        ("application/xml", False),
        ("application/octet-stream", True),
        ("application/x-www-form-urlencoded", True),
        ("application/problem+json", True),
        ("image/svg+xml", True),
        ("multipart/form-data; boundary=x", True),
        (None, True),
    ],
)
def test_an_http_api_encodes_what_is_no_text(content_type: str | None, *, encoded: bool) -> None:
    header = [("Content-Type", content_type)] if content_type else []
    made = event(request("/v1/x", *header, method="POST", body=b"a=b"), HTTP_API)
    assert made["isBase64Encoded"] is encoded
    assert made["body"] == (base64.b64encode(b"a=b").decode() if encoded else "a=b")


def test_the_times_are_english_and_in_utc() -> None:
    assert CALL.clf_time == "22/Nov/2026:06:30:00 +0000"
    assert CALL.epoch_ms == 1795329000000


def test_another_base_path_is_no_event() -> None:
    from proxy.events import event as made

    for target in ("/", "/v2/x", "/v11", "//v1/x", "/V1/x", "/%761/x", "/v1?x"[:2] + "x"):
        assert made(request(target), REST, CALL) is None, target
        assert made(request(target), HTTP_API, CALL) is None, target
    for target in ("/v1", "/v1/", "/v1?x=1", "/v1/x"):
        assert made(request(target), REST, CALL) is not None, target
