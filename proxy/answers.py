"""What the function returned, as HTTP. Pure.

REST: AWS-validated by LocalStack (test_aws_proxy_response_payload_format_validation), and AWS's
table of header handling ("Important notes" of REST APIs). HTTP API: "Lambda function response for
format 2.0", and the same suite's tests of HTTP APIs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from .request import Request, Settings
from .response import Cause, Headers, Response

_REST_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
    }
)
_DROPPED = frozenset(
    {
        "content-length",  # API Gateway counts by itself
        "expect",
        "host",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")
_STATUS = re.compile(r"[2-5][0-9][0-9]")


class Malformed(Exception):
    """The function's answer is none that API Gateway takes."""

    def __init__(self, because: str, cause: Cause = Cause.FUNCTION_FAILED) -> None:
        super().__init__(because)
        self.because = because
        self.cause = cause


def response(payload: bytes, request: Request, settings: Settings) -> Response:
    """The HTTP response for the function's *payload*, still without ids; raises Malformed."""
    try:
        answer = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("the function's answer is no JSON") from error
    made = _rest(answer, request, settings) if settings.is_rest else _http_api(answer, payload)
    typed = any(name.lower() == "content-type" for name, _ in made.headers)
    if typed:
        return made
    default = "application/json" if settings.is_rest else "text/plain; charset=utf-8"
    return Response(made.status, (("Content-Type", default), *made.headers), made.body)


def _rest(answer: object, request: Request, settings: Settings) -> Response:
    if not isinstance(answer, dict) or not answer:
        raise Malformed(f"the answer is {_kind(answer)}, expected an object with statusCode")
    if unknown := sorted(set(answer) - _REST_KEYS):
        raise Malformed(f"the answer has the unknown key {unknown[0]!r}")
    body = _body(answer)
    if _is_encoded(answer):
        # The first media type of Accept decides; without one, "*/*" alone matches.
        accepted = (request.header("accept") or "").partition(",")[0]
        if settings.is_binary(accepted):
            body = _decoded(body, Cause.UNDECODABLE)
    return Response(_status(answer, default=200), tuple(_rest_headers(answer)), body)


def _http_api(answer: object, payload: bytes) -> Response:
    if not isinstance(answer, dict) or "statusCode" not in answer:
        # What a function that failed would say is taken as such, whoever says it.
        if isinstance(answer, dict) and "errorMessage" in answer:
            raise Malformed("the function failed")
        body = answer.encode(errors="replace") if isinstance(answer, str) else payload
        return Response(200, (("Content-Type", "application/json"),), body)
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise Malformed(f"cookies is {_kind(cookies)}, expected a list")
    headers = [(name, _text(value, name)) for name, value in _items(answer, "headers")]
    headers += [("Set-Cookie", _text(cookie, "cookies")) for cookie in cookies]
    body = _body(answer)
    if _is_encoded(answer):
        body = _decoded(body, Cause.FUNCTION_FAILED)
    return Response(_status(answer, default=None), _allowed(headers), body)


def _status(answer: Mapping[str, Any], default: int | None) -> int:
    value = answer.get("statusCode")
    if value is None and default is not None:
        return default
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not _STATUS.fullmatch(text):
        raise Malformed(f"statusCode is {value!r}, expected a number from 200 to 599")
    return int(text)


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise Malformed(f"body is {_kind(body)}, expected a string")
    return body.encode(errors="replace")


def _is_encoded(answer: Mapping[str, Any]) -> bool:
    value = answer.get("isBase64Encoded")
    if value is not None and not isinstance(value, bool):
        raise Malformed(f"isBase64Encoded is {value!r}, expected true or false")
    return bool(value)


def _decoded(body: bytes, cause: Cause) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("body is no base64, and isBase64Encoded says so", cause) from error


def _rest_headers(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    single = {name: _text(value, name) for name, value in _items(answer, "headers")}
    multi: dict[str, list[str]] = {}
    for name, values in _items(answer, "multiValueHeaders"):
        if not isinstance(values, list):
            raise Malformed(f"multiValueHeaders.{name} is {_kind(values)}, expected a list")
        multi[name] = [_text(value, name) for value in values]
    lower = {name.lower(): name for name in multi}
    joined: set[str] = set()
    for name, value in single.items():
        twin = lower.get(name.lower())
        if twin is None:
            multi[name] = [value]
        elif value not in multi[twin]:
            multi[twin].append(value)
            joined.add(twin)
    for name, values in multi.items():
        in_one = name in joined and name.lower() != "set-cookie"
        yield from _allowed((name, value) for value in ([", ".join(values)] if in_one else values))


def _allowed(headers: Iterable[tuple[str, str]]) -> Headers:
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower in _DROPPED:
            continue
        kept.append((f"x-amzn-Remapped-{name}" if lower in _REMAPPED else name, value))
    return tuple(kept)


def _items(answer: Mapping[str, Any], field: str) -> Iterator[tuple[str, Any]]:
    value = answer.get(field)
    if value is None:
        return
    if not isinstance(value, dict):
        raise Malformed(f"{field} is {_kind(value)}, expected an object")
    for name, content in value.items():
        if not _TOKEN.fullmatch(name):
            raise Malformed(f"{field} has the header {name!r}, which is none")
        if content is not None:
            yield name, content


def _text(value: object, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise Malformed(f"{name} is {_kind(value)}, expected a string")
    text = str(value).strip(" \t")
    if _FORBIDDEN_IN_VALUE.search(text):
        raise Malformed(f"{name} has a control character")
    return text


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
