"""What a search for issuers costs, and that it ends: strangers choose how many there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import gcd

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from pki import acceptance, ancestry, crl, issuers
from pki.algorithms import key_fault
from pki.crl import Revocation
from pki.explain import FRONTS
from pki.issuers import Named, is_signed_by
from pki.lint import lint
from pki.purposes import names_host_in_common_name
from pki.search import Search, cost_of_key
from pki.verdict import Accepted, Refused
from tests import builders, crls
from tests.builders import Holder, leaf, p256
from tests.lint.cas import NOW as LINTED
from tests.lint.cas import ca, store
from tests.lint.cases_certificates import fabricated
from tests.unit.pki.crowds import Verified, certificates, counted, editions, namesakes
from tests.unit.pki.oddities import signed

NOW = datetime.now(UTC)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Verified:
    return counted(monkeypatch)


def of_key(key: CertificatePublicKeyTypes) -> x509.Certificate:
    return signed(ca(), public_key=key).certificate


def of_curve(curve: ec.EllipticCurve) -> x509.Certificate:
    return of_key(ec.generate_private_key(curve).public_key())


def of_dsa(bits: int) -> x509.Certificate:
    """Nobody has the private key."""
    numbers = dsa.DSAParameterNumbers(2 ** (bits - 1) + 1, 2**255 + 95, 4)
    return of_key(dsa.DSAPublicNumbers(16, numbers).public_key())


def rsa_key_with(exponent: int) -> rsa.RSAPrivateKey:
    """A key of 2048 bits with that odd exponent."""
    while True:
        made = builders.rsa_key(2048).private_numbers()
        order = (made.p - 1) * (made.q - 1)
        if gcd(exponent, order) == 1:
            break
    d = pow(exponent, -1, order)
    one, other = rsa.rsa_crt_dmp1(d, made.p), rsa.rsa_crt_dmq1(d, made.q)
    public = rsa.RSAPublicNumbers(exponent, made.public_numbers.n)
    return rsa.RSAPrivateNumbers(made.p, made.q, d, one, other, made.iqmp, public).private_key()


COSTS: dict[str, tuple[Callable[[], x509.Certificate], int]] = {
    "P-256": (lambda: of_curve(ec.SECP256R1()), 1),
    "P-384": (lambda: of_curve(ec.SECP384R1()), 7),
    "P-521": (lambda: of_curve(ec.SECP521R1()), 7),
    "secp256k1": (lambda: of_curve(ec.SECP256K1()), 5),
    "brainpoolP512r1": (lambda: of_curve(ec.BrainpoolP512R1()), 20),
    "RSA 4096": (lambda: of_key(fabricated(4096)), 1),
    "RSA 8192": (lambda: of_key(fabricated(8192)), 4),
    "RSA 16384": (lambda: of_key(fabricated(16_384)), 16),
    "RSA 16392": (lambda: of_key(fabricated(16_392)), 0),
    "RSA, exponent of 64 bits": (lambda: of_key(fabricated(3072, 2**63 + 1)), 1),
    "RSA, exponent of 65 bits": (lambda: of_key(fabricated(3072, 2**64 + 1)), 0),
    "DSA 3072": (lambda: of_dsa(3072), 10),
    "DSA 4096": (lambda: of_dsa(4096), 0),
    "Ed25519": (lambda: of_key(ed25519.Ed25519PrivateKey.generate().public_key()), 4),
    "Ed448": (lambda: of_key(ed448.Ed448PrivateKey.generate().public_key()), 4),
    "ML-DSA": (lambda: of_key(mldsa.MLDSA44PrivateKey.generate().public_key()), 4),
}


@pytest.mark.parametrize("name", COSTS)
def test_a_signature_costs_what_its_key_takes(name: str) -> None:
    make, cost = COSTS[name]
    assert cost_of_key(make()) == cost


@pytest.mark.parametrize("name", [name for name, (_, cost) in COSTS.items() if not cost])
def test_no_front_takes_a_key_of_which_no_signature_is_verified(name: str) -> None:
    certificate = COSTS[name][0]()
    assert all(key_fault(certificate, front) for front in FRONTS)
    assert key_fault(COSTS["P-256"][0](), "alb") is None


def test_a_search_within_another_ends_with_either() -> None:
    within = Search(10)
    part = Search(6, within)
    assert part.may(6)
    assert not part.may(1)
    assert (within.cost, within.is_over, part.is_over) == (6, False, True)
    other = Search(6, within)
    assert not other.may(5)
    assert within.cost == 6
    assert Search(6, within).may(4)


def test_what_is_known_is_counted_once_of_the_larger_search() -> None:
    within = Search(10)
    assert Search(6, within).again(6)
    assert not Search(6, within).again(7)
    assert within.cost == 0
    over = Search(6)
    assert not over.may(7)
    assert not over.again(1)


def test_all_that_may_have_issued_a_leaf_are_asked_or_nobody(
    monkeypatch: pytest.MonkeyPatch, verified: Verified
) -> None:
    some = namesakes(20)
    client = leaf(issuer=some[0]).certificate
    search = Search(1000)
    found, others = Named(certificates(some)).issuers_of(client, search)
    assert found == [some[0].certificate]
    assert (len(others), len(verified), search.cost) == (19, 20, 20)
    verified.clear()
    search = Search(19)
    assert Named(certificates(some)).issuers_of(client, search)[0] == []
    assert (verified, search.is_over, search.cost) == ([], True, 0)
    monkeypatch.setattr(ancestry, "MAX_SIGNATURES", 19)
    refused = acceptance.decide(client, (), certificates(some), front="alb", now=NOW)
    assert isinstance(refused, Refused)
    assert refused.code == "search-too-large"
    assert verified == []


def test_editions_with_one_key_are_asked_once(verified: Verified) -> None:
    some = editions(20)
    client = leaf(issuer=some[0]).certificate
    found, _ = Named(certificates(some)).issuers_of(client, Search(1000))
    assert found == certificates(some)
    assert len(verified) == 1


def test_those_with_another_key_identifier_are_not_asked(verified: Verified) -> None:
    root = ca()
    below = ca("CN=Below", root).certificate
    strangers = [ca() for _ in range(20)]
    found, others = Named(certificates([*strangers, root])).issuers_of(below, Search(1))
    assert found == [root.certificate]
    assert len(verified) == 1
    assert len(others) == issuers.FEW


def test_each_ca_that_is_found_costs_too() -> None:
    root = ca()
    key = p256()
    some = [ca("CN=Issuing", root, key=key) for _ in range(20)]
    client = leaf(issuer=some[0]).certificate
    truststore = certificates([root, *some])
    search = Search(1000)
    assert ancestry.trace(client, truststore, (), search).is_complete
    # A certificate and a signature each, of the leaf, the editions and the root.
    assert search.cost == 2 * (1 + 20 + 1)
    short = Search(search.cost - 1)
    assert not ancestry.trace(client, truststore, (), short).is_complete
    codes = [
        getattr(
            acceptance.decide(client, (), truststore, front="alb", now=NOW, search=Search(most)),
            "code",
            "",
        )
        for most in (search.cost, search.cost - 1)
    ]
    assert codes == ["", "search-too-large"]


def test_what_a_key_that_nobody_is_to_use_has_signed_is_not_known(verified: Verified) -> None:
    for exponent, is_known in ((2**63 + 29, True), (2**64 + 13, False)):
        root = ca(key=rsa_key_with(exponent))
        below = ca("CN=Below", root)
        verified.clear()
        assert is_signed_by(below.certificate, root.certificate) == is_known
        assert bool(verified) == is_known


def test_the_names_of_a_leaf_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(certificate: x509.Certificate) -> bool:
        asked.append(certificate)
        return names_host_in_common_name(certificate)

    monkeypatch.setattr(acceptance, "names_host_in_common_name", counted)
    root = ca()
    key = p256()
    trees = [x509.DNSName(f"{number}.example.org") for number in range(20)]
    constraints = [(x509.NameConstraints(None, trees), True)]
    some = [ca("CN=Issuing", root, key=key, extra=constraints) for _ in range(5)]
    for subject, code in (("CN=billing", ""), ("CN=a.b", "chain-member-name-constraints")):
        asked.clear()
        client = leaf(issuer=some[0], subject=subject).certificate
        found = acceptance.decide(client, (), certificates([root, *some]), front="alb", now=NOW)
        assert getattr(found, "code", "") == code
        assert len(asked) == 1


def test_more_name_constraints_than_the_verifier_looks_at_are_too_many() -> None:
    root = ca()
    trees = [x509.DNSName("a")] * 1200
    above = ca("CN=Issuing", root, extra=[(x509.NameConstraints(None, trees), True)])
    for names, code in ((800, ""), (1000, "search-too-large")):
        sans = x509.SubjectAlternativeName([x509.DNSName("b")] * names)
        client = signed(above, (sans, False), (builders.CLIENT_AUTH, False)).certificate
        found = acceptance.decide(client, (), certificates([above, root]), front="alb", now=NOW)
        assert getattr(found, "code", "") == code


def test_a_truststore_knows_who_issued_whom_in_it(verified: Verified) -> None:
    named = Named(certificates([root := ca(), below := ca("CN=Below", root)]))
    for number in range(5):
        client = leaf(issuer=below, subject=f"CN=client {number}").certificate
        verdict = acceptance.decide(client, (), named, front="alb", now=NOW)
        assert isinstance(verdict, Accepted)
    by_root = [pair for pair in verified if pair[0] == root.certificate]
    assert len(by_root) == 2
    assert len(verified) == 2 + 5


@pytest.mark.parametrize("named", [2, 3])
def test_a_certificate_that_names_two_algorithms_is_signed_by_nobody(named: int) -> None:
    root = ca()
    sha256, other = (bytes.fromhex(f"300a06082a8648ce3d04030{number}") for number in (2, named))
    tbs = ca("CN=Below", root).certificate.tbs_certificate_bytes.replace(sha256, other, 1)
    assert isinstance(root.key, ec.EllipticCurvePrivateKey)
    signature = root.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    bits = builders._der(0x03, b"\0" + signature)
    below = x509.load_der_x509_certificate(builders._der(0x30, tbs + sha256 + bits))
    assert is_signed_by(below, root.certificate) == (other == sha256)
    found = lint(store(Holder(below, root.key), root), now=LINTED)
    assert ("truststore.signature" in {finding.code for finding in found}) == (other != sha256)


def test_a_list_is_verified_with_the_key_of_the_issuer_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    is_of = crl.is_of

    def counted(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
        asked.append(issuer)
        return is_of(found, issuer)

    monkeypatch.setattr(crl, "is_of", counted)
    issuer = builders.authority()
    client = leaf(issuer=issuer, serial_number=5).certificate
    listed = crls.crl(issuer, [5])
    others = [builders.authority() for _ in range(20)]
    found = crl.find(listed, client, certificates([*others, issuer]))
    assert isinstance(found, Revocation)
    assert asked == [issuer.certificate]
    assert crl.find(listed, client, certificates(others)) is None
