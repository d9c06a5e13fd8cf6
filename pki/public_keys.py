"""Which public keys we take, and what we call them."""

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from .errors import PkiError

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

KEY_TYPES = ("ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096")
DEFAULT_KEY_TYPE = "ec-p256"
CURVES: dict[str, type[ec.EllipticCurve]] = {"p256": ec.SECP256R1, "p384": ec.SECP384R1}

#: In bits. With a longer one a signature takes as long to verify as to make; above 3072 bits of key
#: OpenSSL verifies none.
LONGEST_EXPONENT = 64

_SMALLEST_RSA, _LARGEST_RSA, _SMALLEST_EXPONENT = 2048, 8192, 3
_HINT = "make a key that terminators take: openssl ecparam -name prime256v1 -genkey -noout"


def describe(key: PublicKeyTypes) -> str:
    """Return the name of *key*'s type: "ec-p256", "rsa-2048", "ec-secp521r1", "ed25519"."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        for name, curve in CURVES.items():
            if isinstance(key.curve, curve):
                return f"ec-{name}"
        return f"ec-{key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey").lower()


def accept(key: PublicKeyTypes) -> PublicKey:
    """Return *key* if API Gateway and ALB take it, or raise PkiError.

    P-256, P-384, and RSA of 2048 to 8192 bits with an odd exponent of at least 3
    (RFC 8017, 3.1) and of at most LONGEST_EXPONENT bits.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, tuple(CURVES.values())):
            return key
    elif isinstance(key, rsa.RSAPublicKey):
        if not _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
            raise PkiError(f"key is {describe(key)!r}, expected RSA of 2048 to 8192 bits", _HINT)
        exponent = key.public_numbers().e
        if exponent < _SMALLEST_EXPONENT or exponent % 2 == 0:
            raise PkiError(f"RSA exponent is {exponent}, expected an odd one from 3 up", _HINT)
        if (bits := exponent.bit_length()) > LONGEST_EXPONENT:
            raise PkiError(
                f"RSA exponent has {bits} bits, expected up to {LONGEST_EXPONENT}", _HINT
            )
        return key
    raise PkiError(f"key is {describe(key)!r}, expected P-256, P-384 or RSA", _HINT)
