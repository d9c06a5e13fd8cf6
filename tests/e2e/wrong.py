"""The wrong client certificates, each with one thing wrong, from the CA that a stack trusts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ed25519

from tests import builders
from tests.builders import Holder

Make = Callable[[Holder], Holder]


def _namesake(issuer: Holder) -> Holder:
    """A stranger's CA that bears the name of ours."""
    return builders.authority(subject=issuer.certificate.subject.rfc4514_string())


def _same_serial(issuer: Holder) -> Holder:
    ours = builders.leaf(issuer=issuer).certificate.serial_number
    return builders.leaf(issuer=_namesake(issuer), serial_number=ours)


def _soon() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


#: Refused by the terminator in verify mode and by the service in passthrough mode.
WRONG: Mapping[str, Make] = {
    "from a stranger's CA": lambda _: builders.leaf(issuer=builders.authority()),
    "same subject, other CA of the same name": lambda ca: builders.leaf(issuer=_namesake(ca)),
    "same serial number, other CA of the same name": _same_serial,
    "expired": lambda ca: builders.leaf(issuer=ca, lifetime=timedelta(minutes=5)),
    "not yet valid": lambda ca: builders.leaf(issuer=ca, not_before=_soon()),
    "serverAuth alone": lambda ca: builders.leaf(issuer=ca, eku=builders.SERVER_AUTH),
    "keyUsage without digitalSignature": lambda ca: builders.leaf(
        issuer=ca, key_usage=builders.ENCIPHERS
    ),
    "an authority as leaf": lambda ca: builders.leaf(
        issuer=ca, ca=True, key_usage=builders.SIGNS_CERTIFICATES
    ),
    "self-signed": lambda _: builders.leaf(issuer=None),
    "RSA-1024": lambda ca: builders.leaf(issuer=ca, key=builders.rsa_key(1024)),
    "signed with SHA-1": lambda ca: builders.leaf(issuer=ca, signed_with="sha1"),
    "Ed25519": lambda ca: builders.leaf(issuer=ca, key=ed25519.Ed25519PrivateKey.generate()),
    "an unknown critical extension": lambda ca: builders.leaf(
        issuer=ca, critical=builders.UNKNOWN_EXTENSION
    ),
}
