"""What is checked of a CRL before it is in force: a table of yes and no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from aws import crl_check
from pki import crl
from pki.findings import Finding, Severity
from tests import crls
from tests.builders import CLIENT_AUTH, UNKNOWN_EXTENSION, Holder, _usage, authority, leaf, rsa_key
from tests.crls import Entry

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
ROOT = authority()
#: Its certificate names its key, as those of authorities do in life.
NAMED = crls.with_key_id(authority(subject="CN=Named"))
RSA = authority(subject="CN=RSA", key=rsa_key(2048))
MUTE = authority(subject="CN=Mute", key_usage=_usage("key_cert_sign"))
FREE = authority(subject="CN=Free", key_usage=None)
SAME_NAME = authority()
TRUSTED = [one.certificate for one in (ROOT, NAMED, RSA, MUTE, FREE)]


def parsed(der: bytes) -> crl_check.Crl:
    found = crl.parse(der)
    assert found is not None
    return found


def check(der: bytes) -> list[Finding]:
    return crl_check.check(parsed(der), TRUSTED, NOW)


def scope(**only: bool | frozenset[x509.ReasonFlags]) -> bytes:
    full = [x509.UniformResourceIdentifier("http://crl.example.com/1")]
    whole: dict[str, object] = {
        "full_name": full,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return crls.scope(x509.IssuingDistributionPoint(**{**whole, **only}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "der",
    [
        crls.crl(ROOT),
        crls.crl(ROOT, [1, 2, 3], number=None),
        crls.crl(NAMED, [Entry(5, reason=1)]),
        crls.crl(RSA),
        crls.crl(FREE),
        crls.crl(ROOT, key_id=None),
        crls.crl(ROOT, this_update=NOW + timedelta(minutes=4)),
        crls.crl(ROOT, more=scope()),
        crls.crl(ROOT, more=scope(only_contains_user_certs=True)),
        crls.crl(ROOT, more=crls.extension(crls.UNKNOWN, b"\x05\x00")),
        crls.crl(ROOT, [Entry(1, more=crls.extension(crls.UNKNOWN, b"\x05\x00"))]),
        crls.crl(
            ROOT, [Entry(1, more=crls.extension("2.5.29.21", b"\x0a\x01\x01", critical=True))]
        ),
    ],
)
def test_what_is_right(der: bytes) -> None:
    assert check(der) == []


@pytest.mark.parametrize(
    ("der", "code"),
    [
        (crls.crl(authority(subject="CN=Stranger")), "crl.stranger"),
        (crls.crl(SAME_NAME), "crl.signature"),
        (crls.crl(ROOT, key=SAME_NAME.key), "crl.signature"),
        (crls.crl(MUTE), "crl.signature"),
        (crls.crl(NAMED, key_id=b"another key's"), "crl.signature"),
        (crls.crl(RSA, sha1=True), "crl.algorithm"),
        (crls.crl(ROOT, next_update=None), "crl.endless"),
        (crls.crl(ROOT, next_update=NOW - HOUR, this_update=NOW - 2 * HOUR), "crl.expired"),
        (crls.crl(ROOT, this_update=NOW + HOUR), "crl.not-yet"),
        (
            crls.crl(ROOT, more=crls.extension("2.5.29.27", crls.integer(1), critical=True)),
            "crl.delta",
        ),
        (
            crls.crl(ROOT, more=crls.extension(crls.UNKNOWN, b"\x05\x00", critical=True)),
            "crl.critical-extension",
        ),
        (
            crls.crl(
                ROOT, [1, Entry(2, more=crls.extension(crls.UNKNOWN, b"\x05\x00", critical=True))]
            ),
            "crl.critical-extension",
        ),
        (crls.crl(ROOT, more=scope(indirect_crl=True)), "crl.scope"),
        (crls.crl(ROOT, more=scope(only_contains_ca_certs=True)), "crl.scope"),
        (crls.crl(ROOT, more=scope(only_contains_attribute_certs=True)), "crl.scope"),
        (
            crls.crl(
                ROOT, more=scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))
            ),
            "crl.scope",
        ),
    ],
)
def test_what_is_wrong(der: bytes, code: str) -> None:
    found = check(der)
    assert [one.code for one in found] == [code]
    assert all(one.severity is Severity.ERROR and one.hint for one in found)


def test_a_leaf_of_the_truststore_is_no_authority() -> None:
    """Whoever has a certificate of a CA cannot speak for it."""
    holder = leaf(issuer=ROOT, subject="CN=A leaf", eku=CLIENT_AUTH, critical=UNKNOWN_EXTENSION)
    found = crl_check.check(parsed(crls.crl(holder)), [holder.certificate], NOW)
    assert [one.code for one in found] == ["crl.signature"]


def test_one_that_is_about_to_end_is_a_warning() -> None:
    began = NOW - timedelta(days=6, hours=23)
    (found,) = check(crls.crl(ROOT, this_update=began, next_update=began + timedelta(days=7)))
    assert check(crls.crl(ROOT, next_update=NOW + 3 * HOUR)) == []  # it is one for a few hours
    assert (found.code, found.severity) == ("crl.expires", Severity.WARNING)


@pytest.mark.parametrize(
    ("new", "old", "is_older"),
    [
        (2, 1, False),
        (1, 1, False),
        (1, 2, True),
        (None, 1, True),
        (1, None, False),
        (1 << 150, (1 << 150) + 1, True),
    ],
)
def test_numbers_do_not_fall(new: int | None, old: int | None, *, is_older: bool) -> None:
    pair = (parsed(crls.crl(ROOT, number=new)), parsed(crls.crl(ROOT, number=old)))
    assert [one.code for one in crl_check.against(*pair)] == ["crl.older"] * is_older


def test_with_equal_numbers_the_date_decides() -> None:
    early, late = (
        parsed(crls.crl(ROOT, number=None, this_update=NOW - hours * HOUR)) for hours in (2, 1)
    )
    assert [one.code for one in crl_check.against(early, late)] == ["crl.older"]
    assert list(crl_check.against(late, early)) == []


def identity(issuer: Holder, **more: bytes) -> tuple[bytes, bytes, bytes]:
    return crl_check.identity(parsed(crls.crl(issuer, number=7, **more)))  # type: ignore[arg-type]


def test_what_takes_the_place_of_what() -> None:
    assert identity(ROOT) == crl_check.identity(parsed(crls.crl(ROOT, [5], number=8)))
    others = [identity(SAME_NAME), identity(NAMED), identity(ROOT, more=scope())]
    assert identity(ROOT) not in others


def test_half_a_million_entries_are_as_many_as_alb_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_check, "MOST_ENTRIES", 3)
    assert list(crl_check.for_alb(parsed(crls.crl(ROOT, [1, 2, 3])))) == []
    (found,) = crl_check.for_alb(parsed(crls.crl(ROOT, [1, 2, 3, 4])))
    assert found.code == "crl.too-many-entries"
    monkeypatch.undo()
    assert crl_check.MOST_ENTRIES == 500_000
