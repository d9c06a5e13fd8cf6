"""A request and an answer, as values that no front owns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tests.builders import Holder
from tests.parity.echo import encoded

HOST = "api.example.com"
TEST_CLIENT, ALB = "test client", "8443"
EVENT_1, EVENT_2, TARGET, TARGET_SINGLE = (
    "REST event",
    "HTTP API event",
    "ALB event",
    "ALB event (single values)",
)
GATEWAY, GATEWAY_2 = "9443", "9443 (payload 2.0)"
NAMES = (TEST_CLIENT, ALB, EVENT_1, EVENT_2, TARGET, TARGET_SINGLE, GATEWAY, GATEWAY_2)
Headers = tuple[tuple[str, str], ...]
#: Of the connection, not of the answer (RFC 9110, 7.6.1); lengths are seen in the body.
_FRAMING = frozenset({"connection", "keep-alive", "transfer-encoding"})


@dataclass(frozen=True)
class Request:
    """A request as a client sends it; header values are bytes as latin-1 characters."""

    name: str
    target: str = "/echo/"
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def sent(self) -> Headers:
        """What goes on the wire."""
        length = (("Content-Length", str(len(self.body))),) if self.body else ()
        return (("Host", HOST), *self.headers, *length)

    @property
    def fields(self) -> Headers:
        """What a reader makes of it: blanks around a value are none of it (RFC 9110, 5.5)."""
        return tuple((name, value.strip(" \t")) for name, value in self.sent)

    def header(self, name: str) -> list[str]:
        return [value for sent, value in self.headers if sent.lower() == name]


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower-case name → values) and body: all that is compared."""

    status: int
    headers: dict[str, tuple[str, ...]]
    body: bytes

    def with_header(self, name: str, *values: str) -> Answer:
        """The same with this header; without *values*, without it."""
        others = {n: v for n, v in self.headers.items() if n != name}
        return replace(self, headers=others | ({name: values} if values else {}))

    def echoing(self, **changes: Any) -> Answer:
        """The same, the echo in its body changed."""
        return replace(self, body=encoded(json.loads(self.body) | changes))

    @property
    def is_echo(self) -> bool:
        return self.body.startswith(b'{"method": ')

    def json(self) -> Any:
        return json.loads(self.body)


def answer(method: str, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
    found: dict[str, tuple[str, ...]] = {}
    for sent, value in headers:
        name = sent.lower()
        if name in _FRAMING or (name == "content-length" and method != "HEAD"):
            continue
        found[name] = (*found.get(name, ()), value)
    if "allow" in found:  # a set (RFC 9110, 10.2.1), which Flask writes in any order
        found["allow"] = (", ".join(sorted(found["allow"][0].split(", "))),)
    return Answer(status, found, body)


class Front(Protocol):
    """One way to the application."""

    name: str

    def ask(self, request: Request, client: Holder) -> Answer: ...


def unlike(expected: Answer, got: Answer) -> list[str]:
    """What differs, in words; nothing if the two are equal."""
    found = []
    if expected.status != got.status:
        found.append(f"status {got.status}, expected {expected.status}")
    for name in sorted({*expected.headers, *got.headers}):
        was, is_ = expected.headers.get(name), got.headers.get(name)
        if was != is_:
            found.append(f"header {name} is {is_}, expected {was}"[:400])
    if expected.is_echo and got.is_echo:
        here, there = expected.json(), got.json()
        found += [
            f"{k} {there[k]!r:.300}, expected {here[k]!r:.300}" for k in here if here[k] != there[k]
        ]
    elif expected.body != got.body:
        found.append(f"body {got.body[:200]!r}, expected {expected.body[:200]!r}")
    return found
