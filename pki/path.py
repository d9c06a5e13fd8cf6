"""A path from a leaf to a root, as cryptography's verifier finds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from .verdict import Fault

#: "Maximum length of the certificate chain: 4" (API Gateway; in the field: the root and three
#: intermediates), "Maximum certificate depth: 4" (ALB).
MAX_AUTHORITIES = 4

# The verifier's defaults are those of the Web PKI: a SAN in leaves, keyUsage and key identifiers in
# CAs. What the fronts want of an extension is asked in purposes.py, before and with a reason.
_CA_POLICY = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)
_EE_POLICY = ExtensionPolicy.permit_all()

# What the verifier's messages tell, by what is in them: the first that is.
_MESSAGES = {
    "check limit": "search-too-large",
    "max depth": "chain-too-long",
    "path length": "path-length",
    "name constraint": "name-constraints",
    "nameConstraints": "name-constraints",
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a path may be made of: the *leaf*, and CAs above it that are right by themselves.

    anchors: those of the truststore that signed themselves. The verifier takes every certificate
    in its store for an anchor, so nothing else goes there.
    """

    leaf: x509.Certificate
    anchors: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate]

    def path(
        self, now: datetime, max_authorities: int = MAX_AUTHORITIES
    ) -> tuple[x509.Certificate, ...] | Fault:
        """Return a path, leaf first and root last, that holds at *now* (RFC 5280, 6.1).

        It has at most *max_authorities* CAs. The search ends after 128 signatures (cryptography's
        own limit; Go and webpki have 100), so that CAs that issued each other cannot make it long.
        """
        if not self.anchors:
            return Fault("path-refused", "no root of the truststore stands above the leaf")
        verifier = (
            PolicyBuilder()
            .store(Store(list(self.anchors)))
            .time(now)
            .max_chain_depth(max_authorities - 1)  # it counts the certificates between
            .extension_policies(ca_policy=_CA_POLICY, ee_policy=_EE_POLICY)
            .build_client_verifier()
        )
        try:
            return tuple(verifier.verify(self.leaf, list(self.intermediates)).chain)
        except VerificationError as error:
            message = str(error).removeprefix("validation failed: ").splitlines()[0]
        except ValueError as error:
            message = str(error)
        codes = [code for part, code in _MESSAGES.items() if part in message]
        return Fault(codes[0] if codes else "path-refused", f"no path to a root: {message}")
