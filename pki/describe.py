"""What a certificate says, for people and for programs."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from . import public_keys
from .errors import UNREADABLE, PkiError
from .sans import Sans

_MOST_PARTS, _LONGEST_NAME = 40, 4000
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


@dataclass(frozen=True, slots=True)
class Description:
    """A certificate in words; names as in RFC 5280, times aware UTC, hex in lower case."""

    subject: str
    issuer: str
    serial_number: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    key_type: str
    is_ca: bool
    path_length: int | None
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...]
    dns_names: tuple[str, ...]
    uris: tuple[str, ...]
    emails: tuple[str, ...]
    ip_addresses: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the fields; times as ISO 8601 with Z."""
        fields = asdict(self)
        fields["not_before"] = iso(self.not_before)
        fields["not_after"] = iso(self.not_after)
        return fields

    def as_text(self, now: datetime) -> str:
        """Return lines of label and value, with the days left at *now*."""
        authority = "yes"
        if self.path_length is not None:
            authority += f", pathLength {self.path_length}"
        rows = {
            "subject": self.subject or "(empty)",
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "fingerprint": self.fingerprint,
            "not_before": iso(self.not_before),
            "not_after": f"{iso(self.not_after)} ({remaining(self.not_after, now)})",
            "key_type": self.key_type,
            "CA": authority if self.is_ca else "no",
            "key_usage": ", ".join(self.key_usage),
            "extended_key_usage": ", ".join(self.extended_key_usage),
            "dns_names": ", ".join(self.dns_names),
            "uris": ", ".join(self.uris),
            "emails": ", ".join(self.emails),
            "ip_addresses": ", ".join(self.ip_addresses),
        }
        return "\n".join(f"{label:<20}{printable(value)}" for label, value in rows.items() if value)


def printable(text: str) -> str:
    """Return *text* with control characters escaped: a stranger's certificate may hold any."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def rfc4514(name: x509.Name) -> str:
    """Return *name* as RFC 4514 text; of one that has no end, what stands first in that text."""
    parts = name.rdns
    if len(parts) <= _MOST_PARTS and max(map(len, parts), default=0) <= _MOST_PARTS:
        text = name.rfc4514_string()
    else:
        # The last ones come first (RFC 4514, 2.1).
        last = parts[-_MOST_PARTS:]
        shown = [x509.RelativeDistinguishedName([*part][:_MOST_PARTS]) for part in last]
        text = f"{x509.Name(shown).rfc4514_string()},…"
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def describe(certificate: x509.Certificate) -> Description:
    """Return what *certificate* says; PkiError if a part of it cannot be read."""
    with _readable():
        return _describe(certificate)


def require_readable(certificate: x509.Certificate) -> None:
    """Raise PkiError if any part of *certificate* cannot be read."""
    with _readable():
        # cryptography reads lazily: a broken part would come to light only when it is asked for.
        certificate.subject, certificate.issuer, certificate.extensions  # noqa: B018
        certificate.not_valid_before_utc, certificate.not_valid_after_utc  # noqa: B018
        certificate.version, certificate.serial_number, certificate.public_key()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cryptography warns of lengths beyond RFC 5280, A.1
            yield
    except UNREADABLE as error:
        raise PkiError(
            f"certificate is malformed: {str(error).lower().rstrip('.')}",
            "look at it with: openssl x509 -text -noout -in FILE",
        ) from error


def serial_number(certificate: x509.Certificate) -> str:
    """Return the serial number as lower-case hex without leading zeros."""
    return f"{certificate.serial_number:x}"


def fingerprint(certificate: x509.Certificate) -> str:
    """Return SHA-256 over the DER of *certificate*, as lower-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def iso(time: datetime) -> str:
    """Return the aware UTC *time* as ISO 8601 with Z, to the second."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def remaining(not_after: datetime, now: datetime) -> str:
    """Return "29 days left", "expired" and the like."""
    if now >= not_after:
        return "expired"
    days = (not_after - now).days
    return "less than a day left" if days == 0 else f"{days} day{'s' * (days != 1)} left"


def _describe(certificate: x509.Certificate) -> Description:
    extensions = certificate.extensions
    constraints = _value(extensions, x509.BasicConstraints)
    usage = _value(extensions, x509.KeyUsage)
    extended = _value(extensions, x509.ExtendedKeyUsage)
    sans = Sans.from_certificate(certificate)
    return Description(
        subject=rfc4514(certificate.subject),
        issuer=rfc4514(certificate.issuer),
        serial_number=serial_number(certificate),
        fingerprint=fingerprint(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_type=public_keys.describe(certificate.public_key()),
        is_ca=constraints is not None and constraints.ca,
        path_length=constraints.path_length if constraints else None,
        key_usage=tuple(n for a, n in _KEY_USAGES.items() if usage and getattr(usage, a)),
        extended_key_usage=tuple(map(_purpose, extended or ())),
        dns_names=sans.dns_names,
        uris=sans.uris,
        emails=sans.emails,
        ip_addresses=sans.ip_addresses,
    )


def _value(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _purpose(purpose: x509.ObjectIdentifier) -> str:
    # cryptography has the RFC's name for the ones it knows.
    name = purpose._name  # noqa: SLF001
    return purpose.dotted_string if name == "Unknown OID" else name
