"""Where CRLs come from: files and HTTP here, S3 in s3.py.

A source gives its bytes and a tag; who brings the tag back learns whether anything is new.
"""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from .crl import MAX_BYTES
from .fetched import TIMEOUT, Fetch, Fetched, SourceUnavailable

DEADLINE = 60.0  #: seconds for all of them
_NOT_MODIFIED = 304
_PIECE = 1 << 16


def source(entry: str) -> Fetch:
    """What brings the bytes of *entry*, one of RevocationSettings.sources."""
    scheme = urlsplit(entry).scheme
    if scheme in {"http", "https"}:
        return lambda tag: over_http(entry, tag)
    if scheme == "s3":
        from .s3 import over_s3  # noqa: PLC0415  (it needs boto3)

        return lambda tag: over_s3(entry, tag)
    return lambda tag: from_file(Path(entry), tag)


def shown(entry: str) -> str:
    """*entry* for the log: a URL may carry a password or a signature."""
    url = urlsplit(entry)
    if not url.scheme:
        return entry
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}"


def from_file(path: Path, tag: str) -> Fetched | None:
    """Read *path*, unless it is the file that it was."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            now = f"{status.st_dev}:{status.st_ino}:{status.st_mtime_ns}:{status.st_size}"
            return None if now == tag else Fetched(file.read(MAX_BYTES + 1), now)
    except OSError as error:
        raise SourceUnavailable(error.strerror or str(error)) from error


def over_http(url: str, tag: str) -> Fetched | None:
    """Get *url*; a proxy named in the environment is not asked."""
    request = urllib.request.Request(url, headers={"User-Agent": "revocation"})  # noqa: S310
    if tag:
        kind, _, value = tag.partition(" ")
        request.add_header("If-None-Match" if kind == "etag" else "If-Modified-Since", value)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _SameHost())
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            return Fetched(_whole(response), _tag(response))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _NOT_MODIFIED and tag:
            return None
        raise SourceUnavailable(f"it answered {error.code}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceUnavailable(str(error) or type(error).__name__) from error


def _whole(response: http.client.HTTPResponse) -> bytes:
    """Its body; read bit by bit, so that no trickle outlasts the deadline."""
    ends, pieces, size = time.monotonic() + DEADLINE, [], 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES:
            raise SourceUnavailable(f"more than {MAX_BYTES} bytes")
        if time.monotonic() > ends:
            raise SourceUnavailable(f"not complete after {DEADLINE:.0f} s")
    expected = response.headers.get("Content-Length", "")
    if expected.isdigit() and int(expected) != size:
        raise SourceUnavailable(f"{size} of {expected} bytes came")
    return b"".join(pieces)


def _tag(response: http.client.HTTPResponse) -> str:
    if etag := response.headers.get("ETag"):
        return f"etag {etag}"
    modified = response.headers.get("Last-Modified")
    return f"modified {modified}" if modified else ""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect within one scheme, host and port: whoever was named is asked."""

    max_redirections = 3

    def redirect_request(  # noqa: PLR0917  (as urllib calls it)
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """None to follow: then it is an HTTPError."""
        if urlsplit(req.full_url)[:2] != urlsplit(newurl)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)
