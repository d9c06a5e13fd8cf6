"""Whole events, as composed from captures on AWS: what the gateway has to make, key for key.

The shape is that of SYNTHESISED-rest-v1-regional-mtls-proxy-event.json (a REST API behind a
Regional custom domain, base path v1 with a stage) and of aws-lambda-go's capture of an HTTP API
with mutual TLS, testdata/apigw-v2-request-no-authorizer.json.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.parity.message import Request

Event = dict[str, Any]

TRACE = "Root=1-5e9f0c65-1de4d666d4dd26aced652b6c"
PLAIN = Request("plain", "/v1/items/42", headers=(("User-Agent", "curl/8.5.0"), ("Accept", "*/*")))
FULL = Request(
    "full",
    "/v1//a%2Bb/%C3%A9/x//y/?q=1&q=a%20b+c%2B&e=&Q=%C3%A9",
    "POST",
    (
        ("user-agent", "table/1.0"),
        ("Content-Type", "application/octet-stream"),
        ("X-Two", "1"),
        ("x-two", "2"),
        ("Cookie", "a=1; b=2"),
        ("TE", "trailers"),
        ("Content-MD5", "x"),
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Forwarded-Proto", "http"),
        ("X-Amzn-Trace-Id", TRACE),
    ),
    b"\0\xff",
)
ENCODED = base64.b64encode(FULL.body).decode()
IDS = {
    "extendedRequestId": "<22 characters>",
    "requestId": "<a UUID>",
    "requestTime": "<as in logs>",
    "requestTimeEpoch": "<milliseconds>",
}
NULL = dict.fromkeys(
    [
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    ]
)
REST_CONTEXT: Event = {
    **IDS,
    "accountId": "123456789012",
    "apiId": "a1b2c3d4e5",
    "deploymentId": "zyx987",
    "domainName": "api.example.com",
    "domainPrefix": "api",
    "protocol": "HTTP/1.1",
    "resourceId": "abc123",
    "resourcePath": "/{proxy+}",
    "stage": "prod",
}
HTTP_CONTEXT: Event = {
    "accountId": "123456789012",
    "apiId": "a1b2c3d4e5",
    "domainName": "api.example.com",
    "domainPrefix": "api",
    "requestId": "<22 characters>",
    "routeKey": "$default",
    "stage": "$default",
    "time": "<as in logs>",
    "timeEpoch": "<milliseconds>",
}
_BY_AWS = {"X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
_HOPS = "6.6.6.6, 127.0.0.1"


def rest_plain(client_cert: Event) -> Event:
    """Nothing was sent, so much is null."""
    headers = {
        "Host": "api.example.com",
        "User-Agent": "curl/8.5.0",
        "Accept": "*/*",
        "X-Amzn-Trace-Id": "<a new trace>",
        "X-Forwarded-For": "127.0.0.1",
        **_BY_AWS,
    }
    return {
        "resource": "/{proxy+}",
        "path": "/v1/items/42",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": "items/42"},
        "stageVariables": None,
        "requestContext": {
            **REST_CONTEXT,
            "httpMethod": "GET",
            "path": "/v1/items/42",
            "identity": {
                **NULL,
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8.5.0",
                "clientCert": client_cert,
            },
        },
        "body": None,
        "isBase64Encoded": False,
    }


def rest_full(client_cert: Event) -> Event:
    """Everything twice, encoded, or not for the function."""
    multi = {
        "Host": ["api.example.com"],
        "User-Agent": ["table/1.0"],
        "Content-Type": ["application/octet-stream"],
        "X-Two": ["1", "2"],
        "Cookie": ["a=1; b=2"],
        "X-Amzn-Trace-Id": [TRACE],
        "X-Forwarded-For": [_HOPS],
        **{name: [value] for name, value in _BY_AWS.items()},
    }
    return {
        "resource": "/{proxy+}",
        "path": "/v1/a%2Bb/%C3%A9/x//y/",
        "httpMethod": "POST",
        "headers": {name: values[-1] for name, values in multi.items()},
        "multiValueHeaders": multi,
        "queryStringParameters": {"q": "a b c+", "e": "", "Q": "é"},
        "multiValueQueryStringParameters": {"q": ["1", "a b c+"], "e": [""], "Q": ["é"]},
        "pathParameters": {"proxy": "a%2Bb/%C3%A9/x//y"},
        "stageVariables": None,
        "requestContext": {
            **REST_CONTEXT,
            "httpMethod": "POST",
            "path": "/v1//a%2Bb/%C3%A9/x//y/",
            "identity": {
                **NULL,
                "sourceIp": "127.0.0.1",
                "userAgent": "table/1.0",
                "clientCert": client_cert,
            },
        },
        "body": ENCODED,
        "isBase64Encoded": True,
    }


def http_plain(client_cert: Event) -> Event:
    """Nothing was sent, so much is absent."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/items/42",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": "0",
            "host": "api.example.com",
            "user-agent": "curl/8.5.0",
            "x-amzn-trace-id": "<a new trace>",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            **HTTP_CONTEXT,
            "authentication": {"clientCert": client_cert},
            "http": {
                "method": "GET",
                "path": "/items/42",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8.5.0",
            },
        },
        "isBase64Encoded": False,
    }


def http_full(client_cert: Event) -> Event:
    """The path is decoded, the query is not; cookies are apart."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "//a+b/é/x//y/",
        "rawQueryString": "q=1&q=a%20b+c%2B&e=&Q=%C3%A9",
        "queryStringParameters": {"q": "1,a b c+", "e": "", "Q": "é"},
        "cookies": ["a=1", "b=2"],
        "headers": {
            "content-length": "2",
            "content-type": "application/octet-stream",
            "host": "api.example.com",
            "user-agent": "table/1.0",
            "x-two": "1,2",
            "x-amzn-trace-id": TRACE,
            "x-forwarded-for": _HOPS,
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            **HTTP_CONTEXT,
            "authentication": {"clientCert": client_cert},
            "http": {
                "method": "POST",
                "path": "//a+b/é/x//y/",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "table/1.0",
            },
        },
        "body": ENCODED,
        "isBase64Encoded": True,
    }
