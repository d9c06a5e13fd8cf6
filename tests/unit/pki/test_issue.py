"""Issue and renew, as typed."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki import initialisation, issuance, wishes
from pki.sans import Sans
from pki.store import Store
from tests.unit.pki.folder import Pki, made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def nobody() -> bytes:
    raise AssertionError


def at(pki: Pki, now: datetime, wish: wishes.Wish, renewal: issuance.Renewal) -> issuance.Outcome:
    secrets = issuance.Secrets(authority=nobody, leaf=nobody)
    return issuance.issue(Store(pki.home), wish, secrets, now=now, renewal=renewal)


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_a_client_gets_key_and_leaf_only(tmp_path: Path) -> None:
    pki = made(tmp_path)
    output = pki.done("issue", "client", "billing").stdout
    leaf = pki.certificate("clients/billing.pem")
    assert leaf.subject.rfc4514_string() == "CN=billing,O=Example"
    assert Sans.from_certificate(leaf) == Sans(uris=("spiffe://example.org/billing",))
    assert (pki.home / "clients/billing.pem").read_text().count("BEGIN") == 1
    assert f"curl --cacert {pki.home}/ca.pem --cert {pki.home}/clients/billing.pem" in output
    pki.assert_consistent()


def test_a_client_with_names_gets_exactly_those(tmp_path: Path) -> None:
    pki = made(tmp_path)
    options = [
        "--uri",
        "urn:a:b",
        "--dns",
        "B.example.org",
        "--email",
        "x@Example.org",
        "--ip",
        "10.0.0.1",
    ]
    pki.done("issue", "client", "b", *options, "--uri", "urn:a:c", "--organization", "Other")
    leaf = pki.certificate("clients/b.pem")
    assert leaf.subject.rfc4514_string() == "CN=b,O=Other"
    assert Sans.from_certificate(leaf) == Sans(
        ("b.example.org",), ("urn:a:b", "urn:a:c"), ("x@example.org",), ("10.0.0.1",)
    )


def test_a_server_gets_its_chain_and_every_name(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "server", "localhost", "127.0.0.1", "::1", "--dns", "a.b", "--ip", "10.0.0.1")
    chain = x509.load_pem_x509_certificates((pki.home / "server/localhost.pem").read_bytes())
    assert chain[1] == pki.certificate("authorities/issuing.pem")
    assert len(chain) == 2
    assert Sans.from_certificate(chain[0]) == Sans(
        ("localhost", "a.b"), (), (), ("127.0.0.1", "::1", "10.0.0.1")
    )


@pytest.mark.parametrize(
    ("name", "file"),
    [("*.example.org", "_wildcard.example.org"), ("::1", "__1"), ("10.0.0.1", "10.0.0.1")],
)
def test_a_server_name_becomes_a_safe_file_name(tmp_path: Path, name: str, file: str) -> None:
    pki = made(tmp_path)
    pki.done("issue", "server", name)
    assert pki.certificate(f"server/{file}.pem")


@pytest.mark.parametrize(
    "words",
    [
        "client ../x", "client .x", "client -- -x", "client a/b", "client ü", f"client {'a' * 65}",
        "client a\x00b", "client a\n", "server x_y", "server -- -x", "server münchen.de",
        "server a..b", "server 1.2.3.4.5", "server *.*.a", "server a*.b", "server *.",
        f"server {'a' * 64}", f"server {'a' * 60}.{'b' * 10}", "server localhost bad_name",
        "server a.", "server fe80::1%eth0", "client a --dns *.x.org", "client a --dns ü.org",
        "client a --uri nothing", "client a --uri http:", "client a --uri http://ü.org",
        "client a --uri urn:a\tb", "client a --email x", "client a --email @b.org",
        "client a --email ü@b.org", "client a --email a@b@c", "client a --ip 1.2.3",
        "client a --ip 1.2.3.0/24", "client a --dns 127.0.0.1",
        "client a --organization \x07", f"client a --organization {'o' * 54}",
    ],
)  # fmt: skip
def test_a_bad_name_is_refused_before_anything_is_made(tmp_path: Path, words: str) -> None:
    pki = made(tmp_path)
    before = sorted(pki.home.rglob("*"))
    pki.refused("issue", *words.split(" "))
    assert sorted(pki.home.rglob("*")) == before


def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.refused("issue", "client", "")
    pki.refused("issue", "server", "")
    pki.refused("issue", "client", "a", "--organization", "")


@pytest.mark.parametrize("days", ["0", "3651", "-1", "x", "1.5"])
def test_days_out_of_range_are_wrong_usage(tmp_path: Path, days: str) -> None:
    assert "--days" in made(tmp_path).misused("issue", "client", "a", "--days", days)


def test_days_and_key_type_are_taken(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--days", "7", "--key-type", "rsa-2048")
    leaf = pki.certificate("clients/a.pem")
    lasts = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert lasts == timedelta(days=7, minutes=5)
    assert pki.key("clients/a.key").key_size == 2048


def test_a_leaf_cut_short_by_its_issuer_says_so(tmp_path: Path) -> None:
    pki = made(tmp_path)
    output = pki.done("issue", "client", "a", "--days", "3650").stdout
    issuing = pki.certificate("authorities/issuing.pem")
    assert pki.certificate("clients/a.pem").not_valid_after_utc == issuing.not_valid_after_utc
    assert "no longer than its issuing CA" in output
    assert "no longer" not in pki.done("issue", "client", "b").stdout


def test_an_existing_name_is_refused_and_kept(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    before = (pki.home / "clients/a.pem").read_bytes()
    assert "--renew" in pki.refused("issue", "client", "a")
    assert (pki.home / "clients/a.pem").read_bytes() == before
    pki.assert_consistent()


def test_renew_keeps_key_and_names_and_replaces_the_certificate(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--uri", "urn:x:y", "--organization", "Other")
    key, old = (pki.home / "clients/a.key"), pki.certificate("clients/a.pem")
    before = (key.read_bytes(), key.stat().st_ino, key.stat().st_mtime_ns)
    pki.done("issue", "client", "a", "--renew")
    new = pki.certificate("clients/a.pem")
    assert (key.read_bytes(), key.stat().st_ino, key.stat().st_mtime_ns) == before
    assert new.serial_number != old.serial_number
    assert (new.subject, new.public_key()) == (old.subject, old.public_key())
    assert Sans.from_certificate(new) == Sans(uris=("urn:x:y",))
    assert [row["name"] for row in pki.listed()].count("a") == 2
    pki.assert_consistent()


def test_renew_without_anything_there_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert "nothing to renew" in pki.refused("issue", "client", "a", "--renew")


def test_renew_of_a_lost_certificate_uses_the_key_that_is_left(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    (pki.home / "clients/a.pem").unlink()
    pki.refused("issue", "client", "a")
    pki.done("issue", "client", "a", "--renew")
    pki.assert_consistent()


def test_renew_without_the_key_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    (pki.home / "clients/a.key").unlink()
    assert "its key" in pki.refused("issue", "client", "a", "--renew")
    assert "its key" in pki.refused("issue", "client", "a", "--if-needed")


def test_renew_with_another_key_type_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    assert "ec-p256" in pki.refused("issue", "client", "a", "--renew", "--key-type", "rsa-2048")
    pki.done("issue", "client", "a", "--renew", "--key-type", "ec-p256")


def test_renew_and_if_needed_together_are_wrong_usage(tmp_path: Path) -> None:
    made(tmp_path).misused("issue", "client", "a", "--renew", "--if-needed")


def test_if_needed_makes_then_keeps(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert pki.done("issue", "server", "a.b", "--if-needed").stdout.startswith("made")
    before = (pki.home / "server/a.b.pem").stat()
    assert pki.done("issue", "server", "a.b", "--if-needed").stdout.startswith("kept")
    assert (pki.home / "server/a.b.pem").stat() == before
    assert len(pki.listed()) == 3


@pytest.mark.parametrize(
    ("days", "done"), [(19, "kept"), (19.9, "kept"), (20.1, "renewed"), (31, "renewed")]
)
def test_if_needed_renews_in_the_last_third(tmp_path: Path, days: float, done: str) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    wish = wishes.client("a", wishes.Asked())
    before = (pki.home / "clients/a.key").read_bytes()
    assert at(pki, later(days), wish, issuance.Renewal.IF_NEEDED).done == done
    assert (pki.home / "clients/a.key").read_bytes() == before
    pki.assert_consistent()


def test_if_needed_adds_missing_names_and_says_why(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "server", "a.b")
    output = pki.done("issue", "server", "a.b", "127.0.0.1", "--if-needed").stdout
    assert "renewed" in output
    assert "names" in output
    leaf = pki.certificate("server/a.b.pem")
    assert Sans.from_certificate(leaf) == Sans(("a.b",), (), (), ("127.0.0.1",))
    assert "kept" in pki.done("issue", "server", "a.b", "--if-needed").stdout


def test_if_needed_renews_what_another_issuing_ca_issued(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    pki.done("issue", "client", "a")
    other.done("issue", "client", "a")
    for name in ("a.pem", "a.key"):
        (pki.home / "clients" / name).write_bytes((other.home / "clients" / name).read_bytes())
    assert "another CA" in pki.done("issue", "client", "a", "--if-needed").stdout
    pki.assert_consistent()


def test_if_needed_renews_what_does_not_fit_its_key(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    pki.done("issue", "client", "b")
    (pki.home / "clients/a.pem").write_bytes((pki.home / "clients/b.pem").read_bytes())
    assert "did not fit" in pki.done("issue", "client", "a", "--if-needed").stdout
    pki.assert_consistent()


def test_an_expired_issuing_ca_is_refused_with_a_hint(tmp_path: Path) -> None:
    pki = made(tmp_path)
    wish = wishes.client("a", wishes.Asked())
    with pytest.raises(Exception, match="expired on"):
        at(pki, later(365 * 6), wish, issuance.Renewal.NEVER)
    assert list((pki.home / "clients").iterdir()) == []


def test_without_a_pki_the_hint_is_init(tmp_path: Path) -> None:
    for words in (("issue", "client", "a"), ("list",), ("truststore", "build")):
        assert "python -m pki init" in Pki(tmp_path / "none").refused(*words)
    assert not (tmp_path / "none").exists()


def test_keys_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        pki = made(tmp_path)
        pki.done("issue", "client", "a", "--p12", PKI_P12_PASSPHRASE="x")
    finally:
        os.umask(before)
    assert mode(pki.home) == 0o700
    for path in pki.home.rglob("*"):
        if path.suffix in (".key", ".p12"):
            assert mode(path) == 0o600
        elif path.suffix in (".pem", ".sqlite"):
            assert mode(path) == 0o644
        else:
            assert not mode(path) & 0o022


def test_public_files_are_readable_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        pki = made(tmp_path)
        pki.done("issue", "client", "a")
    finally:
        os.umask(before)
    assert {mode(path) for path in pki.home.rglob("*.pem")} == {0o644}
    assert initialisation.authority_certificates(Store(pki.home))
