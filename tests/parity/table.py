"""The table of requests: what a client may ask, and what a view may answer."""

from __future__ import annotations

import base64
import gzip
import json
import random

from tests.parity.echo import spec
from tests.parity.message import Request

EVERY_BYTE = bytes(range(256))
#: No repetition in it that somebody could fold, and the same in every run.
LARGE = random.Random(1).randbytes(1 << 20)  # noqa: S311
_JSON = ("Content-Type", "application/json")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_BINARY = ("Content-Type", "application/octet-stream")
_EXPIRES = "Expires=Thu, 01 Jan 2037 00:00:00 GMT"
_MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa9+%2B\r\n--x--\r\n'


def _bytes(text: str) -> str:
    """*text* as a header has it: UTF-8, a character a byte."""
    return text.encode().decode("latin-1")


_METHODS = [
    Request(f"{method} with a body", method=method, headers=(_TEXT,), body=b"body")
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE")
] + [
    Request(f"{method} without a body", method=method)
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PURGE")
]

_PATHS = [
    Request(f"path {path}", path)
    for path in (
        "/echo/a/b.txt",
        "/echo/trailing/",
        "/echo/inner//double",
        "/echo/double-at-the-end//",
        "//echo/leading",
        "/echo/a%20b",
        "/echo/a+b",
        "/echo/a%2Bb",
        "/echo/%C3%A9t%C3%A9",
        "/echo/%c3%a9",
        "/echo/%E2%82%AC/%F0%9F%94%91",
        "/echo/a%2Fb",
        "/echo/a%3Fb=c",
        "/echo/a%23b",
        "/echo/a%25b",
        "/echo/%2541",
        "/echo/%252F",
        "/echo/a%5Cb",
        "/echo/a;b=c,d",
        "/echo/a:b@c!$&'()*=",
        "/echo/~tilde-_.",
        "/echo/%41",
        "/echo/./a/../b",
        "/echo/%2e%2e/b",
        "/echo/...",
        "/echo/%FFa",
        "/echo/%22quoted%22",
        "/echo/test%2Balias@example.com",
        "/echo/" + "long/" * 400,
    )
]

_QUERIES = [
    Request(f"query {query[:40]}", f"/echo/?{query}")
    for query in (
        "",
        "a=1",
        "a=1&a=2&a=3",
        "a=1&b=2&a=3",
        "a=&b",
        "a&a",
        "=1",
        "&&a=1&&",
        "a=b=c==",
        "a=x+y&b=x%20y&c=x%2By",
        "a=%C3%A9&%C3%A9=a",
        "a=%26%3D%23%3F",
        "a=%2541",
        "a=%FF",
        "a[]=1&a[]=2&b%5Bc%5D=d",
        "a=1;b=2",
        "a=/path?and/slash",
        "a=%7B%22k%22:%5B1,2%5D%7D",
        "A=1&a=2",
        "a=" + "x" * 4000,
    )
] + [Request("a query with braces and a pipe", "/echo/?a={x|y}")]

_HEADERS = [
    Request(f"header: {name}", headers=headers)
    for name, headers in (
        ("one of ours", (("X-Sent", "1"),)),
        ("repeated", (("X-Sent", "1"), ("X-Sent", "2, 3"), ("x-sent", "4"))),
        ("odd casing", (("x-SENT", "1"), ("ACCEPT", "text/html"))),
        ("empty", (("X-Sent", ""),)),
        ("blanks around", (("X-Sent", "  a  b  "),)),
        ("UTF-8", (("X-Sent", _bytes("é€🔑")),)),
        ("no UTF-8", (("X-Sent", "\xe9"),)),
        ("punctuation", (("X-Sent", "\"a\\b\", c; d='e'"),)),
        ("a name with an underscore", (("X_Sent", "1"), ("X-Sent", "2"))),
        ("long", (("X-Sent", "x" * 7000),)),
        ("authorization", (("Authorization", "Basic YTpiK2M="), ("User-Agent", "table/1.0"))),
        ("negotiation", (("Accept", "text/html, */*;q=0.1"), ("Accept-Language", "de"))),
        ("accept-encoding", (("Accept-Encoding", "gzip, br"),)),
        ("range", (("Range", "bytes=0-1"), ("Referer", "https://example.com/?a=b"))),
        ("many", tuple((f"X-Sent-{number}", str(number)) for number in range(60))),
        ("via", (("Via", "1.1 elsewhere"), ("Pragma", "no-cache"))),
        ("for the next hop", (("TE", "trailers"), ("Keep-Alive", "5"), ("Upgrade", "h2c"))),
        ("dropped by API Gateway", (("Max-Forwards", "5"), ("Content-MD5", "x"), ("Server", "x"))),
        ("another proxy's", (("Proxy-Authenticate", "x"), ("WWW-Authenticate", "x"))),
        ("another method", (("X-HTTP-Method-Override", "DELETE"),)),
        ("a forged address", (("X-Forwarded-For", "6.6.6.6"), ("X-Real-Ip", "6.6.6.6"))),
        ("a forged scheme", (("X-Forwarded-Proto", "http"), ("X-Forwarded-Port", "80"))),
        ("a forged host", (("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil"))),
        ("a script name", (("Script-Name", "/evil"), ("X-Script-Name", "/evil"))),
    )
]

