"""A truststore's CAs: each found, or said to be unreadable; and who depends on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aws import expiry_bundle
from aws.expiry import Found, Kind, Watched
from pki.describe import fingerprint, serial_number
from tests.builders import Holder, authority, bundle, leaf

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = authority(subject="CN=Root", not_before=BEGIN)
ISSUING = authority(subject="CN=Issuing", issuer=ROOT, not_before=BEGIN, lifetime=90 * DAY)
OTHER = authority(subject="CN=Other", not_before=BEGIN)
KEY = "-----BEGIN PRIVATE" + " KEY-----\nMIGH\n-----END PRIVATE" + " KEY-----\n"


def read(content: str, *leaves: Holder) -> Found:
    issued = [one.certificate for one in leaves] if leaves else None
    return expiry_bundle.read(content.encode(), "t.pem", issued)


def subjects(found: Found) -> list[str]:
    return [one.subject for one in found.watched]


def test_every_ca_is_found_with_its_end() -> None:
    found = read(bundle(ROOT.certificate, ISSUING.certificate))
    assert found.unread == []
    root, issuing = found.watched
    assert root == Watched(
        kind=Kind.CA,
        subject="CN=Root",
        not_after=BEGIN + 365 * DAY,
        place="t.pem",
        serial_number=serial_number(ROOT.certificate),
        fingerprint=fingerprint(ROOT.certificate),
    )
    assert (issuing.subject, issuing.not_after) == ("CN=Issuing", BEGIN + 90 * DAY)


def test_text_between_certificates_and_windows_line_ends_are_no_matter() -> None:
    text = f"Our CA\n{ROOT.pem}\n\npartner:\n{ISSUING.pem}".replace("\n", "\r\n")
    found = read(text)
    assert (subjects(found), found.unread) == (["CN=Root", "CN=Issuing"], [])


def test_one_that_is_there_twice_is_one() -> None:
    assert subjects(read(bundle(ROOT.certificate, ROOT.certificate))) == ["CN=Root"]


TORN = ROOT.pem.replace("-----END CERTIFICATE-----", "")
MALFORMED = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MALFORMED, "it is malformed: "),
        (TORN, "something in it is no certificate, or a torn one"),
        (ROOT.pem.replace("CERTIFICATE", "X509 CERTIFICATE"), "something in it is no certificate"),
        (KEY, "something in it is no certificate"),
        ("", "there is no certificate in it"),
        ("hello", "there is no certificate in it"),
        ("x" * (expiry_bundle.LARGEST + 1), "it is longer than 2 MiB"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(content: str, said: str) -> None:
    found = read(content)
    assert found.watched == []
    (unread,) = found.unread
    assert unread.because.startswith(said)
    assert (unread.kind, "t.pem" in unread.what, bool(unread.hint)) == (Kind.CA, True, True)
    if len(content) <= expiry_bundle.LARGEST and "no certificate in it" not in said:
        beside = read(ISSUING.pem + content)
        assert (subjects(beside), beside.unread[0].because) == (["CN=Issuing"], unread.because)
        # The twin: with nothing wrong beside it.
        assert read(ISSUING.pem).unread == []


VECTORS = Path(__file__).resolve().parents[2] / "vectors/truststores"


@pytest.mark.parametrize("name", sorted(path.name for path in VECTORS.glob("*.pem")))
def test_no_truststore_makes_it_fall(name: str) -> None:
    """All that the linter is tested with: read, or told."""
    content = (VECTORS / name).read_bytes()
    found = expiry_bundle.read(content, name, [leaf(issuer=ROOT).certificate])
    assert found.watched or found.unread


def renewed(*, begins: datetime, lifetime: timedelta, of: Holder = ROOT, name: str = "") -> Holder:
    subject = name or of.certificate.subject.rfc4514_string()
    return authority(subject=subject, key=of.key, not_before=begins, lifetime=lifetime)


END = BEGIN + 365 * DAY


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (renewed(begins=BEGIN, lifetime=900 * DAY), BEGIN + 900 * DAY),
        (renewed(begins=END, lifetime=DAY), END + DAY),
        (renewed(begins=END + timedelta(seconds=1), lifetime=DAY), None),  # a gap
        (renewed(begins=BEGIN, lifetime=365 * DAY), None),  # no longer than it
        (renewed(begins=BEGIN, lifetime=900 * DAY, name="CN=Another"), None),
        (authority(subject="CN=Root", not_before=BEGIN, lifetime=900 * DAY), None),  # another key
    ],
)
def test_a_successor_has_the_name_and_the_key_and_lasts_longer(
    other: Holder, expected: datetime | None
) -> None:
    first, second = read(bundle(ROOT.certificate, other.certificate)).watched
    assert (first.successor, second.successor) == (expected, None)


def counted(authorities: list[Holder], leaves: list[Holder]) -> list[int]:
    members = [one.certificate for one in authorities]
    counts = expiry_bundle.dependents(members, [one.certificate for one in leaves])
    return [counts[one] for one in members]


def test_a_ca_counts_the_leaves_that_chain_to_it_through_others_too() -> None:
    leaves = [leaf(issuer=ISSUING), leaf(issuer=ISSUING), leaf(issuer=ROOT)]
    assert counted([ROOT, ISSUING, OTHER], leaves) == [3, 2, 0]
    # Without the one between, nothing chains to the root through it.
    assert counted([ROOT, OTHER], leaves) == [1, 0]


def test_a_stranger_with_the_same_name_counts_for_nobody() -> None:
    stranger = authority(subject="CN=Issuing", issuer=OTHER)
    assert counted([ROOT, ISSUING], [leaf(issuer=stranger)]) == [0, 0]
    assert counted([ROOT, ISSUING], [leaf(issuer=ISSUING)]) == [1, 1]


def test_a_renewed_ca_shares_its_leaves_and_two_that_issued_each_other_end() -> None:
    again = renewed(begins=BEGIN, lifetime=900 * DAY)
    assert counted([ROOT, again], [leaf(issuer=ROOT)]) == [1, 1]
    one = authority(subject="CN=One")
    two = authority(subject="CN=Two", issuer=one)
    crossed = authority(subject="CN=One", issuer=two, key=one.key)
    assert counted([crossed, two], [leaf(issuer=crossed)]) == [1, 1]


def test_without_leaves_nobody_knows_who_depends_on_a_ca() -> None:
    assert [one.dependents for one in read(ROOT.pem).watched] == [None]
    assert [one.dependents for one in read(ROOT.pem, leaf(issuer=OTHER)).watched] == [0]
    (one,) = expiry_bundle.read(ROOT.pem.encode(), "t.pem", []).watched
    assert one.dependents == 0


def test_a_leaf_whose_signature_cannot_be_checked_depends_on_nobody() -> None:
    """SHA-1 is none that cryptography takes, and ML-DSA not with every build of it."""
    odd = leaf(issuer=ROOT, signed_with="sha1")
    assert counted([ROOT], [odd, leaf(issuer=ROOT)]) == [
        1,
    ]
