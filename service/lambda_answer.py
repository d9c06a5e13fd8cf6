"""A WSGI answer in the dialect of whoever sent the event, with no key that it does not know.

API Gateway makes a 502 of an answer with an unknown key (AWS: "Set up Lambda proxy integrations").
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from .lambda_event import ALB, ALB_MULTI, FUNCTION_URL, HTTP_API_2

Header = tuple[str, str]


def answer(kind: str, status: str, headers: Iterable[Header], body: bytes) -> dict[str, Any]:
    """What the function returns for an event of *kind*; *status* such as "200 OK"."""
    # The front counts the bytes that it sends itself.
    kept = [(name, _text(value)) for name, value in headers if name.lower() != "content-length"]
    answered = {"statusCode": int(status.partition(" ")[0]), **_body(kept, body)}
    if kind in {HTTP_API_2, FUNCTION_URL}:
        return answered | _payload_2(kept)
    if kind == ALB:
        return answered | {"statusDescription": status, "headers": _every_casing(kept)}
    if kind == ALB_MULTI:
        return answered | {"statusDescription": status, "multiValueHeaders": _lists(kept)}
    return answered | {"multiValueHeaders": _lists(kept)}


def _body(headers: list[Header], body: bytes) -> dict[str, Any]:
    encoded = any(name.lower() == "content-encoding" for name, _ in headers)
    if not encoded:
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _text(value: str) -> str:
    """The text of a header, which WSGI has as bytes in latin-1 characters (PEP 3333)."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _lists(headers: list[Header]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, value in headers:
        lists.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return lists


def _payload_2(headers: list[Header]) -> dict[str, Any]:
    cookies = [value for name, value in headers if name.lower() == "set-cookie"]
    others = _lists([header for header in headers if header[0].lower() != "set-cookie"])
    joined = {name: ",".join(values) for name, values in others.items()}
    return {"headers": joined} | ({"cookies": cookies} if cookies else {})


def _every_casing(headers: list[Header]) -> dict[str, str]:
    """One value a name is all that this dialect has: so Set-Cookie goes in other casings too."""
    single: dict[str, str] = {}
    for name, values in _lists(headers).items():
        if name.lower() != "set-cookie":
            single[name] = ",".join(values)
            continue
        for number, value in enumerate(values):
            letters = enumerate("set-cookie")
            single["".join(c.upper() if number >> i & 1 else c for i, c in letters)] = value
    return single
