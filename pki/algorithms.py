"""Which keys and signatures API Gateway and ALB take."""

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import PublicKeyAlgorithmOID

from . import describe, public_keys
from .errors import UNREADABLE
from .verdict import Fault, Front

#: API Gateway's page for REST APIs names "ECDSA-256 or ECDSA-384", the one for HTTP APIs "ECDSA-256
#: or stronger": the narrower one counts. ALB's names secp256r1, secp384r1 and secp521r1.
_CURVES: Mapping[Front, tuple[type[ec.EllipticCurve], ...]] = {
    "api-gateway": (ec.SECP256R1, ec.SECP384R1),
    "alb": (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1),
}
_EXPECTED: Mapping[Front, str] = {
    "api-gateway": "RSA of 2048 bits or more, P-256 or P-384",
    "alb": "RSA of 2048 to 8192 bits, P-256, P-384 or P-521",
}
_SMALLEST_RSA, _LARGEST_RSA = 2048, 8192
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_HASHED = "expected SHA-256, SHA-384 or SHA-512"


def key_fault(certificate: x509.Certificate, front: Front) -> Fault | None:
    """Return what keeps *front* from taking the key of *certificate*, if anything does.

    RSA from 2048 bits ("RSA-2048 or stronger"; ALB: "2K to 8K"), and the curves that the page of
    *front* names; no other kind of key is on either page. Of the exponent neither page speaks: one
    that is too long to be verified (public_keys.LONGEST_EXPONENT) is refused.
    """
    if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        return Fault("key-for-pss", "the key is an RSA key for PSS alone, expected plain RSA")
    try:
        key = certificate.public_key()
    except UNREADABLE as error:
        reason = str(error).partition(".")[0].lower()
        return Fault("key-type", f"the key cannot be read: {reason}; expected {_EXPECTED[front]}")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES[front]):
        return None
    found = f"the key is {public_keys.describe(key)!r}, expected {_EXPECTED[front]}"
    return _rsa_fault(key, found) if isinstance(key, rsa.RSAPublicKey) else Fault("key-type", found)


def signature_fault(certificate: x509.Certificate, front: Front) -> Fault | None:
    """Return what keeps *front* from taking the signature on *certificate*, if anything does.

    SHA-256, SHA-384 or SHA-512, with ECDSA or RSA PKCS #1 ("SHA-256 or stronger"); ALB takes
    RSASSA-PSS too, with MGF1 of the same hash and a salt as long as that (RFC 4055, 3.1).
    """
    try:
        digest = certificate.signature_hash_algorithm
        parameters = certificate.signature_algorithm_parameters
    except UNREADABLE:
        kind = certificate.signature_algorithm_oid.dotted_string
        return Fault("signature-type", f"the signature is of the unknown kind {kind}, {_HASHED}")
    if isinstance(digest, _HASHES) and isinstance(parameters, padding.PKCS1v15 | ec.ECDSA):
        return None
    kind = certificate.signature_algorithm_oid.dotted_string
    if digest is None or digest.name.startswith("sha3-"):
        found = f"the signature is of the kind {kind} ({digest.name if digest else 'no hash'})"
        return Fault("signature-type", f"{found}, {_HASHED}")
    if not isinstance(digest, _HASHES):
        return Fault("signature-hash", f"the signature uses {digest.name!r}, {_HASHED}")
    if isinstance(parameters, padding.PSS):
        return _pss_fault(parameters, digest, front)
    return Fault("signature-type", f"the signature is of the kind {kind}, expected RSA or ECDSA")


def validity_fault(certificate: x509.Certificate, now: datetime) -> Fault | None:
    """Return whether *certificate* is not yet valid or has expired at *now* (RFC 5280, 4.1.2.5).

    Its last second counts as expired, as OpenSSL has it; RFC 5280 includes it.
    """
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        return Fault("expired", f"expired on {describe.iso(ends)}, now it is {describe.iso(now)}")
    if now < begins:
        found = f"valid from {describe.iso(begins)}, now it is {describe.iso(now)}"
        return Fault("not-yet-valid", found)
    return None


def _rsa_fault(key: rsa.RSAPublicKey, found: str) -> Fault | None:
    if key.key_size < _SMALLEST_RSA:
        return Fault("key-too-small", found)
    if key.key_size > _LARGEST_RSA:
        return Fault("key-too-large", found)
    exponent = key.public_numbers().e.bit_length()
    if exponent > public_keys.LONGEST_EXPONENT:
        expected = f"expected up to {public_keys.LONGEST_EXPONENT}"
        return Fault("key-type", f"the key is RSA with an exponent of {exponent} bits, {expected}")
    return None


def _pss_fault(parameters: padding.PSS, digest: hashes.HashAlgorithm, front: Front) -> Fault | None:
    if front == "api-gateway":
        return Fault("signature-pss", "the signature is RSASSA-PSS, expected PKCS #1 or ECDSA")
    mask, salt = parameters.mgf, parameters._salt_length  # noqa: SLF001
    same = isinstance(mask, padding.MGF1) and mask._algorithm.name == digest.name  # noqa: SLF001
    if same and salt == digest.digest_size:
        return None
    expected = f"expected MGF1 with {digest.name!r} and {digest.digest_size} octets of salt"
    return Fault("signature-pss", f"the signature is RSASSA-PSS with {salt} of salt, {expected}")
