"""What API Gateway knows when it makes an event: the request, its settings, the call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .client_cert import MONTHS, ClientCert

Payload = Literal["1.0", "2.0"]
Headers = tuple[tuple[str, str], ...]

_ROOT = re.compile(r"(?:^|;)Root=1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}(?:;|$)")


@dataclass(frozen=True, slots=True)
class Settings:
    """An API behind a custom domain: 1.0 is a REST API, 2.0 an HTTP API."""

    payload: Payload = "1.0"
    stage: str = "prod"
    base_path: str = ""  #: of the domain's mapping, such as "/v1", or ""
    domain_name: str = "localhost"
    binary_media_types: frozenset[str] = frozenset()  #: lower case
    account_id: str = "123456789012"
    api_id: str = "a1b2c3d4e5"
    deployment_id: str = "zyx987"
    resource_id: str = "abc123"  #: of /{proxy+}
    root_resource_id: str = "def456"  #: of /

    @property
    def is_rest(self) -> bool:
        """Whether this is a REST API."""
        return self.payload == "1.0"

    def is_binary(self, media_type: str) -> bool:
        """Whether `binaryMediaTypes` has *media_type*; its parameters do not count."""
        if "*/*" in self.binary_media_types:
            return True
        return media_type.partition(";")[0].strip().lower() in self.binary_media_types


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a client that has been let in."""

    method: str
    target: str  #: path and query as sent
    headers: Headers  #: as sent
    body: bytes
    source_ip: str  #: who opened the connection
    client_cert: ClientCert | None

    @property
    def path(self) -> str:
        """The path as sent, undecoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as sent, undecoded, without "?"."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The last value of the header *name* (in lower case)."""
        return last(self.headers, name)


@dataclass(frozen=True, slots=True)
class Call:
    """What API Gateway adds of its own to a request."""

    request_id: str
    extended_request_id: str
    trace_id: str  #: "Root=1-…", if the client brings none
    time: datetime  #: aware, UTC

    @property
    def clf_time(self) -> str:
        """The time in the Common Log Format, English in every locale."""
        at = self.time
        date = f"{at.day:02}/{MONTHS[at.month - 1]}/{at.year}"
        return f"{date}:{at.hour:02}:{at.minute:02}:{at.second:02} +0000"

    @property
    def epoch_ms(self) -> int:
        """The time in milliseconds since 1970."""
        return int(self.time.timestamp() * 1000)


def last(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The last value of the header *name* (in lower case)."""
    found = None
    for sent, value in headers:
        if sent.lower() == name:
            found = value
    return found


def trace_id(request: Request, call: Call) -> str:
    """The client's own trace if it has a Root, else a new one (UNCONFIRMED on AWS)."""
    sent = request.header("x-amzn-trace-id")
    return sent if sent and _ROOT.search(sent) else call.trace_id


def below_base_path(path: str, base_path: str) -> str | None:
    """What of *path* follows *base_path*, with its "/"; None if the mapping does not match."""
    if not (path == base_path or path.startswith(f"{base_path}/")):
        return None
    return path[len(base_path) :] or "/"
