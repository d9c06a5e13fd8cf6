"""PKI_URL: where certificates say that CRL, OCSP and issuer are found; without it, nowhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from pki.addresses import Addresses
from pki.authority import CertificateAuthority, subject
from pki.keys import generate
from pki.profiles import CLIENT, RESPONDER
from pki.sans import Sans
from tests.unit.pki.csrs import URI, request
from tests.unit.pki.folder import Pki, made

URL = "http://pki.example.com:8085"


def said(leaf: x509.Certificate) -> dict[str, str]:
    """Every address in *leaf*, by what is found there."""
    found = {}
    for extension in leaf.extensions:
        if isinstance(extension.value, x509.AuthorityInformationAccess):
            for access in extension.value:
                found[access.access_method._name] = access.access_location.value
            assert not extension.critical
        if isinstance(extension.value, x509.CRLDistributionPoints):
            ((point,),) = [point.full_name for point in extension.value]
            found["crl"] = point.value
            assert not extension.critical
    return found


EXPECTED = {"OCSP": f"{URL}/ocsp", "caIssuers": f"{URL}/issuing-ca.der", "crl": f"{URL}/crl"}


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_leaves_say_where_to_ask_about_them(tmp_path: Path, url: str) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", PKI_URL=url)
    pki.done("issue", "server", "a.b", PKI_URL=url)
    (tmp_path / "csr").write_bytes(request(sans=[URI]))
    signed = pki.done("sign", str(tmp_path / "csr"), "--profile", "client", PKI_URL=url).stdout
    leaves = [pki.certificate("clients/a.pem"), pki.certificate("server/a.b.pem")]
    for leaf in (*leaves, x509.load_pem_x509_certificate(signed.encode())):
        assert said(leaf) == EXPECTED
    assert AuthorityInformationAccessOID.OCSP._name == "OCSP"


def test_without_it_they_say_nothing_and_authorities_and_delegates_never_do(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    pki.done("init", PKI_URL=URL)
    pki.done("issue", "client", "a")
    pki.done("issue", "client", "b", PKI_URL="")
    (tmp_path / "request").write_bytes(b"x")
    pki.done("ocsp", str(tmp_path / "request"), PKI_URL=URL)
    for path in pki.home.glob("*/*.pem"):
        assert said(x509.load_pem_x509_certificate(path.read_bytes())) == {}


def test_a_delegate_says_nothing_even_if_its_authority_knows_where() -> None:
    now, url = datetime.now(UTC), Addresses.parse(URL)
    root = CertificateAuthority.create_root(organization="Test", now=now)
    made_ = root.create_issuing(organization="Test", now=now)
    authority = CertificateAuthority(made_.certificate, made_.key, made_.issuers, addresses=url)
    key, name = generate("ec-p256").public_key(), subject("a", "Test")
    for profile, expected in ((RESPONDER, {}), (CLIENT, EXPECTED)):
        assert said(authority.issue(key, profile, name, Sans(), now=now)) == expected


@pytest.mark.parametrize(
    "url",
    ["x", "https://pki.example.com", "ftp://x", "http://", "http://a b", "http://[::1", "http://ü",
     "http://x:99999", "http://x:0", "http://u@x", "http://x?y", "http://x#y", "http://x\n/"],
)  # fmt: skip
def test_what_cannot_be_in_a_certificate_is_refused(tmp_path: Path, url: str) -> None:
    pki = made(tmp_path)
    assert "PKI_URL is" in pki.refused("issue", "client", "a", PKI_URL=url)
    assert not list((pki.home / "clients").iterdir())


def test_a_path_and_an_ipv6_address_are_kept() -> None:
    for url in ("http://x/pki", "http://[::1]:8085"):
        assert Addresses.parse(url).url == url
