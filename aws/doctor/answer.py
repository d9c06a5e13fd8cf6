"""An HTTP answer, read from what has come so far (RFC 9112). Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LARGEST_HEAD = 64 * 1024  #: ALB sends 32 K of headers at most, API Gateway 10 K
LARGEST_BODY = 64 * 1024  #: what is beyond is not read
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])(?: [^\r\n]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?\r\n")
_BODILESS = {204, 304}
_BLANK_LINE = b"\r\n\r\n"
_SUCCESS, _REDIRECT = range(200, 300), range(300, 400)


class NoHttp(ValueError):
    """What has come is no answer of HTTP/1.1, or its head is too large to be one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; *is_whole*: its body has come to its end, or far enough."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()  #: names in lower case
    body: bytes = b""
    is_whole: bool = True

    def header(self, name: str) -> str:
        """Return the first header *name* (in lower case), "" if there is none."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def is_success(self) -> bool:
        """Whether it is 2xx."""
        return self.status in _SUCCESS

    @property
    def is_redirect(self) -> bool:
        """Whether it sends the client elsewhere."""
        return self.status in _REDIRECT and bool(self.header("location"))

    @property
    def date(self) -> datetime | None:
        """Return what the server's clock says, if it says so."""
        try:
            date = parsedate_to_datetime(self.header("date"))
        except (ValueError, TypeError, OverflowError):
            return None
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)

    @property
    def object(self) -> Mapping[str, Any]:
        """Return the body, if it is a JSON object."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def message(self) -> str:
        """Return API Gateway's words, which are in the member message, or Message."""
        found = self.object.get("message", self.object.get("Message", ""))
        return found if isinstance(found, str) else ""


def read(received: bytes, *, is_ended: bool = False) -> Answer | None:
    """Return the answer in *received*, with what of its body is there; None: the head is not.

    *is_ended*: nothing more will come, which is what ends a body without a length. NoHttp.
    """
    start = 0
    while True:
        end = received.find(_BLANK_LINE, start)
        if (len(received) if end < 0 else end) > LARGEST_HEAD:
            raise NoHttp(f"its headers are larger than {LARGEST_HEAD // 1024} KiB")
        if end < 0:
            _require_http(received[start:])
            return None
        status, headers = _head(received[start:end])
        start = end + len(_BLANK_LINE)
        if status >= 200:  # noqa: PLR2004  (before it: interim answers, RFC 9110, 15.2)
            break
    body = received[start:]
    content, is_whole = _body(status, dict(headers), body, is_ended=is_ended)
    return Answer(status, headers, content[:LARGEST_BODY], is_whole or len(body) > LARGEST_BODY)


def _require_http(received: bytes) -> None:
    start = b"HTTP/1."
    if received[: len(start)] != start[: len(received)]:
        raise NoHttp(f"it says {received[:40]!r}")


def _head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    line, *fields = head.split(b"\r\n")
    matched = _STATUS_LINE.fullmatch(line)
    if not matched:
        raise NoHttp(f"its status line is {line[:40]!r}")
    headers = []
    for field in fields:
        found = _HEADER.fullmatch(field)
        if not found:
            raise NoHttp(f"it has the header {field[:40]!r}")
        headers.append((found[1].decode().lower(), found[2].decode("latin-1")))
    return int(matched[1]), tuple(headers)


def _body(
    status: int, headers: Mapping[str, str], body: bytes, *, is_ended: bool
) -> tuple[bytes, bool]:
    if status in _BODILESS:
        return b"", True
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _dechunked(body)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return body[: int(length[:18])], len(body) >= int(length[:18])
    return body, is_ended


def _dechunked(body: bytes) -> tuple[bytes, bool]:
    found, at = b"", 0
    while size := _SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            return found, True
        start = size.end()
        found += body[start : start + length]
        at = start + length + 2
    return found, False
