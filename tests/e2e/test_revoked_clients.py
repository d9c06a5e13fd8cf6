"""A client is revoked while the stack runs: real gunicorn behind real nginx."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from stack.native import NativeStack
from tests import builders, crls
from tests.builders import Files, Holder
from tests.conftest import Pki, settings, started
from tests.e2e import wire
from tests.e2e.wire import Answer

Keep = Callable[[Holder], Files]
DAY = timedelta(days=1)


@dataclass
class Revoking:
    """A stack whose service asks, and the file in which it looks."""

    stack: NativeStack
    source: Path
    issuing: Holder
    number: int = 0

    def publish(self, *serial_numbers: int) -> None:
        """The next CRL, put there as a whole."""
        self.number += 1
        data = crls.crl(self.issuing, serial_numbers, number=self.number)
        self.put(crls.pem(data))

    def put(self, data: bytes) -> None:
        partial = self.source.with_suffix(".part")
        partial.write_bytes(data)
        partial.replace(self.source)

    def ask(
        self, pki: Pki, client: Files, request: bytes = wire.WHOAMI, port: int | None = None
    ) -> Answer:
        port = port or self.stack.settings.alb_port
        answer = wire.ask(port, wire.tls(pki.ca, client), request)
        assert answer is not None
        return answer


@pytest.fixture(scope="module", params=["verify", "passthrough"])
def revoking(
    pki: Pki,
    issuing: Holder,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Revoking]:
    source = tmp_path_factory.mktemp("crl") / "crl.pem"
    index = tmp_path_factory.mktemp("index")
    wanted = settings(pki, tmp_path_factory.mktemp("run"), request.param)
    wanted = replace(
        wanted,
        inherited={
            **wanted.inherited,
            "REVOCATION_CRLS": str(source),
            "REVOCATION_REFRESH": "1s",
            "REVOCATION_INDEX": str(index),
            "TRUSTSTORE": str(pki.truststore),
            "WORKERS": "2",
        },
    )
    revoking = Revoking(NativeStack(wanted), source, issuing)
    revoking.publish()
    for _ in started(wanted):
        yield revoking


def until(true: Callable[[], bool]) -> None:
    """Wait until it is, and stays: two workers look for themselves."""
    deadline = time.monotonic() + 3 * wire.PATIENCE
    in_a_row = 0
    while in_a_row < 20:
        in_a_row = in_a_row + 1 if true() else 0
        assert time.monotonic() < deadline


def health(revoking: Revoking, pki: Pki, client: Files) -> str:
    request = wire.WHOAMI.replace(b"/whoami", b"/health")
    return str(revoking.ask(pki, client, request).json()["revocation"]["state"])


def test_a_client_is_refused_once_it_is_revoked(
    revoking: Revoking, pki: Pki, issuing: Holder, billing: Files, keep: Keep
) -> None:
    leaf = builders.leaf(issuer=issuing)
    client = keep(leaf)
    assert revoking.ask(pki, client).status == 200
    revoking.publish(leaf.certificate.serial_number)
    until(lambda: revoking.ask(pki, client).status == 403)
    answer = revoking.ask(pki, client)
    assert answer.problem == "certificate-revoked"
    assert set(answer.json()) == {"type", "title", "status"}
    gateway = revoking.stack.settings.api_gateway_port
    until(lambda: revoking.ask(pki, client, port=gateway).body == answer.body)
    for port in (None, gateway):
        assert revoking.ask(pki, billing, port=port).status == 200
    assert health(revoking, pki, billing) == "fresh"


def test_what_is_wrong_with_a_crl_is_in_the_log_and_the_last_one_stays(
    revoking: Revoking, pki: Pki, issuing: Holder, billing: Files, keep: Keep
) -> None:
    leaf = builders.leaf(issuer=issuing)
    client = keep(leaf)
    revoking.publish(leaf.certificate.serial_number)
    until(lambda: revoking.ask(pki, client).status == 403)
    until(lambda: revoking.ask(pki, billing).status == 200)
    log = revoking.stack.settings.run_dir / "service.log"
    forger = builders.authority(subject=issuing.certificate.subject.rfc4514_string())
    for wrong, why in (
        (crls.crl(forger, [], number=1000), "did not sign it"),
        (crls.crl(issuing, [], number=0), "its number is 0"),
        (crls.crl(issuing, [], number=1000, next_update=crls.NOW - DAY), "expired"),
    ):
        revoking.put(crls.pem(wrong))
        until(lambda why=why: why in log.read_text())  # type: ignore[misc]
        assert revoking.ask(pki, client).problem == "certificate-revoked"
        assert revoking.ask(pki, billing).status == 200
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"problems"' in line]
    assert all(set(line) == {"time", "revocation", "problems"} for line in lines)
    revoking.publish(leaf.certificate.serial_number)


def test_no_request_fails_while_the_index_is_exchanged(
    revoking: Revoking, pki: Pki, issuing: Holder, billing: Files, keep: Keep
) -> None:
    revoked = builders.leaf(issuer=issuing)
    client = keep(revoked)
    serials = [revoked.certificate.serial_number]
    revoking.publish(*serials)
    until(lambda: revoking.ask(pki, client).status == 403)
    until(lambda: revoking.ask(pki, billing).status == 200)
    for extra in range(30):
        serials.append(10_000 + extra)
        revoking.publish(*serials)
        assert revoking.ask(pki, billing).status == 200
        assert revoking.ask(pki, client).problem == "certificate-revoked"
