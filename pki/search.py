"""What a search for issuers may cost: strangers choose how many there are, and with which keys."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from .errors import UNREADABLE
from .public_keys import LONGEST_EXPONENT

_OCTETS = 2000
# By bits, how many times as long as with P-256 it takes; above the last it is not done.
_RSA = {4096: 1, 8192: 4, 16_384: 16}
_DSA = {2048: 5, 3072: 10}
_OTHER_CURVES = {256: 5, 384: 10, 571: 20}
_CURVES: dict[type[ec.EllipticCurve], int] = {
    ec.SECP256R1: 1,
    ec.SECP384R1: 7,
    ec.SECP521R1: 7,
}
_OTHERS = 4


@dataclass(slots=True)
class Search:
    """A search that ends, found or not, when it has cost *most*: 1 is a signature with P-256."""

    most: int
    cost: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it was given up: what was not looked at then is not known."""
        return self.cost > self.most

    def may(self, cost: int) -> bool:
        """Count *cost*; whether that much was still left."""
        self.cost += cost
        return not self.is_over


def cost_of_key(issuer: x509.Certificate) -> int:
    """Return what a signature by the key of *issuer* costs; 0 for a key that nobody is to use.

    Of such a key it is not known what it has signed: too long, or of an unknown kind. No front
    takes it (algorithms.key_fault).
    """
    try:
        key = issuer.public_key()
    except UNREADABLE:
        return 0
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(type(key.curve)) or _up_to(_OTHER_CURVES, key.key_size)
    if isinstance(key, rsa.RSAPublicKey):
        is_long = key.public_numbers().e.bit_length() > LONGEST_EXPONENT
        return 0 if is_long else _up_to(_RSA, key.key_size)
    if isinstance(key, dsa.DSAPublicKey):
        return _up_to(_DSA, key.key_size)
    return _OTHERS


def cost_of_size(octets: int) -> int:
    """Return what it costs besides that a certificate has so many *octets*."""
    return octets // _OCTETS


def _up_to(costs: dict[int, int], bits: int) -> int:
    return next((cost for most, cost in costs.items() if bits <= most), 0)
