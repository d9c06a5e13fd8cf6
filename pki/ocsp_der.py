"""A signed OCSP response in DER (RFC 6960, 4.2.1), put together from its parts.

cryptography's builder makes the same bytes (a test holds the two equal), but works on
them longer than it takes to sign.
"""

from datetime import datetime
from functools import lru_cache

from .crl import Revocation

_SEQUENCE, _INTEGER, _BITS, _OCTETS = b"\x30", b"\x02", b"\x03", b"\x04"
_ENUMERATED, _TIME = b"\x0a", b"\x18"
_GOOD, _UNKNOWN, _REVOKED = b"\x80\x00", b"\x82\x00", b"\xa1"
_EXPLICIT_0, _EXPLICIT_1, _KEY_HASH = b"\xa0", b"\xa1", b"\xa2"
_BASIC = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
_NONCE = bytes.fromhex("06092b0601050507300102")  # id-pkix-ocsp-nonce
_SUCCESSFUL = bytes.fromhex("0a0100")
_HASHES = {
    "sha1": bytes.fromhex("300906052b0e03021a0500"),
    "sha256": bytes.fromhex("300d06096086480165030402010500"),
}
SIGNATURES = {
    ("ec", "sha256"): bytes.fromhex("300a06082a8648ce3d040302"),
    ("ec", "sha384"): bytes.fromhex("300a06082a8648ce3d040303"),
    ("rsa", "sha256"): bytes.fromhex("300d06092a864886f70d01010b0500"),
}
"""AlgorithmIdentifiers (RFC 5758, 3.2; RFC 4055, 5)."""

# CRLReason (RFC 5280, 5.3.1), without unspecified, which is left out.
_REASONS = {
    "keyCompromise": 1,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "privilegeWithdrawn": 9,
}


def _length(content: int) -> bytes:
    if content < 0x80:  # noqa: PLR2004
        return bytes([content])
    octets = content.to_bytes((content.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


_LENGTHS = [_length(content) for content in range(4096)]  # an answer has about 900 octets


class Form:
    """What all answers of one responder have in common.

    certificate: the signer's, in DER; key_hash: SHA-1 over its public key; algorithm: one of
    SIGNATURES.
    """

    def __init__(self, certificate: bytes, key_hash: bytes, algorithm: bytes) -> None:
        self._responder = _tlv(_KEY_HASH, _tlv(_OCTETS, key_hash))
        self._algorithm = algorithm
        self._certificates = _tlv(_EXPLICIT_0, _tlv(_SEQUENCE, certificate))

    def data(
        self,
        certificate_id: bytes,
        status: Revocation | bool,  # noqa: FBT001  (known or not)
        *,
        this_update: datetime,
        next_update: datetime,
        nonce: bytes | None,
    ) -> bytes:
        """Return ResponseData, what is signed.

        *certificate_id*: of the function of that name; *status*: a revocation, or whether the
        certificate was issued.
        """
        now = _time(this_update)
        single = certificate_id + _status(status) + now + _until(next_update)
        data = self._responder + now + _tlv(_SEQUENCE, _tlv(_SEQUENCE, single))
        if nonce is not None:
            extension = _tlv(_SEQUENCE, _NONCE + _tlv(_OCTETS, _tlv(_OCTETS, nonce)))
            data += _tlv(_EXPLICIT_1, _tlv(_SEQUENCE, extension))
        return _tlv(_SEQUENCE, data)

    def response(self, data: bytes, signature: bytes) -> bytes:
        """Return the OCSPResponse with *data* and the *signature* over it."""
        signed = data + self._algorithm + _tlv(_BITS, b"\x00" + signature)
        basic = _tlv(_SEQUENCE, signed + self._certificates)
        body = _tlv(_SEQUENCE, _BASIC + _tlv(_OCTETS, basic))
        return _tlv(_SEQUENCE, _SUCCESSFUL + _tlv(_EXPLICIT_0, body))


def issuer_id(algorithm: str, name: bytes, key: bytes) -> bytes:
    """Return the first part of a CertID: the hashes of the issuer's *name* and *key*."""
    return _HASHES[algorithm] + _tlv(_OCTETS, name) + _tlv(_OCTETS, key)


def certificate_id(issuer: bytes, serial_number: int) -> bytes:
    """Return the CertID with an issuer_id and a serial number."""
    octets = serial_number.to_bytes(serial_number.bit_length() // 8 + 1, "big", signed=True)
    return _tlv(_SEQUENCE, issuer + _tlv(_INTEGER, octets))


def _status(status: Revocation | bool) -> bytes:  # noqa: FBT001
    if not isinstance(status, Revocation):
        return _GOOD if status else _UNKNOWN
    revoked = _time(status.revoked_at)
    if reason := _REASONS.get(status.reason):
        revoked += _tlv(_EXPLICIT_0, _tlv(_ENUMERATED, bytes([reason])))
    return _tlv(_REVOKED, revoked)


@lru_cache(maxsize=8)
def _until(time: datetime) -> bytes:
    return _tlv(_EXPLICIT_0, _time(time))


@lru_cache(maxsize=8)
def _time(time: datetime) -> bytes:
    return _tlv(_TIME, f"{time:%Y%m%d%H%M%SZ}".encode())


def _tlv(tag: bytes, content: bytes) -> bytes:
    length = len(content)
    return tag + (_LENGTHS[length] if length < len(_LENGTHS) else _length(length)) + content
