"""Signatures in a truststore, verified on all processors: the longest part of lint."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pki.algorithms import signature_fault
from pki.errors import UNREADABLE
from pki.signature import verify

from .members import Member

#: An issuer, and what it may have issued.
Pair = tuple[Member, Member]

_MOST_THREADS = 8
_FEW = 40  # for fewer a thread is not worth its start


def verified(pairs: Sequence[Pair]) -> list[bool]:
    """Return of each of *pairs* whether the first's key is behind the second.

    Yes where only another rule can tell: a key that no front takes, a hash that is too weak.
    """
    count = min(os.cpu_count() or 1, _MOST_THREADS, len(pairs) // _FEW)
    if count < 2:  # noqa: PLR2004
        return _all(pairs)
    # cryptography lets other threads run while it verifies. Portions are small, for a processor
    # may have other work too.
    with ThreadPoolExecutor(count) as pool:
        parts = pool.map(_all, (pairs[n : n + _FEW] for n in range(0, len(pairs), _FEW)))
        return [is_signed for part in parts for is_signed in part]


def _all(pairs: Sequence[Pair]) -> list[bool]:
    return [_has_signed(issuer, member) for issuer, member in pairs]


def _has_signed(issuer: Member, member: Member) -> bool:
    if not issuer.cost:
        return True
    try:
        verify(member.certificate, member.parts, issuer.certificate)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, TypeError):  # a key or a hash that no front takes
        return True
    except UNREADABLE:
        # cryptography verifies no SHA-1 here: that such a signature is refused is another rule's.
        return signature_fault(member.certificate, "alb") is not None
    return True
