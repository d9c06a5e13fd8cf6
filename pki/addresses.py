"""Where a certificate says that its CRL, its OCSP responder and its issuer are found."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from .errors import PkiError

CRL, OCSP, ISSUER = "/crl", "/ocsp", "/issuing-ca.der"
"""What `python -m pki serve` answers, below PKI_URL."""

_URL = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses below *url*, such as http://pki.example.com:8085."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the addresses below the URL *text*; PkiError if it cannot be in a certificate.

        http alone: to check the server's certificate over https takes what is asked for
        (RFC 5280, 8). What is fetched is signed.
        """
        hint = "for example: PKI_URL=http://pki.example.com:8085"
        try:
            parts = urlsplit(text)
            is_usable = bool(parts.hostname) and parts.port != 0
        except ValueError as error:
            raise PkiError(f"PKI_URL is {text!r}, expected a URL", hint) from error
        if parts.scheme != "http" or not is_usable or not _URL.fullmatch(text):
            raise PkiError(f"PKI_URL is {text!r}, expected http://HOST or http://HOST:PORT", hint)
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise PkiError(f"PKI_URL is {text!r}, expected neither user nor ? nor #", hint)
        return cls(text.rstrip("/"))

    def to_extensions(self) -> tuple[x509.ExtensionType, ...]:
        """Return authorityInfoAccess and cRLDistributionPoints (RFC 5280, 4.2.2.1, 4.2.1.13)."""
        crl, ocsp, issuer = (
            x509.UniformResourceIdentifier(self.url + path) for path in (CRL, OCSP, ISSUER)
        )
        return (
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp),
                    x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuer),
                ]
            ),
            x509.CRLDistributionPoints(
                [x509.DistributionPoint([crl], None, reasons=None, crl_issuer=None)]
            ),
        )
