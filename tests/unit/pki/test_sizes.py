"""How much is read, and how much of it is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from pki import collection, crl, inventory, presented, tbs, truststore
from pki.describe import describe, rfc4514
from pki.errors import PkiError
from pki.inventory import Inventory
from pki.lint.members import label
from tests import builders, crls
from tests.builders import Holder
from tests.lint.cas import ca, store
from tests.lint.cases_files import wrapped
from tests.unit.pki.folder import made
from tests.unit.pki.oddities import signed, unknown


def common_names(count: int) -> list[x509.NameAttribute[str]]:
    return [x509.NameAttribute(NameOID.COMMON_NAME, f"n{number}") for number in range(count)]


def in_parts(count: int) -> x509.Name:
    return x509.Name(common_names(count))


def in_one_part(count: int) -> x509.Name:
    return x509.Name([x509.RelativeDistinguishedName(common_names(count))])


def of_size(octets: int) -> Holder:
    """A CA of so many octets in DER."""
    padding = octets
    while True:
        made = ca(extra=[(unknown("1.2.3.4", bytes(padding)), False)])
        difference = tbs.parts(made.certificate).size - octets
        if not difference:
            return made
        padding -= difference


@pytest.mark.parametrize("make", [in_parts, in_one_part])
def test_a_name_of_very_many_parts_is_shortened(make: Callable[[int], x509.Name]) -> None:
    whole = make(40)
    assert rfc4514(whole) == whole.rfc4514_string()
    short = rfc4514(make(3000))
    assert short.count("CN=") == 40
    assert short.endswith(",…")
    assert len(label(make(3000))) <= 200


def test_what_stands_first_in_the_text_of_a_name_is_kept() -> None:
    assert rfc4514(in_parts(41)).startswith("CN=n40,CN=n39,")


def test_a_name_of_one_endless_value_is_shortened() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.DN_QUALIFIER, "a" * 3991)])
    assert len(rfc4514(name)) == 4000
    assert not rfc4514(name).endswith("…")
    longer = x509.Name([x509.NameAttribute(NameOID.DN_QUALIFIER, "a" * 3992)])
    assert rfc4514(longer) == f"{rfc4514(longer)[:4000]}…"


def test_show_tells_a_shortened_name() -> None:
    said = describe(signed(ca(), subject=in_parts(500)).certificate)
    assert said.subject.count("CN=") == 40


def test_a_certificate_that_nobody_could_send_is_not_read() -> None:
    fits, too_large = of_size(tbs.LARGEST), of_size(tbs.LARGEST + 1)
    assert truststore.read(store(fits)) == [fits.certificate]
    assert presented.read(store(fits), "input") == [fits.certificate]
    der = too_large.certificate.public_bytes(Encoding.DER)
    for content in (store(too_large), der):
        with pytest.raises(PkiError, match="65,537 octets, expected up to 65,536"):
            collection.certificates(content, "input")
        with pytest.raises(PkiError, match="65,537 octets, expected up to 65,536"):
            presented.read(content, "input")


def test_so_many_certificates_are_read_and_not_one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    root = ca()
    monkeypatch.setattr(truststore, "MOST", 20)
    assert len(truststore.read(store(root) * 20)) == 20
    with pytest.raises(PkiError, match="more than 20 PEM blocks"):
        truststore.read(store(root) * 21)


@pytest.mark.parametrize("in_pem", [True, False])
def test_so_many_certificates_are_read_of_pkcs7(
    monkeypatch: pytest.MonkeyPatch, *, in_pem: bool
) -> None:
    one = ca().certificate
    monkeypatch.setattr(truststore, "MOST", 3)

    def content(count: int) -> bytes:
        if not in_pem:
            return pkcs7.serialize_certificates([one] * count, Encoding.DER)
        der = pkcs7.serialize_certificates([one], Encoding.DER)
        return wrapped(der, label="PKCS7") * count

    assert len(collection.certificates(content(3), "input")) == 3
    with pytest.raises(PkiError, match="more than 3 CAs"):
        collection.certificates(content(4), "input")


def test_what_is_collected_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.pem").write_bytes(store(ca(f"CN={number}")))
    (tmp_path / "again.pem").write_bytes((tmp_path / "0.pem").read_bytes())
    (tmp_path / "README").write_bytes(bytes(10_000))
    size = sum(file.stat().st_size for file in tmp_path.glob("*.pem"))
    monkeypatch.setattr(truststore, "MOST", 3)
    monkeypatch.setattr(collection, "LARGEST", size)
    assert len(collection.collect([str(tmp_path)]).certificates) == 4
    monkeypatch.setattr(collection, "LARGEST", size - 1)
    with pytest.raises(PkiError, match="larger than 4 MiB together"):
        collection.collect([str(tmp_path)])
    monkeypatch.setattr(collection, "LARGEST", size)
    monkeypatch.setattr(truststore, "MOST", 2)
    with pytest.raises(PkiError, match="more than 2 CAs"):
        collection.collect([str(tmp_path)])


def test_a_folder_of_clients_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(3):
        holder = builders.leaf(issuer=None, subject=f"CN={number}")
        (tmp_path / f"{number}.pem").write_text(holder.pem)
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    monkeypatch.setattr(inventory, "LARGEST", size)
    found = Inventory()
    found.add_folder(tmp_path)
    assert len(found.clients) == 3
    monkeypatch.setattr(inventory, "LARGEST", size - 1)
    with pytest.raises(PkiError, match="larger than 128 MiB together"):
        Inventory().add_folder(tmp_path)


def test_a_crl_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    assert "accepted" in pki.done("explain", "a").stdout
    monkeypatch.setattr(crl, "LARGEST", 100)
    assert "larger than 128 MiB" in pki.refused("explain", "a")
    assert "larger than 128 MiB" in pki.refused("crl")


def test_crls_without_an_end_are_no_crls() -> None:
    listed = wrapped(crls.crl(builders.authority(), [5]), label="X509 CRL")
    assert len(crl.parse_all(listed * 2) or ()) == 2
    # A search from each beginning to the end of the file would take hours.
    assert crl.parse_all(b"-----BEGIN X509 CRL-----\n" * 80_000) is None
    assert crl.parse_all(listed + b"-----BEGIN X509 CRL-----\n" * 80_000) is None
