"""Vectors for the rules on each certificate: what it is, its key, its signature, its days."""

from __future__ import annotations

import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests import builders
from tests.builders import Holder, rsa_key
from tests.lint.cas import DAY, NOW, SECOND, Ids, ca, store
from tests.lint.case import Case, barely, trips
from tests.unit.pki import oddities

_RSA_SPKI = bytes.fromhex("30820122300d06092a864886f70d0101010500")
_PSS_SPKI = bytes.fromhex("30820120300b06092a864886f70d01010a")
_BOTH_USES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
)
_SAN = x509.SubjectAlternativeName([x509.DNSName("ca.example.org")])


def below(**wishes: object) -> bytes:
    """A CA as wished, and its root."""
    root = ca()
    return store(ca("CN=Issuing", root, **wishes), root)  # type: ignore[arg-type]


def with_key(public_key: CertificatePublicKeyTypes) -> bytes:
    return below(public_key=public_key)


def fabricated(bits: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    """Nobody has the private key; it would take minutes to make one."""
    return rsa.RSAPublicNumbers(exponent, 2 ** (bits - 1) + 1).public_key()


def version_one() -> bytes:
    root = ca(constraints=None, usage=None, ids=Ids(left_out=True))
    return store(oddities.edited(root, oddities.without_version, root))


def numbered(der: str) -> bytes:
    root = ca()
    change = oddities.serial_number(bytes.fromhex(der))
    return store(oddities.edited(root, change, ca("CN=Issuing", root)), root)


def key_for_pss() -> bytes:
    root = ca()
    holder = ca("CN=Issuing", root, key=rsa_key(2048))
    return store(oddities.edited(root, oddities.replaced(_RSA_SPKI, _PSS_SPKI), holder), root)


def signed(kind: str | hashes.HashAlgorithm) -> bytes:
    root = ca(key=rsa_key(2048)) if kind == "pss" else ca()
    return store(ca("CN=Issuing", root, signed_with=kind), root)


def leaf() -> bytes:
    root = ca()
    no_ca = x509.BasicConstraints(ca=False, path_length=None)
    purpose = (builders.CLIENT_AUTH, False)
    return store(
        ca("CN=billing", root, constraints=no_ca, usage=builders.SIGNS, extra=[purpose]), root
    )


def unlike_a_leaf() -> bytes:
    return below(extra=[(builders.CLIENT_AUTH, False), (_SAN, False)])


def renewed(ends: int) -> bytes:
    """A root that ends so many seconds from now, and its successor."""
    first = ca(ends=NOW + ends * SECOND)
    return store(first, ca(key=first.key))


def constrained(tree: x509.GeneralName) -> bytes:
    return below(extra=[(x509.NameConstraints([tree], None), True)])


def named(length: int) -> Holder:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = x509.NameAttribute(NameOID.COMMON_NAME, "x" * length, _validate=False)
    return ca(x509.Name([part]))


_FORM = {
    "leaf": trips("A client's leaf where a CA belongs.", leaf, "warning leaf"),
    "leaf-barely-not": barely(
        "A CA with clientAuth and a SAN is a CA.", unlike_a_leaf, "leaf", "not-for-clients"),
    "no-basic-constraints": trips(
        "A CA without basicConstraints, that may sign certificates.",
        lambda: below(constraints=None), "error no-basic-constraints"),
    "no-authority": trips(
        "CA:FALSE, and yet keyCertSign.",
        lambda: below(constraints=x509.BasicConstraints(ca=False, path_length=None)),
        "error no-authority"),
    "no-authority-barely-not": barely(
        "CA:FALSE without keyCertSign is a leaf.", leaf, "no-authority",
        expect=("warning leaf",)),
    "may-not-issue": trips(
        "A CA whose key may sign CRLs alone.",
        lambda: below(usage=builders._usage("crl_sign")), "error may-not-issue"),
    "no-key-usage": trips(
        "A CA without keyUsage.", lambda: below(usage=None), "warning no-key-usage"),
    "key-usage-barely": barely(
        "A CA with keyCertSign and nothing else.",
        lambda: below(usage=builders._usage("key_cert_sign")), "may-not-issue", "no-key-usage"),
    "not-critical": trips(
        "basicConstraints is there, and not critical.", lambda: below(is_critical=False),
        "warning not-critical"),
    "version": trips("A root in X.509 v1.", version_one, "error version"),
    "serial-number": trips(
        "A serial number of 21 octets.", lambda: numbered("0215" + "00" + "ff" * 20),
        "error serial-number"),
    "serial-number-zero": trips(
        "The serial number 0.", lambda: numbered("020100"), "error serial-number"),
    "serial-number-barely-not": barely(
        "A serial number of 20 octets.", lambda: numbered("0214" + "7f" * 20), "serial-number"),
    "not-for-clients": trips(
        "A CA for servers alone.", lambda: below(extra=[(builders.SERVER_AUTH, False)]),
        "error not-for-clients"),
    "for-clients-and-servers": barely(
        "A CA for servers and clients.", lambda: below(extra=[(_BOTH_USES, False)]),
        "not-for-clients"),
    "critical-extension": trips(
        "A critical extension that nobody knows.",
        lambda: below(extra=[(builders.UNKNOWN_EXTENSION, True)]), "error critical-extension"),
    "no-key-identifier": trips(
        "A root without a key identifier.", lambda: store(ca(ids=Ids(left_out=True))),
        "info no-key-identifier"),
}  # fmt: skip
_KEYS = {
    "key-too-small": trips(
        "RSA of 2047 bits.", lambda: with_key(rsa_key(2047).public_key()),
        "error key-too-small api-gateway", "error key-too-small alb"),
    "key-of-2048-bits": barely(
        "RSA of 2048 bits.", lambda: with_key(rsa_key(2048).public_key()),
        "key-too-small", "key-for-pss"),
    "key-too-large": trips(
        "RSA of 8200 bits.", lambda: with_key(fabricated(8200)),
        "error key-too-large api-gateway", "error key-too-large alb"),
    "key-of-8192-bits": barely(
        "RSA of 8192 bits.", lambda: with_key(fabricated(8192)), "key-too-large"),
    "key-type-p521": trips(
        "P-521: ALB lists it, API Gateway does not.",
        lambda: store(ca(key=ec.generate_private_key(ec.SECP521R1()))),
        "error key-type api-gateway"),
    "key-type-p521-for-alb": barely(
        "P-521, for ALB.", lambda: store(ca(key=ec.generate_private_key(ec.SECP521R1()))),
        "key-type", front="alb"),
    "key-type-ed25519": trips(
        "Ed25519 is on neither page.",
        lambda: store(ca(key=ed25519.Ed25519PrivateKey.generate())),
        "error key-type api-gateway", "error key-type alb"),
    "key-type-mldsa": trips(
        "ML-DSA: both have been reported to refuse it.",
        lambda: with_key(mldsa.MLDSA44PrivateKey.generate().public_key()),
        "error key-type api-gateway", "error key-type alb"),
    "key-type-exponent": trips(
        "RSA with an exponent of 65 bits: it takes long to verify what it has signed.",
        lambda: with_key(fabricated(2048, 2**64 + 1)), "error key-type"),
    "key-exponent-of-64-bits": barely(
        "RSA with an exponent of 64 bits.",
        lambda: with_key(fabricated(2048, 2**63 + 1)), "key-type"),
    "key-p384": barely(
        "P-384.", lambda: store(ca(key=ec.generate_private_key(ec.SECP384R1()))), "key-type"),
    "key-for-pss": trips("An RSA key for PSS alone.", key_for_pss, "error key-for-pss"),
    "signature-hash": trips(
        "An issuing CA signed with SHA-1.", lambda: signed("sha1"), "error signature-hash"),
    "signature-hash-sha224": trips(
        "An issuing CA signed with SHA-224.", lambda: signed(hashes.SHA224()),
        "error signature-hash"),
    "signature-sha384": barely(
        "An issuing CA signed with SHA-384.", lambda: signed(hashes.SHA384()),
        "signature-hash", "signature-type"),
    "signature-type": trips(
        "An issuing CA signed with SHA-3.", lambda: signed(hashes.SHA3_256()),
        "error signature-type"),
    "signature-pss": trips(
        "An issuing CA signed with RSASSA-PSS: ALB takes it, API Gateway does not list it.",
        lambda: signed("pss"), "error signature-pss api-gateway"),
    "signature-pss-for-alb": barely(
        "The same for ALB.", lambda: signed("pss"), "signature-pss", front="alb"),
    "root-signature": trips(
        "A root that signed itself with SHA-1.", lambda: store(ca(signed_with="sha1")),
        "warning root-signature"),
    "root-signature-sha384": barely(
        "A root that signed itself with SHA-384.",
        lambda: store(ca(signed_with=hashes.SHA384())), "root-signature"),
}  # fmt: skip
_DAYS = {
    "expired": trips("It expires at this very second.", lambda: store(ca(ends=NOW)),
                     "error expired"),
    "expired-barely-not": barely(
        "It has a second left.", lambda: store(ca(ends=NOW + SECOND)), "expired",
        expect=("warning expires-soon",)),
    "expired-renewed": trips(
        "It has expired, and its successor with the same key is there.", lambda: renewed(-1),
        "warning expired-renewed"),
    "renewed-in-time": barely(
        "It has a second left, and its successor with the same key is there.",
        lambda: renewed(1), "expired-renewed", expect=("info reissued",)),
    "not-yet-valid": trips(
        "It is valid from the next second.", lambda: store(ca(begins=NOW + SECOND)),
        "warning not-yet-valid"),
    "valid-from-now": barely(
        "It is valid from this very second.", lambda: store(ca(begins=NOW)), "not-yet-valid"),
    "expires-soon": trips(
        "It expires in 30 days.", lambda: store(ca(ends=NOW + 30 * DAY)),
        "warning expires-soon"),
    "expires-soon-barely-not": barely(
        "It expires in 30 days and a second.", lambda: store(ca(ends=NOW + 30 * DAY + SECOND)),
        "expires-soon"),
    "odd-name": trips(
        "A name with an umlaut.", lambda: store(ca("CN=Prüfstelle")), "warning odd-name"),
    "odd-name-control": trips(
        "A name with an escape sequence for terminals.",
        lambda: store(ca("CN=\x1b[2Jroot")), "warning odd-name"),
    "odd-name-barely-not": barely(
        "A name with what RFC 4514 has to escape.", lambda: store(ca(r"CN=\#1\, \"A\" \+ \<B\>")),
        "odd-name"),
    "long-name": trips("A common name of 65 characters.", lambda: store(named(65)),
                       "warning long-name"),
    "long-name-barely-not": barely(
        "A common name of 64 characters.", lambda: store(named(64)), "long-name"),
    "no-name": trips("A root with an empty subject.", lambda: store(ca(x509.Name([]))),
                     "error no-name"),
    "short-name": barely("A name of one letter.", lambda: store(ca("CN=x")), "no-name"),
    "name-constraints": trips(
        "A CA for names below example.org alone.",
        lambda: constrained(x509.DNSName("example.org")), "info name-constraints"),
    "name-constraints-kind": trips(
        "A CA for one directory tree alone.",
        lambda: constrained(x509.DirectoryName(x509.Name.from_rfc4514_string("O=Example"))),
        "error name-constraints-kind"),
    "name-constraints-kind-barely-not": barely(
        "A CA for URIs of one host alone.",
        lambda: constrained(x509.UniformResourceIdentifier("example.org")),
        "name-constraints-kind", expect=("info name-constraints",)),
}  # fmt: skip
CASES: dict[str, Case] = {**_FORM, **_KEYS, **_DAYS}
