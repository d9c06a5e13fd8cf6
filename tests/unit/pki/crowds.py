"""Very many CAs, and every signature that is verified among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509

from pki import issuers, signature
from pki.lint import signatures
from tests.builders import Holder, p256
from tests.lint.cas import ENDS, Ids, ca

NONE = Ids(left_out=True)
#: The issuer, and what it may have signed.
Verified = list[tuple[x509.Certificate, x509.Certificate]]


def counted(monkeypatch: pytest.MonkeyPatch) -> Verified:
    """Every signature that is verified from now on."""
    done: Verified = []
    verify = signature.verify

    def counting(certificate: x509.Certificate, own: Any, issuer: x509.Certificate) -> None:
        done.append((issuer, certificate))
        verify(certificate, own, issuer)

    for module in (issuers, signatures):
        monkeypatch.setattr(module, "verify", counting)
    return done


def certificates(holders: Sequence[Holder]) -> list[x509.Certificate]:
    return [holder.certificate for holder in holders]


@cache
def namesakes(count: int) -> tuple[Holder, ...]:
    """CAs of one name below a root of that name that is not there, and no key identifiers."""
    above = ca(ids=NONE)
    return tuple(ca(issuer=above, ids=NONE) for _ in range(count))


@cache
def editions(count: int) -> tuple[Holder, ...]:
    """Roots of one name and key."""
    key = p256()
    return tuple(ca(key=key, ends=ENDS + timedelta(number)) for number in range(count))