_COOKIES = [
    Request(f"cookies: {name}", headers=headers)
    for name, headers in (
        ("one", (("Cookie", "a=1"),)),
        ("three in one header", (("Cookie", "a=1; b=2; a=3"),)),
        ("two headers", (("Cookie", "a=1"), ("Cookie", "b=2; c=3"))),
        ("odd values", (("Cookie", 'a="x,y"; b=; c==d=; d=%20+'),)),
        ("nothing", (("Cookie", ""),)),
    )
]

_BODIES = [
    Request(f"body: {name}", method="POST", headers=headers, body=body)
    for name, headers, body in (
        ("JSON", (_JSON,), b'{"a": [1, "b"], "c": null}'),
        ("JSON in UTF-8", (_JSON,), '{"é": "€🔑"}'.encode()),
        ("text in UTF-8", (_TEXT,), "é€🔑\r\n\n".encode()),
        ("no UTF-8, typed as binary", (_BINARY,), EVERY_BYTE),
        ("an image", (("Content-Type", "image/png"),), b"\x89PNG\r\n\x1a\n\0\xff"),
        ("no Content-Type", (), b"plain"),
        ("no Content-Type, binary", (), EVERY_BYTE),
        ("a form", (_FORM,), b"a=1&a=2&b=x+y&c=%C3%A9&d=%2B&e="),
        ("a multipart form", (("Content-Type", "multipart/form-data; boundary=x"),), _MULTIPART),
        ("gzip", (_JSON, ("Content-Encoding", "gzip")), gzip.compress(b"{}", mtime=0)),
        ("one byte", (_BINARY,), b"\0"),
        ("looks like base64", (_TEXT,), base64.b64encode(b"looks like it")),
        ("looks like an event", (_JSON,), json.dumps({"httpMethod": "GET"}).encode()),
        ("1 MB", (_BINARY,), LARGE),
        ("1 MB of text", (_TEXT,), b"0123456789abcde\n" * (1 << 16)),
        ("too large for the service", (_BINARY,), bytes(4 * 1024 * 1024 + 1)),
        ("too large for Lambda", (_BINARY,), bytes(5 * 1024 * 1024)),
    )
]

