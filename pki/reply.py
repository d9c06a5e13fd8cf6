"""An HTTP answer as a value, with its caching (RFC 9110, 13; RFC 9111)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

FRESH = timedelta(minutes=5)
"""How long a cache may keep an answer at most: a revocation is to be seen soon."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status line without the version, headers, body; of a HEAD request too."""

    status: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


def plain(status: str, text: str, *headers: tuple[str, str]) -> Reply:
    """Return a line of text, which no cache keeps."""
    kept = ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")
    return Reply(status, f"{text}\n".encode(), (*kept, *headers))


def not_allowed(*methods: str) -> Reply:
    """Return 405 with the *methods* that are allowed."""
    allowed = ", ".join(methods)
    return plain("405 Method Not Allowed", f"allowed: {allowed}", ("Allow", allowed))


def cached(
    body: bytes, content_type: str, *, modified: datetime, until: datetime | None, now: datetime
) -> Reply:
    """Return 200 with *body* that may be kept for five minutes, but not beyond *until*."""
    left = FRESH if until is None else max(min(FRESH, until - now), timedelta())
    seconds = int(left.total_seconds())
    control = f"max-age={seconds}, public, no-transform, must-revalidate" if seconds else "no-cache"
    headers = (
        ("Content-Type", content_type),
        ("Cache-Control", control),
        ("ETag", f'"{hashlib.sha256(body).hexdigest()[:32]}"'),
        ("Last-Modified", format_datetime(modified.astimezone(UTC), usegmt=True)),
    )
    return Reply("200 OK", body, headers)


def conditional(reply: Reply, environ: Mapping[str, Any]) -> Reply:
    """Return *reply*, or 304 without body if whoever asks has it."""
    headers = dict(reply.headers)
    wanted = environ.get("HTTP_IF_NONE_MATCH")
    if wanted is None:
        is_had = _is_as_old(headers["Last-Modified"], environ.get("HTTP_IF_MODIFIED_SINCE", ""))
    else:
        tags = {tag.strip().removeprefix("W/") for tag in str(wanted).split(",")}
        is_had = bool(tags & {"*", headers["ETag"]})
    if not is_had:
        return reply
    kept = tuple(header for header in reply.headers if header[0] != "Content-Type")
    return replace(reply, status="304 Not Modified", body=b"", headers=kept)


def _is_as_old(modified: str, since: str) -> bool:
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError, OverflowError):
        return False  # a date that is none is ignored (RFC 9110, 13.1.3)
