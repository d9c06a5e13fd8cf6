"""Events as AWS makes them and answers as AWS reads them: written here a second time.

proxy/events.py makes them too, for the front on 9443; that the two agree is a test.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from tests.builders import Holder
from tests.parity.message import Answer, Request, answer

SOURCE_IP = "127.0.0.1"
# REST and HTTP APIs; facts: aws-mtls.md, 1.7.
DROPPED = frozenset(
    [
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
    ]
)
_FORWARDED = ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto")
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
Event = dict[str, Any]


def rest(request: Request, client: Holder) -> Event:
    """Payload 1.0, of a REST API with binaryMediaTypes */*."""
    headers = _grouped(request)
    overrides = _pop(headers, "x-http-method-override")
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query.replace(";", "&"), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return {
        "resource": "/{proxy+}",
        "path": "/" + request.path.lstrip("/"),
        "httpMethod": overrides[-1] if overrides else request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": request.path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "path": request.path,
            "stage": "prod",
            "identity": {"sourceIp": SOURCE_IP, "clientCert": _client_cert(client)},
        },
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def http_api(request: Request, client: Holder) -> Event:
    """Payload 2.0."""
    grouped = _grouped(request)
    cookies = [c.strip() for value in _pop(grouped, "cookie") for c in value.split(";") if c]
    headers = {name.lower(): ",".join(values) for name, values in grouped.items()}
    path = unquote(request.path).split("?")[0]
    is_text = (headers.get("content-type") or "").startswith(_TEXT)
    made: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers | {"content-length": str(len(request.body))},
        "requestContext": {
            "authentication": {"clientCert": _client_cert(client)},
            "domainName": "api.example.com",
            "http": {"method": request.method, "path": path, "sourceIp": SOURCE_IP},
        },
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    return made | (_body(request, text=is_text) if request.body else {})


def alb(request: Request, client: Holder, *, multi: bool = True) -> Event:
    """An ALB target's event; with multi-value headers if the target group has them on."""
    headers: dict[str, list[str]] = {}
    for name, value in request.fields:
        if name.lower() != "x-amzn-mtls-clientcert-leaf":
            headers.setdefault(name.lower(), []).append(_text(value))
    hops = ", ".join([*headers.get("x-forwarded-for", []), SOURCE_IP])
    headers |= {"x-forwarded-for": [hops], "x-forwarded-proto": ["https"]}
    headers |= {"x-forwarded-port": ["443"]}
    headers["x-amzn-mtls-clientcert-leaf"] = [quote(client.pem, safe="+=/")]
    query: dict[str, list[str]] = {}
    for part in filter(None, request.query.split("&")):
        name, _, value = part.partition("=")
        query.setdefault(name, []).append(value)
    # With Content-Encoding it is base64 in any case (ALB: "Lambda functions as targets").
    is_text = headers.get("content-type", [""])[-1].startswith(_TEXT)
    is_text = is_text and "content-encoding" not in headers
    made: Event = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": request.method,
        "path": request.path,
        **_body(request, text=is_text),
    }
    if multi:
        return made | {"multiValueHeaders": headers, "multiValueQueryStringParameters": query}
    return made | {
        "headers": {name: values[-1] for name, values in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
    }


def read(method: str, said: Event) -> Answer:
    """What a client of AWS gets, but for what the front adds; a key too many is an error."""
    said = json.loads(json.dumps(said))
    known = {"statusCode", "body", "isBase64Encoded", "headers", "multiValueHeaders", "cookies"}
    assert set(said) <= known | {"statusDescription"}
    assert not ("cookies" in said and "multiValueHeaders" in said)
    headers = list(said.get("headers", {}).items())
    headers += [(n, value) for n, v in said.get("multiValueHeaders", {}).items() for value in v]
    headers += [("set-cookie", cookie) for cookie in said.get("cookies", [])]
    # On the wire a header is bytes, which are compared as latin-1 characters.
    headers = [(name, value.encode().decode("latin-1")) for name, value in headers]
    body = said["body"]
    decoded = base64.b64decode(body) if said["isBase64Encoded"] else body.encode()
    return answer(method, said["statusCode"], headers, decoded)


def _grouped(request: Request) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    spelled: dict[str, str] = {"authorization": "Authorization", "user-agent": "User-Agent"}
    for name, value in request.fields:
        if name.lower() not in {*DROPPED, *_FORWARDED}:
            spelling = spelled.setdefault(name.lower(), name)
            grouped.setdefault(spelling, []).append(_text(value))
    hops = ", ".join([*request.header("x-forwarded-for"), SOURCE_IP])
    by_aws = {"X-Forwarded-For": hops, "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
    return grouped | {name: [value] for name, value in by_aws.items()}


def _pop(headers: dict[str, list[str]], lower: str) -> list[str]:
    found = [name for name in headers if name.lower() == lower]
    return [value for name in found for value in headers.pop(name)]


def _body(request: Request, *, text: bool) -> Event:
    if text:
        return {"body": request.body.decode(errors="replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": bool(request.body)}


def _text(value: str) -> str:
    return value.encode("latin-1").decode(errors="replace")


def _client_cert(client: Holder) -> Event:
    # The ready-made strings lie: nobody may read them.
    lies = {"subjectDN": "CN=nobody", "issuerDN": "CN=nobody", "serialNumber": "1"}
    return {"clientCertPem": client.pem, **lies, "validity": {"notBefore": "x", "notAfter": "x"}}
