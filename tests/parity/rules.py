"""What a front makes of an answer that it may change: the answer of the test client, changed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from tests.parity.amazon import DROPPED
from tests.parity.message import Answer, Request

Rule = Callable[[Request, Answer], Answer]

REMAPPED = ("authorization", "content-md5", "max-forwards", "user-agent", "www-authenticate")
OVERWRITTEN = ("date", "server")
DROPPED_FROM_ANSWERS = ("expect", "host", "proxy-authenticate", "te", "via")
NEXT_HOP = ("te", "keep-alive", "upgrade")


def without_peer(request: Request, was: Answer) -> Answer:
    if request.method == "HEAD" and request.path.startswith("/echo/"):
        shorter = int(was.headers["content-length"][0]) - len("127.0.0.1")
        return was.with_header("content-length", str(shorter))
    return was.echoing(remote_addr="") if was.is_echo else was


def untold_length(_: Request, was: Answer) -> Answer:
    return was.with_header("content-length")


def no_length(request: Request, was: Answer) -> Answer:
    return was.with_header("content-length", "0") if request.method == "HEAD" else was


def overwritten(_: Request, was: Answer) -> Answer:
    for name in OVERWRITTEN:
        was = was.with_header(name)
    return was


def remapped(_: Request, was: Answer) -> Answer:
    for name in (*REMAPPED, *OVERWRITTEN):
        if name in was.headers:
            was = was.with_header(f"x-amzn-remapped-{name}", *was.headers[name]).with_header(name)
    return was


def dropped(*names: str) -> Rule:
    def rule(_: Request, was: Answer) -> Answer:
        for name in names:
            was = was.with_header(name)
        return was

    return rule


def typed(default: str) -> Rule:
    def rule(_: Request, was: Answer) -> Answer:
        return was if "content-type" in was.headers else was.with_header("content-type", default)

    return rule


def joined(_: Request, was: Answer) -> Answer:
    for name, values in was.headers.items():
        if name != "set-cookie":
            was = was.with_header(name, ",".join(values))
    return was


def in_utf8(_: Request, was: Answer) -> Answer:
    for name, values in was.headers.items():
        was = was.with_header(name, *map(_utf8, values))
    return was


def cut_path(request: Request, was: Answer) -> Answer:
    if "%3F" not in request.path or not was.is_echo:
        return was
    url = was.json()["url"].partition("%3F")[0]
    return was.echoing(path=was.json()["path"].partition("?")[0], url=url)


def replaced_query(request: Request, was: Answer) -> Answer:
    if "%FF" not in request.query or not was.is_echo:
        return was
    args = [[n, [v.replace("%FF", "\ufffd") for v in values]] for n, values in was.json()["args"]]
    return was.echoing(args=args)


def split_query(request: Request, was: Answer) -> Answer:
    if ";" not in request.query or not was.is_echo:
        return was
    pairs = parse_qsl(request.query.replace(";", "&"))
    return was.echoing(args=[[name, [value]] for name, value in pairs])


def last_values(request: Request, was: Answer) -> Answer:
    """One value a name: the last of query parameters, of headers and of Cookie headers."""
    if not was.is_echo:
        return was
    last = {name.lower(): value for name, value in request.fields}
    echo = was.json()
    headers = [[n, last[n] if n == "x-sent" and _is_ascii(v) else v] for n, v in echo["headers"]]
    several = len(request.header("cookie")) > 1
    cookies = _cookies(last["cookie"]) if several else echo["cookies"]
    args = [[name, values[-1:]] for name, values in echo["args"]]
    return was.echoing(headers=headers, cookies=cookies, args=args)


def comma_between_cookies(request: Request, was: Answer) -> Answer:
    if not was.is_echo or len(request.header("cookie")) < 2:
        return was
    return was.echoing(cookies=_cookies(",".join(request.header("cookie"))))


def headers_lost(*names: str) -> Rule:
    def rule(_: Request, was: Answer) -> Answer:
        if not was.is_echo:
            return was
        return was.echoing(headers=[h for h in was.json()["headers"] if h[0] not in names])

    return rule


dropped_from_requests = headers_lost(*DROPPED)


def replaced_headers(_: Request, was: Answer) -> Answer:
    if not was.is_echo:
        return was
    headers = [[n, re.sub(r"(\\x[89a-f].)+", "\ufffd", v)] for n, v in was.json()["headers"]]
    return was.echoing(headers=headers)


def overridden_method(request: Request, was: Answer) -> Answer:
    override = request.header("x-http-method-override")
    if not override:
        return was
    return headers_lost("x-http-method-override")(request, was.echoing(method=override[-1]))


def compressed_body_as_text(request: Request, was: Answer) -> Answer:
    if not was.is_echo or not request.header("content-encoding"):
        return was
    lost = request.body.decode(errors="replace").encode()
    return was.echoing(body=base64.b64encode(lost).decode())


def refused(when: Callable[[Request], bool], status: int, message: str, kind: str = "") -> Rule:
    """API Gateway answers by itself."""

    def rule(request: Request, was: Answer) -> Answer:
        if not when(request):
            return was
        headers: dict[str, Any] = {"content-type": ("application/json",)}
        if kind:
            headers["x-amzn-errortype"] = (kind,)
        return Answer(status, headers, f'{{"message":"{message}"}}'.encode())

    return rule


def in_order(*rules: Rule) -> Rule:
    def rule(request: Request, was: Answer) -> Answer:
        for one in rules:
            was = one(request, was)
        return was

    return rule


def head_of(request: Request) -> int:
    """The octets of the request line and of the headers."""
    line = len(f"{request.method} {request.target} HTTP/1.1\r\n")
    return line + sum(len(name) + len(value) + 4 for name, value in request.sent)


def _cookies(header: str) -> list[list[object]]:
    """As the echo shows them; of as much of the syntax as the table has in two headers."""
    pairs = (piece.strip().partition("=") for piece in header.split(";"))
    return [[name, [value]] for name, _, value in pairs]


def _is_ascii(value: str) -> bool:
    return value.isascii() and "\\x" not in value


def _utf8(value: str) -> str:
    try:
        value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value.encode().decode("latin-1")
    return value