_ANSWERS = [
    Request(f"answer: {name}", target)
    for name, target in (
        ("201 with a place", spec(201, ("Location", "/echo/new"), body=b"made", typed=True)),
        ("202 without a body", spec(202, _JSON)),
        ("204", spec(204)),
        ("204, typed", spec(204, typed=True)),
        ("206", spec(206, _TEXT, ("Content-Range", "bytes 0-1/9"), body=b"ab")),
        ("299", spec("299 Odd", _TEXT, body=b"odd")),
        ("301", spec(301, ("Location", "https://elsewhere.example/?a=b&c=%20"))),
        ("304", spec(304, ("ETag", '"abc"'))),
        ("307", spec(307, ("Location", "../up"), typed=True)),
        ("401", spec(401, ("WWW-Authenticate", 'Basic realm="x"'), _TEXT, body=b"who?")),
        ("409", spec(409, ("Content-Type", "application/problem+json"), body=b"{}")),
        ("418", spec(418, _TEXT, body=b"short and stout")),
        ("429", spec(429, ("Retry-After", "5"), typed=True)),
        ("500", spec(500, _TEXT, body=b"sorry")),
        ("503", spec(503, ("Retry-After", "5"), _TEXT, body=b"later")),
        ("no Content-Type", spec(200, body=b"untyped")),
        ("nothing at all", spec(200)),
        ("JSON in UTF-8", spec(200, _JSON, body='{"é": "€"}\n'.encode())),
        ("latin-1", spec(200, ("Content-Type", "text/plain; charset=latin-1"), body=b"\xe9")),
        ("binary", spec(200, _BINARY, body=EVERY_BYTE)),
        ("an empty file", spec(200, _BINARY)),
        ("gzip", spec(200, _TEXT, ("Content-Encoding", "gzip"), body=gzip.compress(b"x", mtime=0))),
        ("base64 as text", spec(200, _TEXT, body=base64.b64encode(b"text"))),
        ("repeated headers", spec(200, ("X-Two", "1"), ("X-Two", "2"), ("Vary", "a"), _TEXT)),
        (
            "headers to cache by",
            spec(200, ("Cache-Control", "max-age=5"), ("ETag", 'W/"x"'), _TEXT),
        ),
        (
            "nginx's own words",
            spec(200, ("X-Accel-Redirect", "/"), ("X-Accel-Buffering", "no"), _TEXT),
        ),
        ("a UTF-8 header", spec(200, ("X-Said", _bytes("é€")), _TEXT)),
        ("a latin-1 header", spec(200, ("X-Said", "\xe9"), _TEXT)),
        ("an empty header", spec(200, ("X-Said", ""), _TEXT)),
        ("a long header", spec(200, ("X-Said", "x" * 7000), _TEXT)),
        (
            "cookies with dates",
            spec(200, ("Set-Cookie", f"a=1; {_EXPIRES}"), ("Set-Cookie", "b=2; Path=/"), _TEXT),
        ),
        (
            "headers that API Gateway remaps",
            spec(200, ("Authorization", "x"), ("Max-Forwards", "1"), ("User-Agent", "x"), _TEXT),
        ),
        ("a digest", spec(200, ("Content-MD5", "x"), _TEXT)),
        ("its own date and server", spec(200, ("Date", "x"), ("Server", "x"), _TEXT)),
        (
            "headers that API Gateway drops",
            spec(200, ("Via", "x"), ("Host", "x"), ("Expect", "x"), _TEXT),
        ),
        ("headers of one hop", spec(200, ("Proxy-Authenticate", "x"), ("TE", "x"), _TEXT)),
        ("cookies by Flask", "/cookies"),
        ("a redirect by Flask", "/elsewhere"),
        ("a redirect to the slash", "/tree?a=1"),
        ("1 MB", "/large"),
        ("in pieces", "/stream"),
        ("in binary pieces", "/stream-binary"),
        ("a view that crashes", "/crash"),
        ("no such path", "/nowhere"),
        ("no such path, reserved on AWS", "/ping"),
        ("the root", "/"),
        ("who am I", "/whoami"),
        ("a public view", "/health"),
        ("an entity tag", "/tagged"),
        ("the API for programs", "/openapi.json"),
        ("the API for people", "/docs"),
        ("clients without a registry", "/clients/billing"),
    )
]

_OTHERS = [
    Request("a method that is not allowed", "/whoami", "DELETE"),
    Request("a method that nobody knows", "/echo/", "BREW"),
    Request("OPTIONS by Flask", "/whoami", "OPTIONS"),
    Request("HEAD of a view", "/whoami", "HEAD"),
    Request("HEAD of a problem", "/nowhere", "HEAD"),
    Request("HEAD of a stream", "/stream", "HEAD"),
    Request("a URL of 12,000 characters", "/echo/" + "long/" * 2400),
    Request("headers of 15 K", headers=(("X-Sent", "x" * 15_000),)),
    Request("headers of 24 K", headers=(("X-Sent", "x" * 12_000), ("X-More", "x" * 12_000))),
    Request("a conditional GET that holds", "/tagged", headers=(("If-None-Match", '"abc"'),)),
    Request("a conditional GET that fails", "/tagged", headers=(("If-None-Match", '"x"'),)),
]

REQUESTS = [*_METHODS, *_PATHS, *_QUERIES, *_HEADERS, *_COOKIES, *_BODIES, *_ANSWERS, *_OTHERS]
