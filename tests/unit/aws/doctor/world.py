"""The certificates of these tests, and how the doctor is asked."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aws.doctor.checks import diagnose
from aws.doctor.facts import Facts, Question
from aws.doctor.probe import examine
from aws.doctor.url import parse
from pki import truststore
from pki.findings import Finding
from tests.builders import SERVER_AUTH, Files, Holder, authority, leaf, write

ROOT = authority(subject="CN=Server Root")
ISSUING = authority(subject="CN=Server Issuing", issuer=ROOT)
CLIENTS = authority(subject="CN=Clients")
OTHERS = authority(subject="CN=Other Clients")
DAY = timedelta(days=1)


def lookup(*addresses: str) -> Any:
    """A resolver that gives *addresses*, as socket.getaddrinfo does."""

    def found(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, host, (a, port)) for a in addresses]

    return found


@dataclass(frozen=True)
class World:
    """Files: of the server, its root, the truststore of clients, and a good client."""

    folder: Path
    server: Files
    ca: Path
    clients: Path
    client: Files

    def holder(self, name: str, holder: Holder, *above: Holder) -> Files:
        """Files of *holder*, with *above* after its certificate."""
        sent = tuple(one.certificate for one in above)
        return write(self.folder, name, Holder(holder.certificate, holder.key, sent))

    def server_of(self, name: str, issuer: Holder = ISSUING, **wrong: Any) -> Files:
        """A server for localhost, right in everything but *wrong*, with its chain."""
        right = {"issuer": issuer, "dns_name": "localhost", "eku": SERVER_AUTH}
        made = leaf(**{**right, "lifetime": 90 * DAY, **wrong})
        return self.holder(name, made, *([issuer] if issuer is not ROOT else []))

    def examine(self, port: int, path: str = "", **more: Any) -> Facts:
        """What the doctor sees of localhost:*port*, as the good client unless told otherwise."""
        known: dict[str, Any] = {
            "url": parse(f"https://localhost:{port}{path}"),
            "now": datetime.now(UTC),
            "ca": self.ca,
            "certificate": self.client.pem,
            "key": self.client.key,
            "seconds": 5.0,
            "lookup": lookup("127.0.0.1"),
        }
        trusted = more.pop("trusted", None)
        if trusted is not None:
            known |= {"truststore": truststore.read(trusted), "truststore_name": str(trusted)}
        return examine(Question(**{**known, **more}))

    def diagnose(self, port: int, path: str = "", **more: Any) -> list[Finding]:
        return diagnose(self.examine(port, path, **more))


def codes(found: Sequence[Finding]) -> list[str]:
    """The codes without `doctor.`; every finding says what it found, and what to do."""
    for one in found:
        assert one.message
        assert one.hint
    return [one.code.removeprefix("doctor.") for one in found]


def made(folder: Path) -> World:
    (folder / "ca.pem").write_text(ROOT.pem)
    (folder / "clients.pem").write_text(CLIENTS.pem)
    server = leaf(issuer=ISSUING, dns_name="localhost", eku=SERVER_AUTH, lifetime=90 * DAY)
    client = leaf(issuer=CLIENTS, lifetime=90 * DAY)
    sent = Holder(server.certificate, server.key, (ISSUING.certificate,))
    return World(
        folder,
        write(folder, "server", sent),
        folder / "ca.pem",
        folder / "clients.pem",
        write(folder, "client", client),
    )
