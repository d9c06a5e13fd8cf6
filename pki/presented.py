"""What a client presents: its leaf, and what it sends after it. No private key is ever read."""

import re
from collections.abc import Callable

from cryptography import x509

from .errors import UNREADABLE, PkiError
from .tbs import LARGEST as LARGEST_CERTIFICATE
from .tbs import parts

#: ALB reads TLS messages up to 64 K; this leaves room for text between the certificates.
LARGEST = 1024 * 1024
MOST = 100
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
_BLOCK = re.compile(re.escape(_BEGIN) + rb"[^-]{0,1048576}" + re.escape(_END))
_HINT = "see what is in it: openssl storeutl -noout -text FILE"


def read(content: bytes, origin: str) -> list[x509.Certificate]:
    """Return the certificates in *content*, PEM or one in DER, the leaf first.

    They can be loaded, and no more: what else is wrong with them is for others to say. PkiError,
    naming *origin*, if there is a private key, none, one that cannot be loaded or that nobody could
    send, or too many.
    """
    if len(content) > LARGEST:
        raise PkiError(f"{origin} is larger than 1 MiB", "give the leaf, and what is sent after it")
    if b"PRIVATE KEY-----" in content:
        raise PkiError(
            f"{origin} holds a private key, expected certificates only",
            "take the key out, and give it to nobody",
        )
    if content[:1] == b"\x30":  # an ASN.1 SEQUENCE: DER
        return [_loaded(x509.load_der_x509_certificate, content, origin)]
    blocks = _BLOCK.findall(content)
    if not blocks or len(blocks) != content.count(_BEGIN):
        raise PkiError(f"{origin} holds no certificate, or a torn one, expected PEM or DER", _HINT)
    if len(blocks) > MOST:
        raise PkiError(f"{origin} holds {len(blocks)} certificates, expected up to {MOST}", _HINT)
    return [_loaded(x509.load_pem_x509_certificate, block, origin) for block in blocks]


def _loaded(
    load: Callable[[bytes], x509.Certificate], content: bytes, origin: str
) -> x509.Certificate:
    try:
        certificate = load(content)
    except UNREADABLE as error:
        reason = (str(error).lower().rstrip(".").splitlines() or ["unreadable"])[0]
        raise PkiError(f"{origin} holds no readable certificate: {reason}", _HINT) from error
    if (size := parts(certificate).size) > LARGEST_CERTIFICATE:
        found = f"{origin} holds a certificate of {size:,} octets"
        raise PkiError(f"{found}, expected up to {LARGEST_CERTIFICATE:,}", _HINT)
    return certificate
