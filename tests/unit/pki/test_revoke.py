"""revoke: what is meant, what is refused, and what the CRL says afterwards."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.pki.folder import Pki, made
from tests.unit.pki.revoking import crl_of, number, openssl_accepts, query, serial, serials


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    it = made(tmp_path)
    it.done("issue", "client", "a")
    it.done("issue", "client", "b")
    return it


def test_a_client_is_revoked_by_its_name_and_the_other_is_not(pki: Pki) -> None:
    output = pki.done("revoke", "a", "--reason", "keyCompromise").stdout
    a, b = serial(pki, "clients/a.pem"), serial(pki, "clients/b.pem")
    assert f"revoked CN=a,O=Example, serial {a}, since " in output
    assert "CRL 2: 1 revoked" in output
    assert serials(crl_of(pki)) == [a]
    assert b not in serials(crl_of(pki))
    assert not openssl_accepts(pki, pki.home / "clients/a.pem")
    assert openssl_accepts(pki, pki.home / "clients/b.pem")


def test_list_says_what_is_revoked(pki: Pki) -> None:
    pki.done("revoke", "a", "--reason", "superseded", "--at", "2026-01-31")
    a, b = pki.done("list").stdout.splitlines()[-2:]
    assert a.endswith("revoked")
    assert b.endswith("days left")
    said = [(row["revoked_at"], row["reason"]) for row in pki.listed()[-2:]]
    assert said == [("2026-01-31T00:00:00Z", "superseded"), (None, None)]


@pytest.mark.parametrize("how", ["file", "der", "serial", "capitals", "prefix", "colons"])
def test_a_leaf_is_named_in_every_way(pki: Pki, tmp_path: Path, how: str) -> None:
    whole = serial(pki, "clients/a.pem")
    der = tmp_path / "a.der"
    der.write_bytes(pki.certificate("clients/a.pem").public_bytes(Encoding.DER))
    what = {
        "file": str(pki.home / "clients/a.pem"),
        "der": str(der),
        "serial": whole,
        "capitals": whole.upper(),
        "prefix": whole[:8],
        "colons": ":".join((whole[:2], whole[2:4], whole[4:])),
    }[how]
    pki.done("revoke", what)
    assert serials(crl_of(pki)) == [whole]


def test_a_name_means_all_its_certificates_for_a_renewal_keeps_the_key(pki: Pki) -> None:
    first = serial(pki, "clients/a.pem")
    pki.done("issue", "client", "a", "--renew")
    pki.done("revoke", "a")
    assert serials(crl_of(pki)) == [first, serial(pki, "clients/a.pem")]


def test_a_serial_number_means_one_certificate(pki: Pki) -> None:
    first = serial(pki, "clients/a.pem")
    pki.done("issue", "client", "a", "--renew")
    pki.done("revoke", first)
    assert serials(crl_of(pki)) == [first]
    assert openssl_accepts(pki, pki.home / "clients/a.pem")


def test_the_file_of_a_server_holds_its_chain_and_means_the_leaf(pki: Pki) -> None:
    pki.done("issue", "server", "a.b")
    pki.done("revoke", str(pki.home / "server/a.b.pem"))
    assert serials(crl_of(pki)) == [serial(pki, "server/a.b.pem")]


def test_revoked_once_is_revoked_and_nothing_changes_the_second_time(pki: Pki) -> None:
    pki.done("revoke", "a", "--reason", "superseded", "--at", "2026-01-31T12:00:00Z")
    before = (pki.home / "crl.pem").read_bytes()
    again = pki.done("revoke", "a", "--reason", "keyCompromise").stdout
    assert "was revoked already: CN=a" in again
    assert "since 2026-01-31T12:00:00Z, for superseded" in again
    assert (pki.home / "crl.pem").read_bytes() == before


def test_a_leaf_that_was_signed_but_is_not_in_the_index_can_be_revoked(pki: Pki) -> None:
    query(pki, "DELETE FROM certificates WHERE name = 'a'")
    pki.done("revoke", str(pki.home / "clients/a.pem"))
    assert serials(crl_of(pki)) == [serial(pki, "clients/a.pem")]


def test_a_certificate_of_another_ca_is_refused_even_under_the_same_name(
    pki: Pki, tmp_path: Path
) -> None:
    other = made(tmp_path / "other")
    other.done("issue", "client", "a")
    assert "issued by another CA" in pki.refused("revoke", str(other.home / "clients/a.pem"))
    assert serials(crl_of(pki)) == []


@pytest.mark.parametrize("name", ["root", "issuing"])
def test_an_authority_is_refused_and_says_what_to_do(pki: Pki, name: str) -> None:
    for what in (
        name,
        f"{pki.home}/authorities/{name}.pem",
        serial(pki, f"authorities/{name}.pem"),
    ):
        refused = pki.refused("revoke", what)
        assert "is a CA" in refused
        assert "python -m pki init" in refused
    assert serials(crl_of(pki)) == []


def test_one_name_of_a_client_and_of_a_server_is_refused(pki: Pki) -> None:
    pki.done("issue", "server", "a")
    assert "of a client and of a server" in pki.refused("revoke", "a")


@pytest.mark.parametrize("what", ["nobody", "", "1234567", "x" * 5000, "a\x00b", "/dev/null", "/"])
def test_what_is_not_there_is_refused(pki: Pki, what: str) -> None:
    pki.refused("revoke", what)


def test_two_serial_numbers_with_one_beginning_are_refused(pki: Pki) -> None:
    renumber = "UPDATE certificates SET serial_number = ? WHERE name = ?"
    query(pki, renumber, "abcdef012", "a")
    query(pki, renumber, "abcdef011", "b")
    assert "2 serial numbers begin with" in pki.refused("revoke", "abcdef01")


@pytest.mark.parametrize(
    "options",
    [
        ["--reason", "certificateHold"],
        ["--reason", "removeFromCRL"],
        ["--reason", "cACompromise"],
        ["--at", "x"],
        ["--at", "99999999999999999999"],
    ],
)
def test_a_reason_that_is_none_for_a_leaf_and_a_time_that_is_none_are_wrong_usage(
    pki: Pki, options: list[str]
) -> None:
    assert "--help" in pki.misused("revoke", "a", *options)
    assert serials(crl_of(pki)) == []


def test_a_time_to_come_is_refused(pki: Pki) -> None:
    assert "is to come" in pki.refused("revoke", "a", "--at", "2999-01-01")


@pytest.mark.parametrize("option", ["--renew", "--if-needed"])
def test_a_revoked_leaf_is_not_renewed_for_its_key_is_revoked_too(pki: Pki, option: str) -> None:
    pki.done("revoke", "a")
    assert "is revoked" in pki.refused("issue", "client", "a", option)
    pki.done("issue", "client", "b", option)
    for ending in (".pem", ".key"):
        (pki.home / f"clients/a{ending}").unlink()
    pki.done("issue", "client", "a")
    assert openssl_accepts(pki, pki.home / "clients/a.pem")


def test_without_the_passphrase_nothing_is_revoked_and_with_it_all_is(tmp_path: Path) -> None:
    pki, secret = Pki(tmp_path / ".pki"), {"PKI_PASSPHRASE": "geheim"}
    pki.done("init", **secret)
    assert number(crl_of(pki)) == 1
    pki.done("issue", "client", "a", **secret)
    assert "PKI_PASSPHRASE" in pki.refused("revoke", "a")
    assert "does not open" in pki.refused("revoke", "a", PKI_PASSPHRASE="falsch")
    assert query(pki, "SELECT * FROM revocations") == []
    pki.done("revoke", "a", **secret)
    assert serials(crl_of(pki)) == [serial(pki, "clients/a.pem")]
    assert "already" in pki.done("revoke", "a").stdout


def test_a_pki_without_a_crl_gets_one_from_init_if_its_key_can_be_read(tmp_path: Path) -> None:
    pki = made(tmp_path / "open")
    (pki.home / "crl.pem").unlink()
    assert "crl.pem" in pki.done("init").stdout
    assert serials(crl_of(pki)) == []
    closed = Pki(tmp_path / "closed/.pki")
    closed.done("init", PKI_PASSPHRASE="geheim")
    (closed.home / "crl.pem").unlink()
    assert "no CRL yet" in closed.done("init").stdout
    assert not (closed.home / "crl.pem").exists()
    assert "no CRL yet" not in closed.done("init", PKI_PASSPHRASE="geheim").stdout
    assert number(crl_of(closed)) == 2
