"""Server certificates: right in everything unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests import builders
from tests.builders import SERVER_AUTH, SIGNS, Holder, PrivateKey, p256


def server(
    issuer: Holder | None,
    *names: str,
    key: PrivateKey | None = None,
    eku: x509.ExtendedKeyUsage | None = SERVER_AUTH,
    key_usage: x509.KeyUsage | None = SIGNS,
    not_before: datetime | None = None,
    lifetime: timedelta = timedelta(days=90),
    subject: str = "",
    signed_with: str = "sha256",
) -> Holder:
    """A server leaf for *names*; without *issuer* it signs itself."""
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names]) if names else None
    return builders._certificate(
        subject=x509.Name.from_rfc4514_string(subject or f"CN={names[0] if names else 'x'}"),
        issuer=issuer,
        key=key or p256(),
        not_before=not_before,
        lifetime=lifetime,
        signed_with=signed_with,
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (key_usage, True),
            (eku, False),
            (san, False),
        ],
    )


@dataclass(frozen=True)
class Files:
    """What the operator has: certificate, key and chain."""

    certificate: Path
    key: Path
    chain: Path

    def words(self, *more: str) -> tuple[str, ...]:
        """The command that imports them."""
        given = (str(self.certificate), "--key", str(self.key), "--chain", str(self.chain))
        return ("certificate", "import", *given, "--yes", *more)


def files(folder: Path, holder: Holder, chain: Sequence[Holder]) -> Files:
    """*holder*, its key and *chain*, in files."""
    folder.mkdir(exist_ok=True)
    made = Files(folder / "server.pem", folder / "server.key", folder / "chain.pem")
    made.certificate.write_text(holder.pem)
    made.chain.write_text("".join(one.pem for one in chain))
    made.key.touch(mode=0o600)
    made.key.write_bytes(key_of(holder))
    return made


def key_of(holder: Holder) -> bytes:
    """Its private key, as a file has it."""
    return holder.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
