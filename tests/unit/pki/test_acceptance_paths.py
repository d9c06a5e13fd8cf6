"""A table of truststores: what each front says of a good leaf below them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.acceptance import MAX_SENT
from tests import builders
from tests.builders import Holder, authority, leaf, rsa_key, tower
from tests.conftest import require
from tests.unit.pki.fronts import (
    FRONTS,
    GOOD,
    ISSUING,
    ROOT,
    STORE,
    Client,
    code,
    openssl_accepts,
)
from tests.unit.pki.oddities import (
    DAY,
    NOW,
    ca,
    edited,
    pss,
    serial_number,
    signed,
    without_version,
)

NAME = x509.Name.from_rfc4514_string
RSA_ROOT = authority(subject="CN=RSA Root", key=rsa_key(2048))
ED_ROOT = authority(subject="CN=Ed Root", key=ed25519.Ed25519PrivateKey.generate())
ANY_USE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
SELF = ROOT.certificate.subject
OTHER = x509.AuthorityKeyIdentifier(b"other", None, None)
IDENTIFIER = x509.SubjectKeyIdentifier(b"identifier")
MIDDLE = ca(ROOT, (IDENTIFIER, False))


def below(*authorities: Holder) -> Client:
    return Client(leaf(issuer=authorities[-1]), authorities)


def under(*extensions: tuple[x509.ExtensionType, bool]) -> Client:
    return below(ROOT, ca(ROOT, *extensions))


def days(first: int, last: int) -> Client:
    middle = authority(
        subject="CN=Sub", issuer=ROOT, not_before=NOW + first * DAY, lifetime=(last - first) * DAY
    )
    return below(ROOT, middle)


def keyed(key: builders.PrivateKey) -> Client:
    return below(ROOT, authority(subject="CN=Sub", issuer=ROOT, key=key))


def asking(identifier: x509.AuthorityKeyIdentifier) -> Client:
    return Client(signed(MIDDLE, (identifier, False)), (ROOT, MIDDLE))


def constrained(*names: x509.GeneralName, subject: str = "CN=a,O=Test") -> Client:
    san = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("spiffe://example.org/a")])
    middle = ca(ROOT, (x509.NameConstraints(names, None), True))
    return Client(signed(middle, (san, False), subject=subject), (ROOT, middle))


def path_length(length: int) -> Client:
    above = authority(subject="CN=Above", issuer=ROOT, path_length=length)
    return below(ROOT, above, authority(subject="CN=Below", issuer=above))


def many(intermediates: int, *, sent: bool = False) -> Client:
    root, *middle, holder = tower(intermediates=intermediates)
    return Client(holder, (root,), tuple(middle)) if sent else Client(holder, (root, *middle))


def spelled(name: x509.Name) -> Client:
    return Client(signed(ISSUING, issuer_name=name))


def renamed(kind: _ASN1Type) -> x509.Name:
    attributes = ISSUING.certificate.subject
    return x509.Name([x509.NameAttribute(a.oid, a.value, kind) for a in attributes])


def cross_signed(*, listed: bool) -> Client:
    """The issuing CA twice: below the root, and below one that is not there."""
    stranger = authority(subject="CN=Stranger")
    other = authority(subject="CN=Issuing,O=Test", issuer=stranger, key=ISSUING.key)
    return Client(GOOD, (*STORE, other)) if listed else Client(GOOD, STORE, (other,))


def renewed() -> Client:
    """The issuing CA twice, with one key: the first has expired."""
    old = authority(
        subject="CN=Issuing,O=Test", issuer=ROOT, key=ISSUING.key, not_before=NOW - 9 * DAY,
        lifetime=DAY,
    )  # fmt: skip
    return Client(GOOD, (ROOT, old, ISSUING))


def odd(change: Callable[[bytes], bytes]) -> Client:
    middle = edited(ROOT, change, ISSUING)
    return Client(GOOD, (ROOT, Holder(middle.certificate, ISSUING.key)))


def odd_root(change: Callable[[bytes], bytes]) -> Client:
    return Client(GOOD, (edited(ROOT, change, ROOT), ISSUING))


def each_other() -> Client:
    one, other = (authority(subject=f"CN={name}") for name in ("One", "Other"))
    pair = [
        authority(subject="CN=One", issuer=other, key=one.key),
        authority(subject="CN=Other", issuer=one, key=other.key),
    ]
    return Client(leaf(issuer=one), (ROOT, *pair))


def member(code: str) -> tuple[str, str]:
    return both(f"chain-member-{code}")


def both(code: str) -> tuple[str, str]:
    return code, code


CHAINS: dict[str, tuple[Callable[[], Client], tuple[str, str]]] = {
    "good": (lambda: Client(GOOD), both("")),
    "below the root": (lambda: below(ROOT), both("")),
    "nothing trusted": (lambda: Client(GOOD, ()), both("issuer-not-found")),
    "the issuing CA is sent": (
        lambda: Client(GOOD, (ROOT,), (ISSUING,)),
        ("issuer-not-found", ""),
    ),
    "the issuing CA is missing": (lambda: Client(GOOD, (ROOT,)), both("issuer-not-found")),
    "the root is missing": (lambda: Client(GOOD, (ISSUING,)), both("chain-incomplete")),
    "the root is sent": (lambda: Client(GOOD, (ISSUING,), (ROOT,)), both("chain-incomplete")),
    "all is sent": (
        lambda: Client(GOOD, (RSA_ROOT,), (ISSUING, ROOT)),
        ("issuer-not-found", "chain-incomplete"),
    ),
    "the root's namesake": (
        lambda: Client(GOOD, (authority(), ISSUING)),
        both("chain-incomplete"),
    ),
    "another spelling": (
        lambda: spelled(NAME("CN=issuing,O=TEST")),
        both("issuer-spelled-differently"),
    ),
    "another encoding": (
        lambda: spelled(renamed(_ASN1Type.BMPString)),
        both("issuer-spelled-differently"),
    ),
    "four CAs": (lambda: many(3), both("")),
    "five CAs": (lambda: many(4), both("chain-too-long")),
    "twelve CAs": (lambda: many(11), both("chain-too-long")),
    "four CAs, three sent": (lambda: many(3, sent=True), ("issuer-not-found", "")),
    "five CAs, four sent": (lambda: many(4, sent=True), ("issuer-not-found", "chain-too-long")),
    "crowd": (lambda: Client(GOOD, STORE, (ISSUING,) * (MAX_SENT + 1)), ("", "too-many-sent")),
    "company": (lambda: Client(GOOD, STORE, (ISSUING,) * MAX_SENT), both("")),
    "path length 1": (lambda: path_length(1), both("")),
    "path length 0": (lambda: path_length(0), both("path-length")),
    "a leaf issued": (
        lambda: Client(leaf(issuer=GOOD), (*STORE, GOOD)),
        member("no-authority"),
    ),
    "may not issue": (
        lambda: under((builders.SIGNS, True)),
        member("may-not-issue"),
    ),
    "CA valid": (lambda: days(-1, 1), both("")),
    "CA expired": (lambda: days(-9, -8), member("expired")),
    "CA in its last second": (lambda: days(-1, 0), member("expired")),
    "CA not yet valid": (lambda: days(1, 2), member("not-yet-valid")),
    "CA P-521": (
        lambda: keyed(ec.generate_private_key(ec.SECP521R1())),
        ("chain-member-key-type", ""),
    ),
    "CA P-224": (lambda: keyed(ec.generate_private_key(ec.SECP224R1())), member("key-type")),
    "CA RSA 1024": (lambda: keyed(rsa_key(1024)), member("key-too-small")),
    "root RSA": (lambda: below(RSA_ROOT), both("")),
    "CA of an Ed25519 root": (
        lambda: below(ED_ROOT, authority(subject="CN=Sub", issuer=ED_ROOT)),
        member("signature-type"),
    ),
    "Ed25519 signature": (lambda: below(ED_ROOT), both("signature-type")),
    "PSS": (lambda: Client(pss(RSA_ROOT, 32), (RSA_ROOT,)), ("signature-pss", "")),
    "PSS, odd salt": (lambda: Client(pss(RSA_ROOT, 20), (RSA_ROOT,)), both("signature-pss")),
    "CA clientAuth": (lambda: under((builders.CLIENT_AUTH, False)), both("")),
    "CA serverAuth": (lambda: under((builders.SERVER_AUTH, False)), member("not-for-clients")),
    "CA any use": (lambda: under((ANY_USE, False)), member("not-for-clients")),
    "CA policies": (lambda: under((POLICIES, False)), both("")),
    "CA critical policies": (lambda: under((POLICIES, True)), member("critical-extension")),
    "CA X.509 v1": (lambda: odd(without_version), member("version")),
    "CA serial below 0": (lambda: odd(serial_number(b"\2\1\x80")), member("serial-number")),
    "root X.509 v1": (lambda: odd_root(without_version), member("version")),
    "key identifier": (
        lambda: asking(x509.AuthorityKeyIdentifier(b"identifier", None, None)),
        both(""),
    ),
    "another key identifier": (
        lambda: asking(x509.AuthorityKeyIdentifier(b"other", None, None)),
        both("issuer-has-another-identifier"),
    ),
    "another serial number": (
        lambda: asking(
            x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(ROOT.certificate.subject)], 7)
        ),
        both("issuer-has-another-identifier"),
    ),
    "another issuer's issuer": (
        lambda: asking(
            x509.AuthorityKeyIdentifier(
                None, [x509.DirectoryName(NAME("CN=x"))], MIDDLE.certificate.serial_number
            )
        ),
        both("issuer-has-another-identifier"),
    ),
    "another key identifier and key": (
        lambda: Client(asking(OTHER).holder, (ROOT, ca(ROOT, (IDENTIFIER, False)))),
        both("issuer-has-another-key"),
    ),
    "root of another key identifier": (
        lambda: below(
            signed(ROOT, (IDENTIFIER, False), (OTHER, False), subject=SELF, key=ROOT.key)
        ),
        both("chain-incomplete"),
    ),
    "CAs that issued each other": (each_other, both("chain-incomplete")),
    "e-mail constraint": (
        lambda: constrained(x509.RFC822Name("example.org")),
        member("name-constraints"),
    ),
    "DNS constraint": (lambda: constrained(x509.DNSName("example.org")), both("")),
    "DNS constraint on a CN": (
        lambda: constrained(x509.DNSName("example.org"), subject="CN=example.com"),
        member("name-constraints"),
    ),
    "URI constraint": (
        lambda: constrained(x509.UniformResourceIdentifier("example.org")),
        both("name-constraints"),
    ),
    "directory constraint": (
        lambda: constrained(x509.DirectoryName(NAME("O=Else"))),
        member("name-constraints"),
    ),
    "cross-signed, listed": (lambda: cross_signed(listed=True), both("several-paths")),
    "cross-signed, sent": (lambda: cross_signed(listed=False), both("")),
    "renewed": (renewed, both("")),
}
STRICTER = {"another spelling", "another encoding", "CA critical policies", "URI constraint"}
STRICTER |= {
    "e-mail constraint",
    "cross-signed, listed",
    "PSS, odd salt",
    "crowd",
    "CA P-224",
    "CA serial below 0",
}
STRICTER |= {"CA X.509 v1", "root X.509 v1", "Ed25519 signature", "CA of an Ed25519 root"}


@pytest.mark.parametrize("case", CHAINS)
def test_a_path_gets_its_verdict(case: str) -> None:
    make, codes = CHAINS[case]
    client = make()
    assert tuple(code(client, front) for front in FRONTS) == codes


def test_alb_accepts_no_more_than_openssl(tmp_path: Path) -> None:
    require("openssl")
    different = set()
    for case, (make, (_, alb)) in CHAINS.items():
        accepts = openssl_accepts(make(), tmp_path)
        assert accepts or alb, f"OpenSSL refuses {case!r}"
        if accepts and alb:
            different.add(case)
    assert different == STRICTER
