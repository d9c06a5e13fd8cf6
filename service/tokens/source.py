"""Where the issuer's JWK Set comes from: a file, or an https URL."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

MAX_BYTES = 256 * 1024  #: a large issuer's has 20 KB
TIMEOUT = 3.0  #: seconds without a byte
DEADLINE = 5.0  #: seconds for all of it
#: Seconds that keys are kept, where the issuer says nothing, and whatever it says.
TTL, SHORTEST, LONGEST = 300.0, 60.0, 3600.0
_AGAIN = 0.2
_PIECE = 1 << 16
_OK = 200


class Unavailable(Exception):
    """Nothing came, or not all: says why, for the log."""


@dataclass(frozen=True, slots=True)
class Document:
    """What came, and for how many seconds it counts as new."""

    data: bytes
    ttl: float


@dataclass(frozen=True, slots=True)
class Source:
    """fetch raises Unavailable; every: seconds from one fetch to the next at least."""

    fetch: Callable[[], Document]
    every: float
    is_slow: bool  #: it waits for somebody else


def source(place: str, *, is_url: bool) -> Source:
    """Return what brings TOKEN_JWKS."""
    if is_url:
        return Source(lambda: over_http(place), every=10.0, is_slow=True)
    return Source(lambda: from_file(place), every=1.0, is_slow=False)


def from_file(path: str) -> Document:
    """Read the file; it is looked at again after a second."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unavailable(getattr(error, "strerror", None) or str(error)) from error
    return Document(_bounded(data), 1.0)


def over_http(url: str) -> Document:
    """Get *url* itself: no redirect is followed, and no proxy of the environment asked."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    ends = time.monotonic() + DEADLINE
    try:
        with _connection(parts) as connection:
            headers = {"Accept": "application/jwk-set+json, application/json"}
            connection.request("GET", path, headers={**headers, "User-Agent": "jwks"})
            with connection.getresponse() as response:
                if response.status != _OK:
                    raise Unavailable(f"it answered {response.status}; no redirect is followed")
                data = _whole(response, ends)
                return Document(data, ttl(response.getheader("Cache-Control") or ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(str(error) or type(error).__name__) from error


def ttl(cache_control: str) -> float:
    """How long an answer counts (RFC 9111, 5.2.2): not for ever, and not for one request."""
    found = re.search(r"(?:^|[\s,])max-age=\"?(\d{1,9})\b", cache_control, re.IGNORECASE)
    if re.search(r"\bno-(store|cache)\b", cache_control, re.IGNORECASE):
        return SHORTEST
    return min(max(float(found[1]) if found else TTL, SHORTEST), LONGEST)


class _Connection(http.client.HTTPConnection):
    """Keeps its socket where _cut finds it: during the handshake, and while an answer is read.

    Of http.client, HTTPSConnection sets its own after the handshake, and forgets it as soon as the
    answer says that it is the last.
    """

    opened: socket.socket | None = None

    def __init__(self, url: SplitResult) -> None:
        self._tls = url.scheme == "https"
        self.default_port = 443 if self._tls else 80  # which the Host header leaves out
        super().__init__(url.hostname or "", url.port or self.default_port, timeout=TIMEOUT)

    def connect(self) -> None:
        super().connect()
        self.opened = self.sock
        if self._tls:
            context = ssl.create_default_context()
            tls = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self.opened = tls
            tls.do_handshake()


@contextlib.contextmanager
def _connection(url: SplitResult) -> Iterator[http.client.HTTPConnection]:
    """A connection that ends after DEADLINE, however slowly something comes."""
    made, over = _Connection(url), threading.Event()
    threading.Thread(target=_cut, args=(made, over), daemon=True, name="jwks-guard").start()
    try:
        yield made
    finally:
        over.set()
        made.close()


def _cut(connection: _Connection, over: threading.Event) -> None:
    """Wake whoever reads from it after DEADLINE: closing alone would not."""
    wait = DEADLINE
    while not over.wait(wait):
        wait = _AGAIN
        if connection.opened is not None:
            with contextlib.suppress(OSError):
                connection.opened.shutdown(socket.SHUT_RDWR)


def _whole(response: http.client.HTTPResponse, ends: float) -> bytes:
    """Its body; Unavailable if it is too long, or not there by *ends*."""
    data = b""
    while piece := response.read1(_PIECE):
        data = _bounded(data + piece)
    if time.monotonic() > ends:  # it was cut: what has no Content-Length looks whole
        raise Unavailable(f"not complete after {DEADLINE:.0f} s")
    expected = response.headers.get("Content-Length", "")
    if expected.isdigit() and int(expected) != len(data):
        raise Unavailable(f"{len(data)} of {expected} bytes came")
    return data


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise Unavailable(f"more than {MAX_BYTES} bytes")
    return data
