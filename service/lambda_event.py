"""Mend what aws-wsgi breaks: read every kind of event, and answer in its own dialect.

aws-wsgi 0.2.7 knows REST events and single-value ALB events, loses what is repeated, decodes
nothing, believes the client about its address and cannot send bytes. `read` gives it back.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

Event = Mapping[str, Any]

REST, HTTP_API_1, HTTP_API_2, FUNCTION_URL, ALB, ALB_MULTI = (
    "rest",
    "http-api-1.0",
    "http-api-2.0",
    "function-url",
    "alb",
    "alb-multi-value",
)

# A token (RFC 9110, 5.6.2) without "_", which WSGI would make equal to "-".
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]+")
_CONTROL = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")


class MalformedEvent(ValueError):
    """The event is none that API Gateway or ALB would send."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an event asks for, whoever made it."""

    kind: str  #: REST, HTTP_API_1, ...: how the answer has to look
    method: str
    path: str  #: decoded; bytes as latin-1 characters, as WSGI has them (PEP 3333)
    query_string: str  #: encoded
    headers: Mapping[str, str]  #: lower-case name → value, repeated ones joined
    body: bytes
    remote_addr: str  #: who opened the connection to AWS

    def environ(self, base_path: str) -> dict[str, Any]:
        """The WSGI variables that aws-wsgi gets wrong.

        *base_path*: of the custom domain's mapping, such as "/v1", or "".
        """
        script_name, path_info = self._split(base_path)
        host, _, port = self.headers.get("host", "").partition(":")
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": script_name,
            "PATH_INFO": path_info,
            "QUERY_STRING": self.query_string,
            "REMOTE_ADDR": self.remote_addr,
            "SERVER_NAME": host or "localhost",
            "SERVER_PORT": port or self._port(),
            "wsgi.url_scheme": self._scheme(),
            "service.peer": "elb" if self.kind in {ALB, ALB_MULTI} else "api-gateway",
            **{_variable(n): value for n, value in self.headers.items() if n != "content-length"},
        }

    def _split(self, base_path: str) -> tuple[str, str]:
        """SCRIPT_NAME and PATH_INFO. Payload 2.0 has the path without its mapping already."""
        if self.kind == HTTP_API_2:
            return base_path, self.path
        if base_path and (self.path + "/").startswith(base_path + "/"):
            return base_path, self.path.removeprefix(base_path)
        return "", self.path

    def _scheme(self) -> str:
        if self.kind not in {ALB, ALB_MULTI}:
            return "https"
        sent = self.headers.get("x-forwarded-proto", "")
        return sent if sent in {"http", "https"} else "https"

    def _port(self) -> str:
        sent = self.headers.get("x-forwarded-port", "")
        return sent if sent.isascii() and sent.isdigit() else "443"


def read(event: object) -> Request:
    """What *event* asks for; raises MalformedEvent, which names the field."""
    if not isinstance(event, Mapping):
        raise MalformedEvent(f"event is a {type(event).__name__}, expected an object")
    context = _object(event, "requestContext") or {}
    if "elb" in context:
        return _alb(event)
    if event.get("version") == "2.0":
        return _payload_2(event, context)
    if event.get("version") in {None, "1.0"} and "httpMethod" in event:
        return _payload_1(event, context)
    raise MalformedEvent(
        "event is none of: REST API, HTTP API 1.0 or 2.0, ALB target "
        f"(version {event.get('version')!r}, keys {sorted(map(str, event))[:8]})"
    )


def _payload_1(event: Event, context: Event) -> Request:
    http_api = event.get("version") == "1.0"
    path = _path(event, "path")
    return Request(
        kind=HTTP_API_1 if http_api else REST,
        method=_text(event, "httpMethod"),
        # REST APIs leave the path percent-encoded; HTTP APIs decode it, whatever the payload:
        # captures in github.com/middleapi/standard-server/pull/93.
        path=_as_wsgi(path) if http_api else _decoded(path),
        # Both decode the query string, once.
        query_string=urlencode(
            list(_pairs(event, "multiValueQueryStringParameters", "queryStringParameters")),
            errors="replace",
        ),
        headers=_joined(_pairs(event, "multiValueHeaders", "headers")),
        body=_body(event),
        remote_addr=_text(_object(context, "identity") or {}, "sourceIp", ""),
    )


