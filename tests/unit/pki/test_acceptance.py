"""A table of leaves: what each front says of them. Every no has its yes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pki.acceptance import Accepted, Refused
from tests import builders
from tests.builders import Holder, authority, leaf, rsa_key
from tests.conftest import require
from tests.unit.pki import oddities
from tests.unit.pki.fronts import (
    FRONTS,
    GOOD,
    ISSUING,
    ROOT,
    STORE,
    Client,
    code,
    openssl_accepts,
    verdict,
)
from tests.unit.pki.oddities import DAY, NOW, edited, hashed, signed, unknown

ANY_USE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
AGREES = builders._usage("key_agreement")
RSA = leaf(issuer=ISSUING, key=rsa_key(2048))
RSA_SPKI = bytes.fromhex("30820122300d06092a864886f70d0101010500")
PSS_SPKI = bytes.fromhex("30820120300b06092a864886f70d01010a")
LARGE = rsa.RSAPublicNumbers(65537, 2**8199 + 1).public_key()
LONG = rsa.RSAPublicNumbers(2**64 + 1, 2**2047 + 1).public_key()
NOT_SO_LONG = rsa.RSAPublicNumbers(2**63 + 1, 2**2047 + 1).public_key()
NETSCAPE = "2.16.840.1.113730.1.1"
POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])


def curve(of: ec.EllipticCurve) -> Holder:
    return leaf(issuer=ISSUING, key=ec.generate_private_key(of))


def days(first: int, last: int) -> Holder:
    return leaf(issuer=ISSUING, not_before=NOW + first * DAY, lifetime=(last - first) * DAY)


def numbered(der: bytes) -> Holder:
    return edited(ISSUING, oddities.serial_number(der), GOOD)


def typed(value: bytes) -> Holder:
    return signed(ISSUING, (unknown(NETSCAPE, value), False))


def twice() -> Holder:
    one, other = unknown("1.2.3.4", b"\5\0"), unknown("1.2.3.5", b"\5\0")
    both = signed(ISSUING, (one, False), (other, False))
    return edited(ISSUING, oddities.replaced(b"\x2a\3\5", b"\x2a\3\4"), both)


def odd_san() -> Holder:
    names = x509.SubjectAlternativeName([x509.DNSName("example.org")])
    cut = oddities.replaced(b"\x82\x0bexample.org", b"\x87\x0bexample.org")
    return edited(ISSUING, cut, signed(ISSUING, (names, False)))


def both(code: str) -> tuple[str, str]:
    return code, code


Make = Callable[[], Holder]
#: A leaf, and what each front says; GOOD is the twin of all that are refused.
LEAVES: dict[str, tuple[Make, tuple[str, str]]] = {
    "good": (lambda: GOOD, both("")),
    "bare": (lambda: signed(ISSUING), both("")),
    "no subject": (lambda: leaf(issuer=ISSUING, subject=x509.Name([])), both("")),
    "no keyUsage": (lambda: leaf(issuer=ISSUING, key_usage=None), both("")),
    "extension twice": (twice, both("malformed")),
    "unreadable SAN": (odd_san, both("malformed")),
    "X.509 v1": (lambda: edited(ISSUING, oddities.without_version, GOOD), both("version")),
    "serial 0": (lambda: numbered(b"\2\1\0"), both("serial-number")),
    "serial below 0": (lambda: numbered(b"\2\1\x80"), both("serial-number")),
    "serial of 20 octets": (lambda: numbered(b"\2\x14" + b"\x7f" * 20), both("")),
    "serial of 21 octets": (lambda: numbered(b"\2\x15\0" + b"\xff" * 20), both("serial-number")),
    "expired": (lambda: days(-2, -1), both("expired")),
    "last second": (lambda: days(-1, 0), both("expired")),
    "first second": (lambda: days(0, 1), both("")),
    "not yet valid": (lambda: days(1, 2), both("not-yet-valid")),
    "P-384": (lambda: curve(ec.SECP384R1()), both("")),
    "P-521": (lambda: curve(ec.SECP521R1()), ("key-type", "")),
    "P-224": (lambda: curve(ec.SECP224R1()), both("key-type")),
    "secp256k1": (lambda: curve(ec.SECP256K1()), both("key-type")),
    "Ed25519": (
        lambda: leaf(issuer=ISSUING, key=ed25519.Ed25519PrivateKey.generate()),
        both("key-type"),
    ),
    "Ed448": (
        lambda: signed(ISSUING, public_key=ed448.Ed448PrivateKey.generate().public_key()),
        both("key-type"),
    ),
    "ML-DSA": (
        lambda: signed(ISSUING, public_key=mldsa.MLDSA44PrivateKey.generate().public_key()),
        both("key-type"),
    ),
    "DSA": (
        lambda: signed(ISSUING, public_key=dsa.generate_private_key(2048).public_key()),
        both("key-type"),
    ),
    "unknown key": (
        lambda: edited(
            ISSUING,
            oddities.replaced(b"\x2a\x86\x48\xce\x3d\2\1", b"\x2a\x86\x48\xce\x3d\2\x7f"),
            GOOD,
        ),
        both("key-type"),
    ),
    "RSA 8200": (lambda: signed(ISSUING, public_key=LARGE), both("key-too-large")),
    "RSA, exponent 65538": (
        lambda: edited(ISSUING, oddities.replaced(b"\2\3\1\0\1", b"\2\3\1\0\2"), RSA),
        both("key-type"),
    ),
    "RSA, exponent of 65 bits": (lambda: signed(ISSUING, public_key=LONG), both("key-type")),
    "RSA, exponent of 64 bits": (lambda: signed(ISSUING, public_key=NOT_SO_LONG), both("")),
    "RSA for PSS": (
        lambda: edited(ISSUING, oddities.replaced(RSA_SPKI, PSS_SPKI), RSA),
        both("key-for-pss"),
    ),
    "RSA 2048": (lambda: leaf(issuer=ISSUING, key=rsa_key(2048)), both("")),
    "RSA 2047": (lambda: leaf(issuer=ISSUING, key=rsa_key(2047)), both("key-too-small")),
    "RSA 1024": (lambda: leaf(issuer=ISSUING, key=rsa_key(1024)), both("key-too-small")),
    "SHA-384": (lambda: hashed(ISSUING, hashes.SHA384()), both("")),
    "SHA-1": (lambda: leaf(issuer=ISSUING, signed_with="sha1"), both("signature-hash")),
    "SHA-224": (lambda: hashed(ISSUING, hashes.SHA224()), both("signature-hash")),
    "SHA-3": (lambda: hashed(ISSUING, hashes.SHA3_256()), both("signature-type")),
    "self-signed": (lambda: leaf(issuer=None), both("self-signed")),
    "the root": (lambda: ROOT, both("self-signed-listed")),
    "the issuing CA": (lambda: ISSUING, both("authority")),
    "a CA": (lambda: leaf(issuer=ISSUING, ca=True), both("authority")),
    "serverAuth": (lambda: leaf(issuer=ISSUING, eku=builders.SERVER_AUTH), both("not-for-clients")),
    "any use": (lambda: leaf(issuer=ISSUING, eku=ANY_USE), both("not-for-clients")),
    "enciphers": (lambda: leaf(issuer=ISSUING, key_usage=builders.ENCIPHERS), both("may-not-sign")),
    "agrees": (lambda: leaf(issuer=ISSUING, key_usage=AGREES), both("may-not-sign")),
    "Netscape client": (lambda: typed(b"\3\2\7\x80"), both("")),
    "Netscape server": (lambda: typed(b"\3\2\6\x40"), both("netscape-type")),
    "Netscape, no bit string": (lambda: typed(b"\4\2\7\x80"), both("netscape-type")),
    "Netscape, 8 unused bits": (lambda: typed(b"\3\2\x08\x80"), both("netscape-type")),
    "Netscape, nothing": (lambda: typed(b""), both("netscape-type")),
    "Netscape, cut": (lambda: typed(b"\3\2"), both("netscape-type")),
    "serverAuth, enciphers": (
        lambda: leaf(issuer=ISSUING, eku=builders.SERVER_AUTH, key_usage=builders.ENCIPHERS),
        both("not-for-clients"),
    ),
    "unknown critical": (
        lambda: leaf(issuer=ISSUING, critical=builders.UNKNOWN_EXTENSION),
        both("critical-extension"),
    ),
    "unknown": (lambda: signed(ISSUING, (builders.UNKNOWN_EXTENSION, False)), both("")),
    "critical policies": (lambda: signed(ISSUING, (POLICIES, True)), both("critical-extension")),
    "policies": (lambda: signed(ISSUING, (POLICIES, False)), both("")),
    "proxy": (
        lambda: signed(ISSUING, (unknown("1.3.6.1.5.5.7.1.14", b"\5\0"), False)),
        both("critical-extension"),
    ),
    "stranger's": (
        lambda: leaf(issuer=authority(subject="CN=Stranger")),
        both("issuer-not-found"),
    ),
    "namesake's": (
        lambda: leaf(issuer=authority(subject="CN=Issuing,O=Test")),
        both("issuer-has-another-key"),
    ),
    "a leaf's": (lambda: leaf(issuer=GOOD), both("issuer-not-found")),
}
#: Where OpenSSL, and with it the laptop's nginx, would let in what is refused here.
STRICTER = {"X.509 v1", "serial 0", "serial below 0", "serial of 21 octets", "P-224", "secp256k1"}
STRICTER |= {"Ed25519", "Ed448", "RSA 2047", "SHA-224", "DSA", "a CA", "agrees"}
STRICTER |= {"critical policies", "unreadable SAN", "extension twice", "RSA 8200"}
STRICTER |= {"RSA, exponent 65538", "RSA, exponent of 65 bits", "RSA for PSS"}


@pytest.mark.parametrize("case", LEAVES)
def test_a_leaf_gets_its_verdict(case: str) -> None:
    make, codes = LEAVES[case]
    client = Client(make())
    assert tuple(code(client, front) for front in FRONTS) == codes
    assert [code(Client(GOOD), front) for front in FRONTS] == ["", ""]


def test_alb_accepts_no_more_than_openssl(tmp_path: Path) -> None:
    require("openssl")
    different = set()
    for case, (make, (_, alb)) in LEAVES.items():
        accepts = openssl_accepts(Client(make()), tmp_path)
        assert accepts or alb, f"OpenSSL refuses {case!r}"
        if accepts and alb:
            different.add(case)
    assert different == STRICTER


def test_a_self_signed_leaf_in_the_truststore_vouches_for_nobody() -> None:
    holder = leaf(issuer=None)
    for front in FRONTS:
        assert code(Client(holder, (holder, *STORE)), front) == "self-signed-listed"
        assert code(Client(GOOD, (holder, *STORE)), front) == ""


def test_a_refusal_says_what_was_found_and_expected() -> None:
    found = verdict(Client(leaf(issuer=ISSUING, signed_with="sha1")), "api-gateway")
    assert isinstance(found, Refused)
    assert found.aws == "Client cert using an insecure Signature Algorithm"
    assert found.because == "the signature uses 'sha1', expected SHA-256, SHA-384 or SHA-512"
    found = verdict(Client(days(-2, -1)), "alb")
    assert isinstance(found, Refused)
    assert found.aws == "ClientCertExpired"


def test_an_accepted_path_says_how_long_it_holds() -> None:
    short = authority(subject="CN=Short", issuer=ROOT, lifetime=3 * DAY)
    found = verdict(Client(leaf(issuer=short), (ROOT, short)), "alb")
    assert isinstance(found, Accepted)
    assert found.not_after == short.certificate.not_valid_after_utc
    assert found.path[1:] == (short.certificate, ROOT.certificate)


LEAF_DER = GOOD.certificate.public_bytes(Encoding.DER)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(LEAF_DER) - 1), st.integers(0, 255)), max_size=3),
    st.sampled_from(["leaf", "sent", "truststore"]),
)
def test_nothing_is_raised_for_what_can_be_loaded(places: list[tuple[int, int]], role: str) -> None:
    der = bytearray(LEAF_DER if role == "leaf" else ISSUING.certificate.public_bytes(Encoding.DER))
    for place, value in places:
        der[place % len(der)] = value
    try:
        odd = Holder(oddities.loaded(bytes(der)), GOOD.key)
    except (ValueError, x509.InvalidVersion):
        return
    changed = any(bytes(der) != h.certificate.public_bytes(Encoding.DER) for h in (GOOD, ISSUING))
    for front in FRONTS:
        if role == "leaf":
            refused = isinstance(verdict(Client(odd), front), Refused)
            assert refused == (bytes(der) != LEAF_DER), "a changed leaf is not signed"
        elif role == "sent":
            assert code(Client(GOOD, STORE, (odd,)), front) == ""
        else:
            assert changed
            verdict(Client(GOOD, (ROOT, odd)), front)
