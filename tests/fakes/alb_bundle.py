"""CA bundles and CRLs of ELBv2's trust stores: [E:mutual-authentication], [E:limits]."""

from __future__ import annotations

import re

from cryptography import x509

MAX_CERTIFICATES = 25
MAX_CERTIFICATE_BYTES = 16 * 1024
MAX_CRL_BYTES = 50 * 1024 * 1024
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_CRL = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


class NoBundle(ValueError):
    """A CA bundle that is refused, and why."""


class NoCrl(ValueError):
    """A CRL that is refused, and why."""


def certificates(content: bytes) -> tuple[x509.Certificate, ...]:
    """Return the CAs; between their blocks only comments without a hyphen, and no blank line."""
    found, block = [], list[str]()
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        if block or line == _BEGIN:
            block.append(line)
            if line == _END:
                found.append(_certificate("\n".join(block), number))
                block = []
        elif not line.startswith("#") or "-" in line:
            what = "a comment with a hyphen" if line.startswith("#") else "no PEM and no comment"
            raise NoBundle(f"line {number} is {what if line.strip() else 'blank'}")
    if block or not found:
        raise NoBundle("no certificate, or an incomplete one")
    if len(found) > MAX_CERTIFICATES:
        raise NoBundle(f"{len(found)} certificates, more than {MAX_CERTIFICATES}")
    return tuple(found)


def _certificate(block: str, number: int) -> x509.Certificate:
    if len(block) > MAX_CERTIFICATE_BYTES:
        raise NoBundle(f"the certificate that ends in line {number} is too large")
    try:
        return x509.load_pem_x509_certificate(block.encode())
    except ValueError as error:
        raise NoBundle(f"the certificate that ends in line {number} is malformed") from error


def crl(content: bytes) -> x509.CertificateRevocationList:
    """Return the CRL; one, in PEM: DER is refused."""
    if len(content) > MAX_CRL_BYTES:
        raise NoCrl(f"{len(content)} bytes, more than {MAX_CRL_BYTES}")
    blocks = _CRL.findall(content)
    if len(blocks) != 1:
        raise NoCrl(f"{len(blocks)} CRLs in PEM, expected one")
    try:
        return x509.load_pem_x509_crl(blocks[0])
    except ValueError as error:
        raise NoCrl("the CRL is malformed") from error
