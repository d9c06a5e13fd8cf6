"""HTTP/1.1 between nginx and the gateway: as much of it as nginx speaks, and nothing else.

Strict where parsers differ (RFC 9112, 2.2, 5.1, 5.2, 6.3): no bare LF or CR, no folded line, no
blank before a colon, no Transfer-Encoding, one Content-Length.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedReader

from .response import Response

_LINE = 65_536
_HEAD = 262_144
_HEADERS = 512
_REQUEST_LINE = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+) (/[^ \0-\x1f\x7f]*) HTTP/1\.([01])\r\n")
_HEADER = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):([^\0-\x08\x0a-\x1f\x7f]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,15}")
_NO_BODY = frozenset({204, 304})


class MalformedRequest(Exception):
    """What arrived is no request that nginx would send; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request head; `length` bytes of body follow on the connection."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    length: int
    keep_alive: bool


def read_head(stream: BufferedReader) -> Received | None:
    """The next request head, or None at the end; raises MalformedRequest."""
    line = stream.readline(_LINE)
    if not line:
        return None
    first = _REQUEST_LINE.fullmatch(line)
    if first is None:
        raise MalformedRequest("request line")
    method, target, minor = first.groups()
    headers = _headers(stream, _HEAD - len(line))
    lower = [(name.lower(), value) for name, value in headers]
    connection = ",".join(value.lower() for name, value in lower if name == "connection")
    tokens = {token.strip() for token in connection.split(",")}
    keep_alive = "close" not in tokens if minor == b"1" else "keep-alive" in tokens
    return Received(method.decode(), _text(target), headers, _length(lower), keep_alive=keep_alive)


def write(response: Response, *, head_only: bool, keep_alive: bool) -> bytes:
    """The bytes of *response*; the length of its body is told even if the body is left out."""
    status = response.status
    phrase = HTTPStatus(status).phrase if status in _PHRASES else ""
    lines = [f"HTTP/1.1 {status} {phrase}", f"Date: {_date()}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if status not in _NO_BODY:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head if head_only or status in _NO_BODY else head + response.body


_PHRASES = frozenset(HTTPStatus)


def _headers(stream: BufferedReader, room: int) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while True:
        line = stream.readline(_LINE)
        if line == b"\r\n":
            return tuple(headers)
        room -= len(line)
        header = _HEADER.fullmatch(line)
        if header is None or room < 0 or len(headers) >= _HEADERS:
            raise MalformedRequest("header")
        headers.append((header[1].decode(), _text(header[2].strip(b" \t"))))


def _length(headers: list[tuple[str, str]]) -> int:
    if any(name == "transfer-encoding" for name, _ in headers):
        raise MalformedRequest("Transfer-Encoding")
    lengths = [value for name, value in headers if name == "content-length"]
    if not lengths:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise MalformedRequest("Content-Length")
    return int(lengths[0])


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    global _dated  # noqa: PLW0603
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True))
    return _dated[1]
