"""Requests, leaves and gateways for the tests of the API Gateway front."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from proxy import answers, events
from proxy.admission import Admission
from proxy.client_cert import ClientCert
from proxy.function import InProcess
from proxy.gateway import Gateway
from proxy.request import Call, Request, Settings
from proxy.response import Response
from proxy.throttle import Throttle
from tests import builders
from tests.builders import Holder

REST = Settings(
    base_path="/v1",
    domain_name="api.example.com",
    account_id="123456789012",
    api_id="a1b2c3d4e5",
    deployment_id="zyx987",
    resource_id="abc123",
)
HTTP_API = Settings(payload="2.0", stage="$default", base_path="/v1", domain_name="api.example.com")
CALL = Call(
    request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    extended_request_id="JKJaXmPLvHcESHA=",
    trace_id="Root=1-5e9f0c65-1de4d666d4dd26aced652b6c",
    time=datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
)
CLIENT_CERT = ClientCert(
    pem="-----BEGIN CERTIFICATE-----\nMIIEZTCCAk0CAQEwDQ...\n-----END CERTIFICATE-----\n",
    subject_dn="C=GB,ST=London,L=London,O=Example Ltd,CN=client-1",
    issuer_dn="C=GB,O=Example Ltd,CN=Example Issuing CA",
    serial_number="302651828373057198556217564450567695063",
    not_before="Aug  5 00:28:21 2026 GMT",
    not_after="Aug  5 00:28:21 2027 GMT",
)
HEADERS = (("Accept", "*/*"), ("Host", "api.example.com"), ("User-Agent", "curl/8.5.0"))


def request(
    target: str = "/v1/items/42",
    *more: tuple[str, str],
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = HEADERS,
    body: bytes = b"",
    client_cert: ClientCert | None = CLIENT_CERT,
) -> Request:
    return Request(method, target, (*headers, *more), body, "203.0.113.7", client_cert)


def event(made: Request, settings: Settings = REST) -> dict[str, Any]:
    found = events.event(made, settings, CALL)
    assert found is not None
    return found


def answered(
    payload: str | bytes, settings: Settings = REST, made: Request | None = None
) -> Response:
    data = payload.encode() if isinstance(payload, str) else payload
    return answers.response(data, made or request(), settings)


@cache
def root() -> Holder:
    return builders.authority()


@cache
def client() -> Holder:
    return builders.leaf(issuer=root())


@cache
def stranger() -> Holder:
    return builders.leaf(issuer=builders.authority(subject="CN=Nobody's Root,O=Test"))


def escaped(holder: Holder) -> str:
    """The leaf as nginx's $ssl_client_escaped_cert has it."""
    return quote(holder.pem, safe="")


def truststore(folder: Path, *holders: Holder) -> Path:
    path = folder / "truststore.pem"
    path.write_text(builders.bundle(*(holder.certificate for holder in holders or (root(),))))
    return path


def gateway(
    folder: Path,
    function: Callable[[Any, Any], Any],
    settings: Settings = REST,
    *,
    rate: float = 1e6,
    burst: int = 1_000_000,
    timeout: float = 20.0,
) -> Gateway:
    return Gateway(
        settings, Admission(truststore(folder)), Throttle(rate, burst), InProcess(function), timeout
    )


def later(**amount: float) -> datetime:
    return datetime.now(UTC) + timedelta(**amount)
