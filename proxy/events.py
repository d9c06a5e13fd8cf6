"""A request as the event that API Gateway makes of it. Pure: a value in, a dict out.

Payload 1.0 is what a REST API on a Regional custom domain sends to a Lambda proxy integration,
payload 2.0 what an HTTP API sends (AWS: "Set up Lambda proxy integrations in API Gateway", "Create
AWS Lambda proxy integrations for HTTP APIs"); where those are silent, captures decide.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

from .request import Call, Request, Settings, below_base_path, trace_id

Event = dict[str, Any]

# Measured on AWS (LocalStack's AWS-validated snapshots), with Content-Length: none of their
# captures of a POST to a REST API has it.
_DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
_REPLACED = frozenset(
    {"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}
)
# These come in one spelling, whatever the client sent.
_SPELLED = {"authorization": "Authorization", "host": "Host", "user-agent": "User-Agent"}
_NULL_IDENTITY = dict.fromkeys(
    (
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
    )
)
_METHOD = re.compile(r"[A-Z]{1,32}")
# As a capture of every kind of Content-Type showed (ministackorg/ministack#766).
_TEXT = frozenset({"application/json", "application/javascript", "application/xml"})


def event(request: Request, settings: Settings, call: Call) -> Event | None:
    """The event for *request*, or None if no mapping of the domain matches its path."""
    below = below_base_path(request.path, settings.base_path)
    if below is None:
        return None
    make = _payload_1 if settings.is_rest else _payload_2
    return make(request, settings, call, below)


def method(request: Request, settings: Settings) -> str:
    """The method that the function is told.

    "When you pass the X-HTTP-Method-Override header in a request, API Gateway overrides the
    method" (AWS: "Important notes", known issues of REST APIs).
    """
    override = request.header("x-http-method-override") if settings.is_rest else None
    return override if override and _METHOD.fullmatch(override) else request.method


def _payload_1(request: Request, settings: Settings, call: Call, below: str) -> Event:
    multi = _headers(request, settings, call)
    query: dict[str, list[str]] = {}
    for name, value in _query(re.split("[&;]", request.query)):
        query.setdefault(name, []).append(value)
    encoded = bool(request.body) and settings.is_binary(request.header("content-type") or "")
    # Leading slashes are one in `path`, and all there in `requestContext.path`.
    rest = below.lstrip("/")
    parameter = rest.rstrip("/")
    resource = "/{proxy+}" if parameter else "/"
    return {
        "resource": resource,
        "path": f"{settings.base_path}/{rest}" if rest else request.path,
        "httpMethod": method(request, settings),
        "headers": {name: values[-1] for name, values in multi.items()},
        "multiValueHeaders": multi,
        "queryStringParameters": {n: v[-1] for n, v in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": parameter} if parameter else None,
        "stageVariables": None,
        "requestContext": _context_1(request, settings, call, resource),
        "body": _text(request.body, encoded=encoded) if request.body else None,
        "isBase64Encoded": encoded,
    }


def _context_1(request: Request, settings: Settings, call: Call, resource: str) -> Event:
    identity: Event = _NULL_IDENTITY | {
        "sourceIp": request.source_ip,
        "userAgent": request.header("user-agent"),
    }
    if request.client_cert is not None:
        identity["clientCert"] = request.client_cert.as_event()
    return {
        "resourceId": settings.root_resource_id if resource == "/" else settings.resource_id,
        "resourcePath": resource,
        "httpMethod": method(request, settings),
        "extendedRequestId": call.extended_request_id,
        "requestTime": call.clf_time,
        "path": request.path,
        "accountId": settings.account_id,
        "protocol": "HTTP/1.1",
        "stage": settings.stage,
        "domainPrefix": settings.domain_name.partition(".")[0],
        "requestTimeEpoch": call.epoch_ms,
        "requestId": call.request_id,
        "identity": identity,
        "domainName": settings.domain_name,
        "deploymentId": settings.deployment_id,
        "apiId": settings.api_id,
    }


def _payload_2(request: Request, settings: Settings, call: Call, below: str) -> Event:
    # The path comes decoded, cut at a "?" that was encoded (middleapi/standard-server#93).
    path = unquote(below, errors="replace").partition("?")[0]
    headers, cookies = _headers_2(request, settings, call)
    query: dict[str, list[str]] = {}
    for name, value in _query(request.query.split("&")):
        query.setdefault(name, []).append(value)
    made: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _context_2(request, settings, call, path),
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if query:
        made["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
    if request.body:
        encoded = not _is_text(request.header("content-type") or "")
        made |= {"body": _text(request.body, encoded=encoded), "isBase64Encoded": encoded}
    return made


def _context_2(request: Request, settings: Settings, call: Call, path: str) -> Event:
    context: Event = {
        "accountId": settings.account_id,
        "apiId": settings.api_id,
        "domainName": settings.domain_name,
        "domainPrefix": settings.domain_name.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or "",
        },
        # An HTTP API knows one id, in the form of a REST API's extended one.
        "requestId": call.extended_request_id,
        "routeKey": "$default",
        "stage": settings.stage,
        "time": call.clf_time,
        "timeEpoch": call.epoch_ms,
    }
    if request.client_cert is not None:
        context["authentication"] = {"clientCert": request.client_cert.as_event()}
    return context


def _headers(request: Request, settings: Settings, call: Call) -> dict[str, list[str]]:
    """Name → values; a name that is repeated in another case goes with its first spelling."""
    headers: dict[str, list[str]] = {}
    spelled = dict(_SPELLED)
    for name, value in request.headers:
        lower = name.lower()
        if lower in _DROPPED or lower in _REPLACED:
            continue
        headers.setdefault(spelled.setdefault(lower, name), []).append(value)
    if settings.is_rest:
        headers.pop(spelled.get("x-http-method-override", ""), None)
    headers.setdefault("Host", [settings.domain_name])
    hops = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    headers["X-Amzn-Trace-Id"] = [trace_id(request, call)]
    headers["X-Forwarded-For"] = [", ".join([*hops, request.source_ip])]
    headers["X-Forwarded-Port"] = ["443"]
    headers["X-Forwarded-Proto"] = ["https"]
    return headers


def _headers_2(
    request: Request, settings: Settings, call: Call
) -> tuple[dict[str, str], list[str]]:
    multi = _headers(request, settings, call)
    headers = {name.lower(): ",".join(values) for name, values in multi.items()}
    sent = [value for name, value in request.headers if name.lower() == "cookie"]
    headers.pop("cookie", None)
    # There with "0" for a GET too (aws-lambda-go, testdata/apigw-v2-request-no-authorizer.json).
    headers["content-length"] = str(len(request.body))
    pieces = (piece.strip() for value in sent for piece in value.split(";"))
    return headers, [piece for piece in pieces if piece]


def _query(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            yield unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")


def _is_text(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type.startswith("text/") or media_type in _TEXT


def _text(body: bytes, *, encoded: bool) -> str:
    # Bytes that are no UTF-8 are lost where nothing says that they are binary.
    return base64.b64encode(body).decode() if encoded else body.decode(errors="replace")
