"""The same forgeries over the wire, at the API Gateway front."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e import wire
from tests.e2e.vectors import Cast, Vector
from tests.e2e.wire import Answer
from tests.parity import forgeries
from tests.parity.decisions import FORBIDDEN
from tests.parity.fronts import OverTls
from tests.parity.message import GATEWAY, GATEWAY_2

Send = Callable[[str, str, Vector, Holder | None], list[Answer]]
CASES = list(forgeries.cases())
each = pytest.mark.parametrize(
    ("folder", "vector"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
at_both = pytest.mark.parametrize("front", [GATEWAY, GATEWAY_2])
HONEST = Vector("honest", "none", ("as-sender",), wire.WHOAMI.decode().replace("\r\n", "\n"))
#: What API Gateway itself says of a request that it cannot read.
UNREADABLE = {400, 413, 414, 431}
#: Where 9443 answers an admitted client by itself, and 8443 hands on: rows of differences.py.
OTHERWISE = {
    (GATEWAY, "method-override"): 405,
    (GATEWAY_2, "leaf-15-k"): 431,
    (GATEWAY_2, "leaf-large"): 431,
}


@pytest.fixture(scope="module")
def send(
    real: Mapping[str, OverTls], pki: Pki, cast: Cast, keep: Callable[[Holder], Files]
) -> Send:
    def ask(front: str, folder: str, vector: Vector, client: Holder | None) -> list[Answer]:
        files = keep(client) if client else None
        return forgeries.send(real[front].port, pki.ca, files, (folder, vector), cast.values)

    return ask


def fingerprint(client: Holder) -> str:
    return client.certificate.fingerprint(SHA256()).hex()


@each
@at_both
def test_over_9443_a_forgery_never_changes_who_the_sender_is(
    send: Send, billing: Holder, front: str, folder: str, vector: Vector
) -> None:
    got = send(front, folder, vector, billing)
    statuses = {answer.status for answer in got}
    for answer in got:
        if answer.status == 200:
            assert answer.json()["fingerprint"] == fingerprint(billing)
    if vector.expect == ("as-sender",):
        assert statuses == {OTHERWISE.get((front, vector.name), 200)}
    assert statuses <= {200, 400, 404, 405, 431}, got
    (honest,) = send(front, "http1", HONEST, billing)
    assert honest.json()["fingerprint"] == fingerprint(billing)


@each
def test_over_9443_a_forgery_lets_nobody_in(
    send: Send, cast: Cast, folder: str, vector: Vector
) -> None:
    assert send(GATEWAY, folder, vector, None) == []
    for answer in send(GATEWAY, folder, vector, cast.stranger):
        assert (answer.status, answer.body) == (403, FORBIDDEN), answer
    for answer in send(GATEWAY, folder, vector, cast.outsider):
        assert answer.status in {403, 404, 501, 502, *UNREADABLE}, answer
    (honest,) = send(GATEWAY, "http1", HONEST, cast.other_client)
    assert honest.json()["fingerprint"] == fingerprint(cast.other_client)
