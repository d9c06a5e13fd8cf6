"""The vectors of tests/vectors/identity_headers as headers, and as events of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.builders import Files, Holder
from tests.e2e import vectors, wire
from tests.e2e.vectors import Vector
from tests.e2e.wire import Answer
from tests.parity import amazon
from tests.parity.amazon import Event
from tests.parity.message import Request

FOLDERS = ("http1", "http2", "trusted_peer", "untrusted_peer")
#: Every vector, with its folder.
VECTORS = [(folder, vector) for folder in FOLDERS for vector in vectors.load(folder)]
LEAF = "x-amzn-mtls-clientcert-leaf"
WHOAMI = Request("whoami", "/whoami")
#: Of the connection: in no event.
_NOT_FORGED = frozenset({"host", "connection", "transfer-encoding", "content-length"})
Headers = list[tuple[str, str]]


def forged(folder: str, vector: Vector, values: Mapping[str, str]) -> Headers:
    """The headers that the attack brings, trailers and all, however malformed."""
    if folder == "http2":
        headers, _, trailers = vector.as_headers(values)
        found = [(name, value) for name, value in (*headers, *trailers) if name[:1] != ":"]
    else:
        _, *lines = vector.as_bytes(values).decode("latin-1").replace("\r\n", "\n").split("\n")
        parted = (line.partition(":") for line in lines)
        found = [(name, value.removeprefix(" ")) for name, colon, value in parted if colon]
    return [(name, value) for name, value in found if name.lower() not in _NOT_FORGED]


def _rest(headers: Headers, client: Holder) -> Event:
    made = amazon.rest(WHOAMI, client)
    for name, value in headers:
        made["headers"][name] = value
        made["multiValueHeaders"].setdefault(name, []).append(value)
    return made


def _rest_single(headers: Headers, client: Holder) -> Event:
    return _rest(headers, client) | {"multiValueHeaders": None}


def _http_api(headers: Headers, client: Holder) -> Event:
    made = amazon.http_api(WHOAMI, client)
    made["headers"] |= {name.lower(): value for name, value in headers} | dict(headers)
    return made


def _http_api_1(headers: Headers, client: Holder) -> Event:
    return _rest(headers, client) | {"version": "1.0"}


def _alb(headers: Headers, client: Holder) -> Event:
    made = amazon.alb(WHOAMI, client)
    for name, value in headers:
        made["multiValueHeaders"].setdefault(name, []).append(value)
    return made


def _alb_single(headers: Headers, client: Holder) -> Event:
    made = amazon.alb(WHOAMI, client, multi=False)
    # ALB sets the honest one, under its own name.
    made["headers"] = dict(headers) | made["headers"]
    return made


Forge = Callable[[Headers, Holder], Event]
API_GATEWAY: Mapping[str, Forge] = {
    "REST": _rest,
    "REST, headers alone": _rest_single,
    "HTTP API 1.0": _http_api_1,
    "HTTP API 2.0": _http_api,
}
TARGET: Mapping[str, Forge] = {"ALB": _alb, "ALB, single values": _alb_single}


def without_client_cert(event: Event) -> Event:
    context = event["requestContext"]
    context.get("identity", {}).pop("clientCert", None)
    context.pop("authentication", None)
    return event


def asking(vector: Vector, path: str) -> Vector:
    """The same attack on *path*."""
    return replace(vector, request=vector.request.replace("/whoami", path))


def send(
    port: int, ca: Path, files: Files | None, attack: tuple[str, Vector], values: Mapping[str, str]
) -> list[Answer]:
    """What comes back to the attack, of a folder, over the wire."""
    folder, vector = attack
    if folder != "http2":
        return wire.answers(wire.exchange(port, wire.tls(ca, files), vector.as_bytes(values)))
    answer = wire.ask_h2(
        port,
        wire.tls(ca, files, alpn=["h2"]),
        *vector.as_headers(values),
        # nginx closes no HTTP/2 connection whose only stream it gave up.
        patience=wire.PATIENCE if files else 0.2,
    )
    return [] if answer is None else [answer]


def cases() -> Iterator[tuple[str, str, Vector]]:
    for folder, vector in VECTORS:
        yield f"{folder}/{vector.name}", folder, vector
