"""What a search for issuers may cost: strangers choose how many there are, and with which keys."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from .errors import UNREADABLE
from .public_keys import LONGEST_EXPONENT

_OCTETS, _SORTED = 2000, 4
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
    """A search that ends, found or not, when it would cost more than *most*.

    1 is a signature with P-256, about 50 µs. What it costs is counted of *within* too, if that is
    a larger search. is_over: it was given up, and what was not looked at then is not known.
    """

    most: int
    within: "Search | None" = None
    cost: int = 0
    is_over: bool = False

    @property
    def left(self) -> int:
        """Return what it may still cost."""
        left = self.most - self.cost
        return left if self.within is None else min(left, self.within.left)

    def may(self, cost: int) -> bool:
        """Count *cost* if that much is left; if it is not, nothing is counted, and it is over."""
        if self.is_over or cost > self.left:
            self.is_over = True
            return False
        self.cost += cost
        if self.within is not None:
            self.within.cost += cost
        return True

    def again(self, cost: int) -> bool:
        """Count *cost* for what is known by now: it was paid of *within* when it was found."""
        if self.is_over or cost > self.most - self.cost:
            self.is_over = True
            return False
        self.cost += cost
        return True


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


def cost_of_sorting(count: int) -> int:
    """Return what it costs to have *count* certificates to choose from."""
    return count // _SORTED


def _up_to(costs: dict[int, int], bits: int) -> int:
    return next((cost for most, cost in costs.items() if bits <= most), 0)
