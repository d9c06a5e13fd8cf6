"""One deliberate fault in each seam, and the comparison must fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

import pytest

from proxy import answers
from proxy.request import Settings
from service import lambda_event, sources
from tests.builders import Holder
from tests.conftest import Pki
from tests.parity.differences import expected, without_added
from tests.parity.fronts import GatewayHere, respond
from tests.parity.leaves import of
from tests.parity.message import (
    EVENT_1,
    EVENT_2,
    GATEWAY,
    GATEWAY_2,
    TARGET,
    TEST_CLIENT,
    Front,
    Request,
    unlike,
)
from tests.parity.table import REQUESTS

TABLE = {request.name: request for request in REQUESTS}


@pytest.fixture(scope="module")
def seams(here: Mapping[str, Front], pki: Pki) -> Mapping[str, Front]:
    """Fronts in this process, where a fault can be put in; the gateway too."""
    rest = Settings(binary_media_types=frozenset({"*/*"}))
    both = ((GATEWAY, rest), (GATEWAY_2, Settings("2.0", "$default")))
    gateways = {name: GatewayHere(name, settings, pki.truststore) for name, settings in both}
    return {**here, **gateways}


def bitten(seams: Mapping[str, Front], front: str, request: Request, client: Holder) -> list[str]:
    """What the comparison of test_same_answer.py finds at *front*."""
    wanted = expected(front, request, seams[TEST_CLIENT].ask(request, client))
    return unlike(wanted, without_added(front, seams[front].ask(request, client), wanted))


@pytest.mark.parametrize("front", [GATEWAY, GATEWAY_2])
@pytest.mark.parametrize("name", ["GET without a body", "answer: 401", "body: JSON"])
def test_without_a_fault_nothing_is_found(
    seams: Mapping[str, Front], billing: Holder, front: str, name: str
) -> None:
    assert bitten(seams, front, TABLE[name], billing) == []


def test_a_plus_that_becomes_a_blank_is_found(
    seams: Mapping[str, Front], issuing: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = of("CN=plus")(issuing)
    while "+" not in client.pem:
        client = of("CN=plus")(issuing)
    whoami = TABLE["answer: who am I"]
    right = seams[TEST_CLIENT].ask(whoami, client)
    assert unlike(right, seams[TARGET].ask(whoami, client)) == []
    monkeypatch.setattr(sources, "unquote", unquote_plus)
    # Another leaf: the service remembers those that it has read.
    other = of("CN=other")(issuing)
    while "+" not in other.pem:
        other = of("CN=other")(issuing)
    assert seams[TARGET].ask(whoami, other).status == 400


def test_the_left_end_of_x_forwarded_for_is_found(
    seams: Mapping[str, Front], billing: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = TABLE["header: a forged address"]
    assert bitten(seams, TARGET, request, billing) == []
    right = lambda_event._alb

    def left(event: Any) -> lambda_event.Request:
        read = right(event)
        return replace(read, remote_addr=read.headers["x-forwarded-for"].partition(",")[0])

    monkeypatch.setattr(lambda_event, "_alb", left)
    found = bitten(seams, TARGET, request, billing)
    assert found == ["remote_addr '6.6.6.6', expected '127.0.0.1'"]


@pytest.mark.parametrize("front", [EVENT_1, EVENT_2, TARGET, GATEWAY, GATEWAY_2])
def test_headers_in_a_dict_are_found(
    seams: Mapping[str, Front], billing: Holder, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    request = TABLE["answer: cookies by Flask"]
    assert bitten(seams, front, request, billing) == []
    seam = respond().__globals__
    right = seam["answer"]
    monkeypatch.setitem(
        seam,
        "answer",
        lambda kind, status, headers, body: right(kind, status, dict(headers).items(), body),
    )
    (found,) = bitten(seams, front, request, billing)
    assert found.startswith("header set-cookie")


@pytest.mark.parametrize("front", [EVENT_1, TARGET])
def test_request_headers_in_a_dict_are_found(
    seams: Mapping[str, Front], billing: Holder, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    request = TABLE["header: repeated"]
    assert bitten(seams, front, request, billing) == []
    right = lambda_event._joined
    monkeypatch.setattr(lambda_event, "_joined", lambda pairs: right(dict(pairs).items()))
    (found,) = bitten(seams, front, request, billing)
    assert found.startswith("headers")


@pytest.mark.parametrize("front", [GATEWAY, GATEWAY_2])
@pytest.mark.parametrize("name", sorted(answers._REMAPPED - {"connection"}))
def test_a_skipped_remap_is_found(
    seams: Mapping[str, Front],
    billing: Holder,
    monkeypatch: pytest.MonkeyPatch,
    front: str,
    name: str,
) -> None:
    monkeypatch.setattr(answers, "_REMAPPED", answers._REMAPPED - {name})
    assert [request for request in REQUESTS if bitten(seams, front, request, billing)]


@pytest.mark.parametrize("front", [EVENT_2, GATEWAY_2])
def test_a_path_decoded_twice_is_found(
    seams: Mapping[str, Front], billing: Holder, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    request = TABLE["path /echo/%2541"]
    assert bitten(seams, front, request, billing) == []
    right = lambda_event._payload_2
    monkeypatch.setattr(
        lambda_event,
        "_payload_2",
        lambda event, context: replace(
            right(event, context), path=lambda_event._decoded(event["rawPath"])
        ),
    )
    assert "path '/echo/A', expected '/echo/%41'" in bitten(seams, front, request, billing)


@pytest.mark.parametrize("front", [EVENT_1, GATEWAY, TARGET])
def test_a_path_not_decoded_is_found(
    seams: Mapping[str, Front], billing: Holder, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    monkeypatch.setattr(lambda_event, "_decoded", lambda_event._as_wsgi)
    assert bitten(seams, front, TABLE["path /echo/a%2Bb"], billing)
