"""One CRL at a time: each that is rejected has a twin that is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from service.revocation import crl, der, issuer
from service.revocation.crl import Crl, RejectedCrl
from tests import builders, crls
from tests.builders import Holder
from tests.crls import NOW, Entry, extension

NONE, HOUR = timedelta(0), timedelta(hours=1)
CA = builders.authority()
TWIN = builders.authority()  # the same name, another key
OTHER = builders.authority(subject="CN=Other,O=Test")
NO_CRLS = builders.authority(
    subject="CN=No CRLs", key_usage=builders._usage("digital_signature", "key_cert_sign")
)
ANY_USE = builders.authority(subject="CN=Any use", key_usage=None)
RSA = builders.authority(subject="CN=RSA", key=builders.rsa_key(2048))
ED25519 = builders.authority(subject="CN=Ed", key=ed25519.Ed25519PrivateKey.generate())
KEY_ID = crls.with_key_id(builders.authority(subject="CN=Key id"))
TRUSTED = [CA, OTHER, NO_CRLS, ANY_USE, RSA, ED25519, KEY_ID]
URL = "http://crl.example.org/1"


@cache
def trusted(*holders: Holder) -> tuple[issuer.Issuer, ...]:
    return issuer.issuers(holder.certificate for holder in holders or TRUSTED)


def read(data: bytes, grace: timedelta = NONE) -> Crl:
    return crl.read(data, trusted(), NOW, grace)


def scope(**changed: object) -> bytes:
    parts: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_some_reasons": None,
        **dict.fromkeys(("only_contains_user_certs", "only_contains_ca_certs"), False),
        **dict.fromkeys(("indirect_crl", "only_contains_attribute_certs"), False),
    }
    value = x509.IssuingDistributionPoint(**{**parts, **changed})  # type: ignore[arg-type]
    return crls.scope(value)


def point(name: x509.GeneralName) -> list[x509.GeneralName]:
    return [name]


DELTA = extension("2.5.29.27", crls.integer(1), critical=True)
RELATIVE = x509.RelativeDistinguishedName([x509.NameAttribute(x509.NameOID.COMMON_NAME, "part 1")])
REASONS = frozenset({x509.ReasonFlags.key_compromise})
NOT_URI = point(x509.DNSName("crl.example.org"))
UNKNOWN_CRITICAL = extension(crls.UNKNOWN, b"\5\0", critical=True)
CERTIFICATE_ISSUER = extension("2.5.29.29", b"\x30\0", critical=True)
INVALID_SINCE = extension("2.5.29.24", crls.der(0x18, b"20250101000000Z"), critical=True)

#: What it is: how it is made, and a word of why it is rejected.
REJECTED: dict[str, tuple[Callable[[], bytes], str]] = {
    "signed by another key": (lambda: crls.crl(CA, key=OTHER.key), "did not sign it"),
    "of a namesake": (lambda: crls.crl(TWIN), "did not sign it"),
    "of a stranger": (lambda: crls.crl(builders.authority(subject="CN=S")), "not in the trust"),
    "for another issuer": (lambda: crls.crl(CA, name=OTHER.certificate.subject), "did not sign"),
    "signed with SHA-1": (lambda: crls.crl(CA, sha1=True), "sha1"),
    "of an issuer without cRLSign": (lambda: crls.crl(NO_CRLS), "cRLSign"),
    "naming another key": (lambda: crls.crl(KEY_ID, key_id=b"x" * 20), "another key"),
    "without an end": (lambda: crls.crl(CA, next_update=None), "nextUpdate"),
    "not valid yet": (lambda: crls.crl(CA, this_update=NOW + HOUR), "holds from"),
    "expired": (lambda: crls.crl(CA, next_update=NOW - timedelta(seconds=1)), "expired"),
    "a delta": (lambda: crls.crl(CA, more=DELTA), "delta"),
    "unknown critical extension": (lambda: crls.crl(CA, more=UNKNOWN_CRITICAL), "2.25.4711"),
    "unknown critical extension of an entry": (
        lambda: crls.crl(CA, [Entry(1, more=UNKNOWN_CRITICAL)]),
        "of an entry",
    ),
    "entry of another issuer": (
        lambda: crls.crl(CA, [Entry(1, more=CERTIFICATE_ISSUER)]),
        "another issuer's",
    ),
    "indirect": (lambda: crls.crl(CA, more=scope(indirect_crl=True)), "indirect"),
    "for authorities": (lambda: crls.crl(CA, more=scope(only_contains_ca_certs=True)), "leaves"),
    "for attribute certificates": (
        lambda: crls.crl(CA, more=scope(only_contains_attribute_certs=True)),
        "leaves",
    ),
    "for some reasons": (lambda: crls.crl(CA, more=scope(only_some_reasons=REASONS)), "reasons"),
    "relative point": (lambda: crls.crl(CA, more=scope(relative_name=RELATIVE)), "relative"),
    "point that is no URI": (lambda: crls.crl(CA, more=scope(full_name=NOT_URI)), "no URI"),
    "number of 21 octets": (lambda: crls.crl(CA, number=1 << 160), "number"),
    "negative number": (lambda: crls.crl(CA, number=-1), "cannot read"),
    "serial of 128 octets": (lambda: crls.crl(CA, [1 << 1016]), "127 octets"),
    "an extension twice": (
        lambda: crls.crl(CA, more=extension("2.5.29.20", crls.integer(7))),
        "cannot read",
    ),
    "cut off": (lambda: crls.crl(CA)[:-1], "cannot read"),
    "with something behind it": (lambda: crls.crl(CA) + b"\0", "cannot read"),
    "a certificate": (lambda: CA.certificate.public_bytes(Encoding.DER), "cannot read"),
}

ACCEPTED: dict[str, Callable[[], bytes]] = {
    "plain": lambda: crls.crl(CA),
    "of the other": lambda: crls.crl(OTHER),
    "of an issuer without keyUsage": lambda: crls.crl(ANY_USE),
    "RSA": lambda: crls.crl(RSA),
    "Ed25519": lambda: crls.crl(ED25519),
    "naming its key": lambda: crls.crl(KEY_ID),
    "without a key identifier": lambda: crls.crl(KEY_ID, key_id=None),
    "naming a key of which nobody knows the name": lambda: crls.crl(CA, key_id=b"x" * 20),
    "without a number": lambda: crls.crl(CA, number=None),
    "version 1": lambda: crls.crl(CA, [1], number=None, key_id=None),
    "greatest number": lambda: crls.crl(CA, number=(1 << 160) - 1),
    "number 0": lambda: crls.crl(CA, number=0),
    "a clock a little ahead": lambda: crls.crl(CA, this_update=NOW + timedelta(minutes=4)),
    "expires now": lambda: crls.crl(CA, next_update=NOW),
    "beyond 2050": lambda: crls.crl(CA, next_update=NOW.replace(year=2060)),
    "unknown extension": lambda: crls.crl(CA, more=extension(crls.UNKNOWN, b"\5\0")),
    "unknown extension of an entry": lambda: crls.crl(
        CA, [Entry(1, more=extension(crls.UNKNOWN, b"\5\0"))]
    ),
    "critical date of an entry": lambda: crls.crl(CA, [Entry(1, 1, more=INVALID_SINCE)]),
    "serial of 127 octets": lambda: crls.crl(CA, [1 << 1014]),
    "for leaves": lambda: crls.crl(CA, more=scope(only_contains_user_certs=True)),
    "partition": lambda: crls.crl(
        CA, more=scope(full_name=point(x509.UniformResourceIdentifier(URL)))
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_does_not_count_is_rejected_and_says_why(name: str) -> None:
    make, why = REJECTED[name]
    with pytest.raises(RejectedCrl, match=why):
        crl.revoked(read(make()))


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_counts_is_read(name: str) -> None:
    data = ACCEPTED[name]()
    found = read(data)
    assert found.issuer.certificate in [holder.certificate for holder in TRUSTED]
    assert sum(map(len, crl.revoked(found).values())) == len(x509.load_der_x509_crl(data))


def test_an_expired_crl_counts_within_grace_and_not_beyond() -> None:
    data = crls.crl(CA, next_update=NOW - HOUR)
    assert read(data, HOUR)
    with pytest.raises(RejectedCrl, match="expired"):
        read(data, HOUR - timedelta(seconds=1))


def test_of_two_namesakes_the_one_that_signed_is_found() -> None:
    both = trusted(CA, TWIN)
    found = [crl.read(crls.crl(holder), both, NOW, NONE).issuer for holder in (CA, TWIN)]
    assert [one.certificate for one in found] == [CA.certificate, TWIN.certificate]
    assert found[0].id != found[1].id


def test_inner_and_outer_algorithm_have_to_be_the_same() -> None:
    ours = bytes.fromhex("300a06082a8648ce3d040302")
    data = crls.crl(CA)
    assert data.count(ours) == 2
    swapped = ours[:-1] + b"\x03"  # ecdsa-with-SHA384
    first = data.replace(ours, swapped, 1)
    with pytest.raises(RejectedCrl, match="do not match"):
        read(first)


def test_entries_are_those_that_cryptography_reads() -> None:
    serials = [1, 127, 128, 255, 256, 2**64, 2**127, 2**128 - 1, 2**159, 2**160 - 1, 2**300]
    reasons = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, None]
    entries = [Entry(n, r) for n, r in zip(serials, reasons, strict=True)]
    entries += [Entry(7, 3, more=INVALID_SINCE), Entry(0), Entry(-1), Entry(-(2**64))]
    rows = crl.revoked(read(crls.crl(CA, entries)))
    found = {int.from_bytes(row[:-1], "big"): row[-1] for some in rows.values() for row in some}
    wanted = {entry.serial_number: entry.reason or 0 for entry in entries}
    assert found == {serial: reason for serial, reason in wanted.items() if serial >= 0}
    assert all(len(row) == length + 1 for length, some in rows.items() for row in some)


def test_a_file_has_one_in_der_or_several_in_pem() -> None:
    one, two = crls.crl(CA, [1]), crls.crl(OTHER, [2])
    assert list(crl.split(one)) == [one]
    assert list(crl.split(crls.pem(one))) == [one]
    both = b"# comment\r\n" + crls.pem(one) + b"\n\n" + crls.pem(two).replace(b"\n", b"\r\n")
    assert list(crl.split(both)) == [one, two]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        crls.pem(crls.crl(CA))[:-5],
        crls.pem(crls.crl(CA)).replace(b"X509 CRL", b"CERTIFICATE"),
        crls.pem(crls.crl(CA)).replace(b"M", b"!", 1),
        b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n" * (crl.MAX_CRLS + 1),
        b"\x30" * (crl.MAX_BYTES + 1),
        b"-----BEGIN X509 CRL-----" + b"\n" * 5_000_000 + b"-----END X509 CRL-----",
    ],
    ids=[
        "empty",
        "words",
        "cut off",
        "certificate",
        "not base64",
        "too many",
        "too large",
        "blank",
    ],
)
def test_a_file_that_is_no_crl_is_rejected(data: bytes) -> None:
    with pytest.raises(RejectedCrl):
        list(map(read, crl.split(data)))


def _any_outcome(data: bytes) -> None:
    try:
        for one in crl.split(data):
            crl.revoked(read(one))
    except (RejectedCrl, der.BrokenDer):
        pass


@given(st.binary(max_size=300))
def test_any_bytes_are_rejected_and_never_crash(data: bytes) -> None:
    _any_outcome(data)
    _any_outcome(b"\x30" + data)


GOOD = crls.crl(CA, [Entry(2**90, 1), Entry(3)], more=scope(only_contains_user_certs=True))


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_crl_with_a_fault_is_rejected_and_never_crashes(at: int, new: bytes, gone: int) -> None:
    broken = GOOD[:at] + new + GOOD[at + gone :]
    if broken != GOOD:
        with pytest.raises((RejectedCrl, der.BrokenDer)):
            crl.revoked(read(broken))
