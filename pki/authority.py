"""CertificateAuthority: one of our CAs, with its key. Pure: a value in, a certificate out."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.x509.oid import NameOID

from . import keys
from .addresses import Addresses
from .errors import PkiError
from .profiles import BACKDATE, ISSUING, RESPONDER, ROOT, Profile
from .public_keys import DEFAULT_KEY_TYPE, PublicKey
from .sans import Sans

_SERIAL_BITS = 127


@dataclass(frozen=True, slots=True)
class Issued:
    """A new leaf; its chain (leaf first, then intermediates, no root); its key if we made it."""

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: keys.PrivateKey | None


def subject(common_name: str, organization: str) -> x509.Name:
    """Return the name that reads CN=*common_name*,O=*organization* (RFC 4514)."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def serial_number() -> int:
    """Return 127 random bits, positive (RFC 5280, 4.1.2.2: at most 20 octets)."""
    return secrets.randbits(_SERIAL_BITS) or serial_number()


class CertificateAuthority:
    """A CA certificate and its key, ready to issue.

    certificate: the CA's own; key: the private key to it; issuers: the CAs above it,
    nearest first, root last (none for a root); addresses: what its leaves say of CRL and OCSP.
    """

    def __init__(
        self,
        certificate: x509.Certificate,
        key: keys.PrivateKey,
        issuers: tuple[x509.Certificate, ...] = (),
        *,
        addresses: Addresses | None = None,
    ) -> None:
        if key.public_key() != certificate.public_key():
            name = certificate.subject.rfc4514_string()
            raise PkiError(f"the key does not belong to {name!r}", "put back the key of this CA")
        self.certificate = certificate
        self.key = key
        self.issuers = issuers
        self.algorithm = keys.hash_for(key)
        self._not_before = certificate.not_valid_before_utc
        self._not_after = certificate.not_valid_after_utc
        self._builder = x509.CertificateBuilder().issuer_name(certificate.subject)
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        self.key_identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
            identifier.value
        )
        self._addresses = addresses
        self._builders: dict[Profile, x509.CertificateBuilder] = {}

    @classmethod
    def create_root(
        cls,
        *,
        organization: str,
        now: datetime,
        key_type: str = DEFAULT_KEY_TYPE,
        lifetime: timedelta = ROOT.lifetime,
    ) -> Self:
        """Return a new self-signed root CN=*organization* Root CA (RFC 5280, 3.2)."""
        key = keys.generate(key_type)
        name = subject(f"{organization} Root CA", organization)
        start = now.astimezone(UTC).replace(microsecond=0)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        same = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        builder = (
            _with_profile(x509.CertificateBuilder(), ROOT)
            .issuer_name(name)
            .subject_name(name)
            .public_key(key.public_key())
            .serial_number(serial_number())
            .not_valid_before(start - BACKDATE)
            .not_valid_after(start + lifetime)
            .add_extension(identifier, critical=False)
            .add_extension(same, critical=False)
        )
        return cls(builder.sign(key, keys.hash_for(key)), key)

    def create_issuing(
        self,
        *,
        organization: str,
        now: datetime,
        key_type: str = DEFAULT_KEY_TYPE,
        lifetime: timedelta | None = None,
    ) -> "CertificateAuthority":
        """Return a new issuing CA CN=*organization* Issuing CA, signed by this one."""
        key = keys.generate(key_type)
        name = subject(f"{organization} Issuing CA", organization)
        certificate = self.issue(
            key.public_key(), ISSUING, name, Sans(), now=now, lifetime=lifetime
        )
        return CertificateAuthority(certificate, key, (self.certificate, *self.issuers))

    def issue(
        self,
        public_key: PublicKey,
        profile: Profile,
        subject: x509.Name,
        sans: Sans,
        *,
        now: datetime,
        lifetime: timedelta | None = None,
    ) -> x509.Certificate:
        """Return a certificate of *profile* for *public_key*, valid from five minutes before *now*.

        lifetime: from *now* on, the profile's by default; it ends with this CA at the latest
        (RFC 5280, 6.1.3 wants every certificate of a path valid). An empty *subject* makes the
        SAN critical (RFC 5280, 4.2.1.6). PkiError if this CA is not valid at *now*, or if
        there is neither subject nor SAN.
        """
        start = now.astimezone(UTC).replace(microsecond=0)
        self.require_valid(start)
        if not (sans or subject):
            raise PkiError("neither subject nor SAN", "give a subject, or a SAN such as --uri")
        builder = self._builders.get(profile) or self._prepared(profile)
        if sans:
            builder = builder.add_extension(sans.to_extension(), critical=not subject)
        identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
        return (
            builder.subject_name(subject)
            .public_key(public_key)
            .serial_number(serial_number())
            .not_valid_before(max(start - BACKDATE, self._not_before))
            .not_valid_after(min(start + (lifetime or profile.lifetime), self._not_after))
            .add_extension(identifier, critical=False)
            .sign(self.key, self.algorithm)
        )

    def _prepared(self, profile: Profile) -> x509.CertificateBuilder:
        builder = _with_profile(self._builder, profile).add_extension(
            self.key_identifier, critical=False
        )
        if self._addresses is not None and profile.is_revocable:
            for extension in self._addresses.to_extensions():
                builder = builder.add_extension(extension, critical=False)
        self._builders[profile] = builder
        return builder

    def issued(self, leaf: x509.Certificate, key: keys.PrivateKey | None) -> Issued:
        """Return *leaf* with its chain, and *key*."""
        without_root = (leaf, self.certificate, *self.issuers)[:-1]
        return Issued(leaf, without_root, key)

    def require_valid(self, now: datetime) -> None:
        """Raise PkiError if this CA may not sign at *now*."""
        if self._not_before <= now < self._not_after:
            return
        name = self.certificate.subject.rfc4514_string()
        if now >= self._not_after:
            raise PkiError(
                f"{name!r} expired on {self._not_after:%Y-%m-%d} and can issue no more",
                "make a new PKI: PKI_HOME=.pki-new python -m pki init",
            )
        raise PkiError(
            f"{name!r} is valid only from {self._not_before:%Y-%m-%dT%H:%M:%SZ}, now is earlier",
            "set the clock right: date --utc",
        )


def _with_profile(builder: x509.CertificateBuilder, profile: Profile) -> x509.CertificateBuilder:
    builder = builder.add_extension(profile.basic_constraints, critical=True)
    builder = builder.add_extension(profile.key_usage, critical=True)
    if profile.extended_key_usage is not None:
        builder = builder.add_extension(profile.extended_key_usage, critical=False)
    if profile is RESPONDER:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder
