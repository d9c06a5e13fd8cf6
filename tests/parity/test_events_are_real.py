"""The event that reaches the function over a real connection is the golden one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proxy.client_cert import ClientCert
from proxy.events import event
from proxy.gateway import new_call
from proxy.request import Request as GatewayRequest
from proxy.request import Settings
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.parity import amazon, golden, running
from tests.parity.fronts import OverTls
from tests.parity.leaves import BEGAN, of
from tests.parity.message import HOST, Request
from tests.parity.table import REQUESTS

Event = dict[str, Any]
GOLDEN: Mapping[str, tuple[str, Request, Callable[[Event], Event]]] = {
    "a plain request to a REST API": ("1.0", golden.PLAIN, golden.rest_plain),
    "a full request to a REST API": ("1.0", golden.FULL, golden.rest_full),
    "a plain request to an HTTP API": ("2.0", golden.PLAIN, golden.http_plain),
    "a full request to an HTTP API": ("2.0", golden.FULL, golden.http_full),
}
#: Other in every request: by the last key, what it looks like and what stands for it.
VOLATILE = {
    "extendedRequestId": (r"[A-Za-z0-9+/]{15}=", "<22 characters>"),
    "requestId": (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<a UUID>"),
    "requestTime": (r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", "<as in logs>"),
    "requestTimeEpoch": (r"\d{13}", "<milliseconds>"),
}
VOLATILE |= {"time": VOLATILE["requestTime"], "timeEpoch": VOLATILE["requestTimeEpoch"]}
NEW_TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}")


@pytest.fixture(scope="module")
def recorders(pki: Pki, keep: Callable[[Holder], Files]) -> Iterator[Mapping[str, OverTls]]:
    """By payload: 9443 in front of a function that answers with its event."""
    with ExitStack() as stack:
        found = {}
        for payload in ("1.0", "2.0"):
            run = stack.enter_context(running.folder())
            options = ("--domain-name", HOST, "--base-path", "v1")
            invoke = "tests.parity.recording:handler"
            stack.enter_context(running.gateway(run, pki.truststore, invoke, payload, *options))
            nowhere = Path("/nowhere")
            ports = stack.enter_context(
                running.nginx(run, pki, pki.truststore, nowhere, run / "gateway.sock")
            )
            front = OverTls(payload, ports.api_gateway, pki.ca, keep)
            stack.callback(front.close)
            found[payload] = front
        yield found


@pytest.fixture(scope="module")
def client(issuing: Holder) -> Holder:
    return of("CN=a\\,b,O=Example,C=GB", serial_number=(1 << 158) + 5)(issuing)


def client_cert(client: Holder) -> Event:
    """In API Gateway's words: certificate order, decimal, OpenSSL's dates."""

    def date(day: Any) -> str:
        return f"{day:%b} {day.day:2} {day:%H:%M:%S %Y} GMT"

    return {
        "clientCertPem": client.pem,
        "subjectDN": "C=GB,O=Example,CN=a\\,b",
        "issuerDN": "O=Example,CN=Example Issuing CA",
        "serialNumber": str((1 << 158) + 5),
        "validity": {
            "notBefore": date(BEGAN),
            "notAfter": date(client.certificate.not_valid_after_utc),
        },
    }


def steady(made: Any, key: str = "", *, payload: str) -> Any:
    """*made* with what is volatile in it looked at and replaced."""
    if isinstance(made, dict):
        return {name: steady(value, name, payload=payload) for name, value in made.items()}
    if isinstance(made, list):
        return [steady(value, key, payload=payload) for value in made]
    if key.lower() == "x-amzn-trace-id" and made != golden.TRACE:
        assert NEW_TRACE.fullmatch(made)
        return "<a new trace>"
    if key == "requestId" and payload == "2.0":  # in the form of a REST API's extended one
        key = "extendedRequestId"
    if key in VOLATILE:
        shape, name = VOLATILE[key]
        assert re.fullmatch(shape, str(made)), (key, made)
        return name
    return made


@pytest.mark.parametrize("name", GOLDEN)
def test_the_gateway_makes_the_golden_event(
    recorders: Mapping[str, OverTls], client: Holder, name: str
) -> None:
    payload, request, make = GOLDEN[name]
    answer = recorders[payload].ask(request, client)
    assert answer.status == 200
    assert steady(answer.json(), payload=payload) == make(client_cert(client))


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_two_requests_have_ids_of_their_own(
    recorders: Mapping[str, OverTls], client: Holder, payload: str
) -> None:
    events = [recorders[payload].ask(golden.PLAIN, client).json() for _ in range(2)]
    ids = {event["requestContext"]["requestId"] for event in events}
    assert len(ids) == 2


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_the_suites_own_events_are_the_gateways(client: Holder, request_: Request) -> None:
    """amazon.py and proxy/events.py were written apart; what both of them say is the same."""
    cert = ClientCert.from_certificate(client.certificate)
    headers = tuple((n, v.encode("latin-1").decode(errors="replace")) for n, v in request_.fields)
    sent = GatewayRequest(
        request_.method, request_.target, headers, request_.body, amazon.SOURCE_IP, cert
    )
    call = new_call(BEGAN)
    rest = Settings(domain_name=HOST, binary_media_types=frozenset({"*/*"}))
    both = [
        (amazon.rest(request_, client), event(sent, rest, call)),
        (amazon.http_api(request_, client), event(sent, replace(rest, payload="2.0"), call)),
    ]
    for ours, made in both:
        assert made is not None
        assert ours == restricted(json.loads(json.dumps(made)), ours)


#: amazon.py says of these less than there is: of a leaf the PEM alone, of / nothing.
_ELSEWHERE = {"subjectDN", "issuerDN", "serialNumber", "validity", "pathParameters", "resource"}


def restricted(made: Any, wanted: Any) -> Any:
    """*made* without the keys that *wanted* has not."""
    if not isinstance(made, dict) or not isinstance(wanted, dict):
        return made
    return {
        key: wanted[key] if key in _ELSEWHERE else restricted(made[key], wanted[key])
        for key in wanted
        if key in made
    }