def _payload_2(event: Event, context: Event) -> Request:
    http = _object(context, "http")
    if http is None:
        raise MalformedEvent("requestContext.http is missing, expected an object")
    function_url = ".lambda-url." in _text(context, "domainName", "")
    path = _path(event, "rawPath")
    cookies = event.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedEvent("cookies is not a list of strings")
    headers = _joined(_pairs(event, "", "headers"))
    return Request(
        kind=FUNCTION_URL if function_url else HTTP_API_2,
        method=_text(http, "method"),
        # A function URL leaves it encoded, an HTTP API does not: same captures as above.
        path=_decoded(path) if function_url else _as_wsgi(path),
        query_string=_text(event, "rawQueryString", ""),
        headers=headers | ({"cookie": _as_wsgi("; ".join(cookies))} if cookies else {}),
        body=_body(event),
        remote_addr=_text(http, "sourceIp", ""),
    )


def _alb(event: Event) -> Request:
    multi = event.get("multiValueHeaders") is not None
    headers = _joined(_pairs(event, "multiValueHeaders", "headers"))
    query = _pairs(event, "multiValueQueryStringParameters", "queryStringParameters")
    return Request(
        kind=ALB_MULTI if multi else ALB,
        method=_text(event, "httpMethod"),
        path=_decoded(_path(event, "path")),
        # ALB decodes nothing.
        query_string="&".join(f"{name}={value}" for name, value in query),
        headers=headers,
        body=_body(event),
        # The client chooses the left of X-Forwarded-For; ALB appends whom it saw.
        remote_addr=headers.get("x-forwarded-for", "").rpartition(",")[2].strip(),
    )


def _pairs(event: Event, multi: str, single: str) -> Iterator[tuple[str, str]]:
    """Name and value of each, from the map that has all of them, or from the one that has not."""
    many = _object(event, multi)
    if many is not None:
        for name, values in many.items():
            if not isinstance(values, list):
                raise MalformedEvent(f"{multi}.{name} is not a list")
            yield from ((_string(name, multi), _string(value, multi)) for value in values)
        return
    for name, value in (_object(event, single) or {}).items():
        yield _string(name, single), _string(value, single)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated headers as gunicorn joins them; a name with "_" or worse is dropped, as there."""
    headers: dict[str, str] = {}
    for sent, value in pairs:
        name = sent.lower()
        if not _HEADER_NAME.fullmatch(name):
            continue
        if _CONTROL.search(value):
            raise MalformedEvent(f"header {name!r} has a control character")
        text = _as_wsgi(value)
        if name in headers:
            headers[name] += ("; " if name == "cookie" else ",") + text
        else:
            headers[name] = text
    return headers


def _path(event: Event, field: str) -> str:
    path = _text(event, field)
    if not path.startswith("/"):
        raise MalformedEvent(f"{field} is {path!r}, expected it to begin with '/'")
    return path


def _body(event: Event) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    text = _string(body, "body")
    if not event.get("isBase64Encoded"):
        return text.encode(errors="replace")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedEvent("body is not base64, and isBase64Encoded says so") from error


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def _decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


def _as_wsgi(text: str) -> str:
    return text.encode(errors="replace").decode("latin-1")


def _object(event: Event, field: str) -> Event | None:
    value = event.get(field)
    if value is not None and not isinstance(value, Mapping):
        raise MalformedEvent(f"{field} is a {type(value).__name__}, expected an object")
    return value


def _text(event: Event, field: str, default: str | None = None) -> str:
    return _string(event.get(field, default), field)


def _string(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise MalformedEvent(f"{field} is a {type(value).__name__}, expected a string")
    return value
