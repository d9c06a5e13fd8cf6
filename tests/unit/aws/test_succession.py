"""Which CAs a new one replaces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from aws.errors import AwsRefused
from aws.succession import Succession, succeed
from pki.describe import fingerprint
from tests.builders import Holder, authority

NOW = datetime.now(UTC)
OLD = authority(subject="CN=Old Root,O=Example")
OLD_ISSUING = authority(subject="CN=Old Issuing,O=Example", issuer=OLD)
NEW = authority(subject="CN=New Root,O=Example")
NEW_ISSUING = authority(subject="CN=New Issuing,O=Example", issuer=NEW)
PARTNER = authority(subject="CN=Partner Root,O=Partner")
PARTNER_ISSUING = authority(subject="CN=Partner Issuing,O=Partner", issuer=PARTNER)


def of(*holders: Holder) -> list[x509.Certificate]:
    return [one.certificate for one in holders]


def names(certificates: list[x509.Certificate]) -> list[str]:
    return sorted(one.subject.rfc4514_string().split(",")[0][3:] for one in certificates)


def done(
    in_force: list[x509.Certificate], new: list[x509.Certificate], replaces: str = ""
) -> Succession:
    return succeed(in_force, new, replaces, NOW)


def test_the_only_other_root_is_replaced_with_all_below_it() -> None:
    found = done(of(OLD_ISSUING, OLD), of(NEW_ISSUING, NEW))
    assert names(found.target) == ["New Issuing", "New Root"]
    assert names(found.both) == ["New Issuing", "New Root", "Old Issuing", "Old Root"]
    assert found.rotation.leaving == {
        fingerprint(OLD.certificate),
        fingerprint(OLD_ISSUING.certificate),
    }


def test_an_issuing_ca_is_replaced_below_the_same_root() -> None:
    newer = authority(subject="CN=Newer Issuing,O=Example", issuer=OLD)
    found = done(of(OLD_ISSUING, OLD), of(newer, OLD))
    assert names(found.target) == ["Newer Issuing", "Old Root"]


def test_of_several_partners_one_has_to_be_named() -> None:
    in_force = of(OLD_ISSUING, OLD, PARTNER_ISSUING, PARTNER)
    with pytest.raises(AwsRefused, match="2 CAs in force could be the one") as refused:
        done(in_force, of(NEW))
    assert "CN=Old Root" in refused.value.hint
    assert "CN=Partner Root" in refused.value.hint


@pytest.mark.parametrize(
    "replaces",
    [
        "Old Root",
        "CN=Old Root,O=Example",
        fingerprint(OLD.certificate),
        fingerprint(OLD.certificate)[:16].upper(),
        ":".join(fingerprint(OLD.certificate)[i : i + 2] for i in range(0, 64, 2)),
    ],
)
def test_one_is_named_by_name_or_fingerprint_and_the_partner_stays(replaces: str) -> None:
    found = done(of(OLD_ISSUING, OLD, PARTNER_ISSUING, PARTNER), of(NEW), replaces)
    assert names(found.target) == ["New Root", "Partner Issuing", "Partner Root"]


@pytest.mark.parametrize("replaces", ["Old", "old root", "", fingerprint(OLD.certificate)[:7]])
def test_a_name_that_nearly_fits_names_nobody(replaces: str) -> None:
    with pytest.raises(AwsRefused):
        done(of(OLD, PARTNER), of(NEW), replaces)


def test_a_renewed_root_of_the_same_name_replaces_the_old_one() -> None:
    renewed = authority(subject="CN=Old Root,O=Example")
    found = done(of(OLD_ISSUING, OLD), of(renewed), "Old Root")
    assert found.target == of(renewed)


def test_a_cross_signed_ca_stays_while_one_of_its_issuers_does() -> None:
    crossed = authority(subject="CN=Crossed,O=Example", issuer=OLD)
    again = authority(subject="CN=Crossed,O=Example", issuer=PARTNER, key=crossed.key)
    below = authority(subject="CN=Below,O=Example", issuer=crossed)
    found = done(of(below, crossed, again, OLD, PARTNER), of(NEW), "Old Root")
    assert below.certificate in found.target
    assert again.certificate in found.target
    assert crossed.certificate not in found.target


def test_one_that_has_expired_is_left_out_of_both() -> None:
    ended = authority(
        subject="CN=Ended,O=Example", not_before=NOW - timedelta(9), lifetime=timedelta(1)
    )
    found = done(of(OLD, ended), of(NEW))
    assert names(found.both) == ["New Root", "Old Root"]


def test_nothing_leaves_where_the_new_one_is_alone_in_force() -> None:
    assert done(of(NEW), of(NEW)).leaving == []
