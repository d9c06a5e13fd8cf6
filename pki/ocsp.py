"""OCSP (RFC 6960). Pure: the bytes of a request in, the bytes of an answer out.

What is not obvious in the law, and what is chosen here:

- a request for several certificates: malformedRequest; RFC 9919 has clients ask for one;
- a CertID of another issuer, or hashed with what we do not know: unauthorized (RFC 5019, 2.2.3);
- a certificate that this CA never issued: unknown;
- a nonce of 1 to 128 octets comes back, any other is malformedRequest (RFC 9654, 2.1);
- a critical extension that we do not know: malformedRequest;
- the signature on a request is not looked at: everybody may ask.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from . import keys
from .crl import Revocation
from .errors import UNREADABLE
from .ocsp_der import SIGNATURES, Form, certificate_id, issuer_id

LIFETIME = timedelta(hours=1)
"""From thisUpdate to nextUpdate of an answer."""

LARGEST = 16 * 1024
"""Bytes of a request; one has about a hundred."""

_HASHES: tuple[hashes.HashAlgorithm, ...] = (hashes.SHA1(), hashes.SHA256())  # noqa: S303
_LONGEST_NONCE = 128

Status = Revocation | bool
"""What is known of a serial number: its revocation, or whether it was issued."""

Lookup = Callable[[str], Status]


class Answer(NamedTuple):
    """A response in DER; until when it may be kept, None for not at all."""

    der: bytes
    until: datetime | None = None


class Signer:
    """Answers for the CA *issuer*, signed by its delegate *certificate* with *key*."""

    def __init__(
        self, issuer: x509.Certificate, certificate: x509.Certificate, key: keys.PrivateKey
    ) -> None:
        algorithm = keys.hash_for(key)
        family = "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ec"
        self._form = Form(
            certificate.public_bytes(Encoding.DER),
            _digest(hashes.SHA1(), _key_bits(certificate)),  # noqa: S303
            SIGNATURES[family, algorithm.name],
        )
        self._sign = keys.signing(key, algorithm)
        self._start = certificate.not_valid_before_utc
        self.end = certificate.not_valid_after_utc
        name, public_key = issuer.subject.public_bytes(), _key_bits(issuer)
        self._issuer_ids = {
            (algorithm.name, *hashed): issuer_id(algorithm.name, *hashed)
            for algorithm in _HASHES
            for hashed in [(_digest(algorithm, name), _digest(algorithm, public_key))]
        }

    def answer(self, request: bytes, lookup: Lookup, now: datetime) -> Answer:
        """Return the answer to *request* at *now*; *lookup* says what is known of a serial number.

        Any bytes get an answer: malformedRequest at worst; tryLater once the delegate expired.
        """
        now = (now if now.tzinfo is UTC else now.astimezone(UTC)).replace(microsecond=0)
        if not self._start <= now < self.end:
            return refusal(ocsp.OCSPResponseStatus.TRY_LATER)
        try:
            issuer, serial_number, nonce = _parse(request)
        except UnsupportedAlgorithm:
            return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        except (*UNREADABLE, NotImplementedError):
            return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        known = self._issuer_ids.get(issuer)
        if known is None:
            return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        status, until = lookup(f"{serial_number:x}"), min(now + LIFETIME, self.end)
        asked = certificate_id(known, serial_number)
        data = self._form.data(asked, status, this_update=now, next_update=until, nonce=nonce)
        # Whoever brings a nonce wants it fresh; and what is unknown may be issued a moment later.
        is_lasting = nonce is None and status is not False
        return Answer(self._form.response(data, self._sign(data)), until if is_lasting else None)


def refusal(status: ocsp.OCSPResponseStatus) -> Answer:
    """Return the unsigned answer *status*: anything but successful."""
    response = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return Answer(response.public_bytes(Encoding.DER))


@lru_cache(maxsize=256)  # without nonce, who asks for one certificate sends the same bytes
def _parse(der: bytes) -> tuple[tuple[str, bytes, bytes], int, bytes | None]:
    """Return the issuer (hash, name and key by it), serial number, nonce; or raise ValueError."""
    if len(der) > LARGEST:
        raise ValueError("too large")
    request = ocsp.load_der_ocsp_request(der)
    nonce = None
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            nonce = extension.value.nonce
            if not 1 <= len(nonce) <= _LONGEST_NONCE:
                raise ValueError("nonce of a wrong length")
        elif extension.critical:
            raise ValueError("unknown critical extension")
    issuer = request.hash_algorithm.name, request.issuer_name_hash, request.issuer_key_hash
    return issuer, request.serial_number, nonce


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the content of subjectPublicKey, without tag and unused bits (RFC 6960, 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()
