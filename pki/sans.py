"""Subject alternative names, split by kind, and what each may look like."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography import x509

from .errors import PkiError

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LONGEST_DNS_NAME = 253
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_URI = 2048  # SPIFFE-ID, 2.3
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1

KINDS = ("dns_names", "uris", "emails", "ip_addresses")


def dns_name(text: str, *, wildcard: bool = False) -> str:
    """Return *text* in lower case if it is a DNS name of A-labels (RFC 5280, 4.2.1.6; RFC 1034).

    With *wildcard*, the whole leftmost label may be "*" (RFC 6125, 6.4.3).
    """
    if not text.isascii():
        raise PkiError(f"DNS name is {text!r}, expected ASCII", "give its xn-- form (A-labels)")
    name = text.lower()
    rest = name.removeprefix("*.") if wildcard else name
    labels = rest.split(".")
    fits = len(name) <= _LONGEST_DNS_NAME and all(_LABEL.fullmatch(label) for label in labels)
    if not fits or labels[-1].isdigit() or (rest != name and len(labels) == 1):
        raise PkiError(
            f"DNS name is {text!r}, expected labels of letters, digits and dashes",
            "for example: --dns api.example.org",
        )
    return name


def uri(text: str) -> str:
    """Return *text* if it is an absolute ASCII URI (RFC 5280, 4.2.1.6; RFC 3986, 3)."""
    if len(text) > _LONGEST_URI or not _URI.fullmatch(text):
        raise PkiError(
            f"URI is {text!r}, expected a scheme and ASCII",
            "for example: --uri spiffe://example.org/billing",
        )
    return text


def email(text: str) -> str:
    """Return *text* if it is an ASCII mailbox (RFC 5280, 4.2.1.6; RFC 2821, 4.1.2)."""
    local, _, domain = text.rpartition("@")
    try:
        host = dns_name(domain)
    except PkiError:
        host = ""
    if host and len(local) <= _LONGEST_LOCAL_PART and _LOCAL_PART.fullmatch(local):
        return f"{local}@{host}"
    raise PkiError(
        f"e-mail address is {text!r}, expected local@domain in ASCII",
        "for example: --email billing@example.org",
    )


def ip_address(text: str) -> str:
    """Return the IPv4 or IPv6 address *text* in its shortest form (RFC 5952)."""
    address = as_ip_address(text)
    if address is None:
        raise PkiError(
            f"IP address is {text!r}, expected IPv4 or IPv6", "for example: --ip 127.0.0.1"
        )
    return address


def as_ip_address(text: str) -> str | None:
    """Return the IP address *text* in its shortest form, or None if it is none."""
    if "%" in text:  # a zone index has no place in a certificate
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Sans:
    """The subject alternative names of a certificate, each kind in its order."""

    dns_names: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls,
        *,
        dns_names: Iterable[str] = (),
        uris: Iterable[str] = (),
        emails: Iterable[str] = (),
        ip_addresses: Iterable[str] = (),
        wildcard: bool = False,
    ) -> Self:
        """Return the names given as text, checked and each once; PkiError if one is bad."""
        return cls(
            _once(dns_name(name, wildcard=wildcard) for name in dns_names),
            _once(map(uri, uris)),
            _once(map(email, emails)),
            _once(map(ip_address, ip_addresses)),
        )

    @classmethod
    def from_extension(cls, extension: x509.SubjectAlternativeName) -> Self:
        """Return the names of the four kinds in *extension*; other kinds are left out."""
        return cls(
            tuple(extension.get_values_for_type(x509.DNSName)),
            tuple(extension.get_values_for_type(x509.UniformResourceIdentifier)),
            tuple(extension.get_values_for_type(x509.RFC822Name)),
            tuple(map(str, extension.get_values_for_type(x509.IPAddress))),
        )

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> Self:
        """Return the names of *certificate*; ValueError if its extensions are malformed."""
        try:
            found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return cls()
        return cls.from_extension(found.value)

    def kinds(self) -> frozenset[str]:
        """Return which of KINDS are there."""
        return frozenset(kind for kind in KINDS if getattr(self, kind))

    def covers(self, asked: "Sans") -> bool:
        """Whether every name of *asked* is among these."""
        return all(set(getattr(asked, kind)) <= set(getattr(self, kind)) for kind in KINDS)

    def to_extension(self) -> x509.SubjectAlternativeName:
        """Return the extension with these names."""
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in self.dns_names]
        names += [x509.UniformResourceIdentifier(name) for name in self.uris]
        names += [x509.RFC822Name(name) for name in self.emails]
        names += [x509.IPAddress(ipaddress.ip_address(name)) for name in self.ip_addresses]
        return x509.SubjectAlternativeName(names)

    def __bool__(self) -> bool:
        """Whether there is any name."""
        return bool(self.dns_names or self.uris or self.emails or self.ip_addresses)

    def __str__(self) -> str:
        """Return all names, separated by commas."""
        return ", ".join(name for kind in KINDS for name in getattr(self, kind))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
