"""Verify a chain ourselves, where the terminator has not: ALB passthrough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from .certificate import UNREADABLE


class UntrustedChain(ValueError):
    """No path leads from the leaf to a trust anchor, or the leaf is not for clients."""


@dataclass(frozen=True, slots=True)
class Path:
    """A verified path: it holds from *not_before* to *not_after*, aware UTC."""

    leaf: x509.Certificate
    not_before: datetime
    not_after: datetime


#: ALB looks four certificates up from the leaf ("Quotas for your Application Load Balancers").
MAX_AUTHORITIES = 4
#: Hints with equal names make the search grow with its third power, and anybody may send them.
MAX_HINTS = 8
RSA_BITS = range(2048, 8193)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def verify(
    chain: Sequence[x509.Certificate], truststore: Sequence[x509.Certificate], now: datetime
) -> Path:
    """Return the path of the leaf of *chain*, or raise UntrustedChain.

    1. the leaf comes first (RFC 8446, 4.4.2); what follows are only hints;
    2. its key is one that ALB takes (RSA 2048 to 8192, P-256, P-384, P-521), and so is each above;
    3. a path of at most four authorities leads to a self-signed one of *truststore*; each may issue
       (RFC 5280, 4.2.1.3, 4.2.1.9);
    4. every certificate on it is valid at *now*, signed with SHA-256 or better (RFC 5280, 6.1);
    5. the leaf is no authority, may sign (keyUsage) and, if it names its uses, names clientAuth
       (RFC 5280, 4.2.1.3, 4.2.1.9, 4.2.1.12).

    Revocation is not looked at here.
    """
    leaf, *hints = chain  # (1)
    if len(hints) > MAX_HINTS:
        raise UntrustedChain(f"{len(hints)} certificates came with the leaf, {MAX_HINTS} are read")
    anchors = [certificate for certificate in truststore if _is_anchor(certificate)]
    if not anchors:
        raise UntrustedChain("the truststore has no trust anchor")
    try:
        between = [hint for hint in hints if hint.subject != hint.issuer]
        between += [certificate for certificate in truststore if not _is_anchor(certificate)]
        path = _verifier(anchors, now).verify(leaf, between).chain  # (3), (4), (5)
        for certificate in path:
            _require_known_key(certificate)  # (2)
    except UntrustedChain:
        raise
    except (VerificationError, *UNREADABLE) as error:
        raise UntrustedChain(str(error)) from error
    return Path(
        leaf,
        max(certificate.not_valid_before_utc for certificate in path),
        min(certificate.not_valid_after_utc for certificate in path),
    )


def _verifier(anchors: list[x509.Certificate], now: datetime) -> ClientVerifier:
    return (
        PolicyBuilder()
        .store(Store(anchors))
        .time(now)
        .max_chain_depth(MAX_AUTHORITIES - 1)  # it counts the certificates between
        .extension_policies(ca_policy=_CA_POLICY, ee_policy=_EE_POLICY)
        .build_client_verifier()
    )


def _require_known_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS:
        return
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return
    raise UntrustedChain("expected RSA keys of 2048 to 8192 bits or P-256, P-384, P-521")


@lru_cache(maxsize=1024)  # a truststore's worth: the same few are asked about with every chain
def _is_anchor(certificate: x509.Certificate) -> bool:
    """A CA that signed itself; a self-signed leaf vouches for nobody, not even for itself.

    Of a CA's renewed key its old one may sign the certificate: subject and issuer are the same
    there too, and it is no root (RFC 5280, 3.2: self-issued, not self-signed).
    """
    try:
        certificate.verify_directly_issued_by(certificate)
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, InvalidSignature, *UNREADABLE):
        return False


def _may_issue(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("a certificate above the leaf is no authority")


def _may_sign_certificates(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an authority may not issue: keyUsage lacks keyCertSign")


def _constrains_what_is_checked(
    _: Policy, __: x509.Certificate, constraints: x509.NameConstraints | None
) -> None:
    """The verifier holds constraints on DNS names and addresses against a leaf, and no others."""
    if constraints is None:
        return
    for subtree in (
        *(constraints.permitted_subtrees or ()),
        *(constraints.excluded_subtrees or ()),
    ):
        if not isinstance(subtree, x509.DNSName | x509.IPAddress):
            raise ValueError(f"a name constraint on a {type(subtree).__name__} is not understood")


def _no_authority(
    _: Policy, __: x509.Certificate, constraints: x509.BasicConstraints | None
) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("the leaf is an authority")


def _may_sign(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("the leaf may not sign: keyUsage lacks digitalSignature")


def _for_clients(_: Policy, __: x509.Certificate, uses: x509.ExtendedKeyUsage | None) -> None:
    if uses is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in uses:
        raise ValueError("not for clients: extendedKeyUsage lacks clientAuth")


_AGNOSTIC = Criticality.AGNOSTIC
# The verifier's defaults are those of the Web PKI, which wants more of a certificate than RFC 5280
# and ALB do: a SAN in leaves, keyUsage and key identifiers in authorities.
_CA_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _AGNOSTIC, _may_issue)
    .may_be_present(x509.KeyUsage, _AGNOSTIC, _may_sign_certificates)
    .may_be_present(x509.ExtendedKeyUsage, _AGNOSTIC, _for_clients)
    .may_be_present(x509.NameConstraints, _AGNOSTIC, _constrains_what_is_checked)
)
_EE_POLICY = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, _AGNOSTIC, _no_authority)
    .may_be_present(x509.KeyUsage, _AGNOSTIC, _may_sign)
    .may_be_present(x509.ExtendedKeyUsage, _AGNOSTIC, _for_clients)
)
