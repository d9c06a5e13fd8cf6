"""The five kinds of certificate: what each may do, and for how long."""

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

BACKDATE = timedelta(minutes=5)
"""How far not_before lies back, for clocks that are behind ours."""

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What every certificate of one kind has in common.

    name: "root", "issuing", "client", "server" or "ocsp"; lifetime: the default one;
    san_kinds: which of dns_names, uris, emails, ip_addresses it may carry.
    """

    name: str
    lifetime: timedelta
    basic_constraints: x509.BasicConstraints
    key_usage: x509.KeyUsage
    extended_key_usage: x509.ExtendedKeyUsage | None = None
    san_kinds: frozenset[str] = frozenset()

    @property
    def is_revocable(self) -> bool:
        """Whether our CRL and our responder speak of it."""
        return self.name in LEAVES


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


_CA_USAGE = _key_usage(key_cert_sign=True, crl_sign=True)
_LEAF_USAGE = _key_usage(digital_signature=True)
_LEAF = x509.BasicConstraints(ca=False, path_length=None)

ROOT = Profile("root", 10 * _YEAR, x509.BasicConstraints(ca=True, path_length=1), _CA_USAGE)
ISSUING = Profile("issuing", 5 * _YEAR, x509.BasicConstraints(ca=True, path_length=0), _CA_USAGE)
CLIENT = Profile(
    "client",
    timedelta(days=30),
    _LEAF,
    _LEAF_USAGE,
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
    frozenset({"dns_names", "uris", "emails", "ip_addresses"}),
)
SERVER = Profile(
    "server",
    timedelta(days=90),
    _LEAF,
    _LEAF_USAGE,
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    frozenset({"dns_names", "ip_addresses"}),
)
RESPONDER = Profile(
    "ocsp",
    timedelta(days=30),
    _LEAF,
    _LEAF_USAGE,
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),
)
"""Signs OCSP answers for the issuing CA; never asked about itself (RFC 6960, 4.2.2.2.1)."""

LEAVES = {profile.name: profile for profile in (CLIENT, SERVER)}
