"""Pairs of certificate and truststore, and what the running fronts say of them."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e import wire
from tests.parity import running
from tests.unit.pki.fronts import STORE, Client
from tests.unit.pki.test_acceptance import LEAVES
from tests.unit.pki.test_acceptance_paths import CHAINS

FORBIDDEN = b'{"message":"Forbidden"}'
ACCEPTED, REFUSED, BY_THE_SERVICE = "accepted", "refused", "refused by the service"
CLOSED = "closed"


@dataclass(frozen=True)
class Pair:
    """*codes*: of decide(), for API Gateway and for ALB; "" for accepted."""

    name: str
    client: Client
    codes: tuple[str, str]

    @property
    def truststore(self) -> str:
        return builders.bundle(*(holder.certificate for holder in self.client.truststore))


def pairs() -> list[Pair]:
    """Those of the unit tests whose leaf comes with its key, so that it can be presented."""
    leaves = [Pair(f"leaf: {n}", Client(make()), codes) for n, (make, codes) in LEAVES.items()]
    chains = [Pair(f"chain: {n}", make(), codes) for n, (make, codes) in CHAINS.items()]
    return [pair for pair in (*leaves, *chains) if pair.truststore and _has_its_key(pair.client)]


def by_truststore(found: Iterable[Pair]) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for pair in found:
        groups.setdefault(pair.truststore, []).append(pair)
    assert builders.bundle(*(holder.certificate for holder in STORE)) in groups
    return groups


def _has_its_key(client: Client) -> bool:
    holder = client.holder
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        return holder.certificate.public_key().public_bytes(*form) == (
            holder.key.public_key().public_bytes(*form)
        )
    except (ValueError, UnsupportedAlgorithm):
        return False


@dataclass(frozen=True)
class Said:
    """ACCEPTED, REFUSED, BY_THE_SERVICE or CLOSED; and the reason, if there is one."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Running:
    """Both fronts with one truststore."""

    ports: running.Ports
    gateway: running.Program
    ca: Path

    def alb(self, client: Files) -> Said:
        """Closed without a byte, or handed on, and then the service says something too."""
        answer = wire.ask(self.ports.alb, wire.tls(self.ca, client))
        if answer is None:
            return Said(REFUSED)
        if answer.status == 200 or answer.problem == "certificate-not-allowed":
            return Said(ACCEPTED)
        return Said(BY_THE_SERVICE, answer.problem)

    def api_gateway(self, client: Files) -> Said:
        """403, and the reason in the log; or whatever the function says."""
        before = self.gateway.log.stat().st_size
        answer = wire.ask(self.ports.api_gateway, wire.tls(self.ca, client))
        if answer is None:
            return Said(CLOSED)
        logged = self.gateway.log.read_bytes()[before:].decode()
        if answer.status == 200:
            assert "Access denied" not in logged
            return Said(ACCEPTED)
        assert (answer.status, answer.body) == (403, FORBIDDEN)
        assert answer.headers["x-amzn-errortype"] == "ForbiddenException"
        _, _, reason = logged.partition("Access denied. Reason: ")
        return Said(REFUSED, reason.partition("\n")[0])


@contextmanager
def fronts(pki: Pki, service: Path, truststore: str) -> Iterator[Running]:
    """nginx and the gateway with *truststore*, before a service that runs already."""
    with ExitStack() as stack:
        run_dir = stack.enter_context(running.folder())
        path = run_dir / "truststore.pem"
        path.write_text(truststore)
        gateway = stack.enter_context(
            running.gateway(run_dir, path, "tests.parity.constant:handler")
        )
        socket = run_dir / "gateway.sock"
        ports = stack.enter_context(running.nginx(run_dir, pki, path, service, socket))
        yield Running(ports, gateway, pki.ca)


def presented(client: Client, folder: Path) -> Files | None:
    """Its files; None if OpenSSL on the client's own side does not take them."""
    sent = tuple(holder.certificate for holder in client.sent)
    holder = Holder(client.holder.certificate, client.holder.key, sent)
    files = builders.write(folder, "client", holder)
    try:
        wire.tls(files.pem, files)
    except ssl.SSLError:
        return None
    return files
