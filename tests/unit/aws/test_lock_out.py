"""Whom another truststore would lock out, and what has to be said for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from aws.errors import AwsRefused
from aws.lock_out import Clients, judge, refuse
from pki.difference import Client
from tests.builders import Holder, authority, leaf

NOW = datetime.now(UTC)
OLD, NEW = authority(subject="CN=Old,O=Example"), authority(subject="CN=New,O=Example")
ALICE, BOB = (leaf(issuer=OLD, subject=f"CN={name},O=Example") for name in ("alice", "bob"))
CAROL = leaf(issuer=NEW, subject="CN=carol,O=Example")
NOBODY = Clients()
SEEN = (("ab" * 32, "no certificate with this fingerprint is known"),)


def of(*holders: Holder) -> list[x509.Certificate]:
    return [one.certificate for one in holders]


def known(*holders: Holder, unknown: tuple[tuple[str, str], ...] = ()) -> Clients:
    return Clients([Client(one.certificate) for one in holders], unknown, "index")


@pytest.mark.parametrize(
    ("old", "new", "clients", "accepted"),
    [
        ((OLD,), (OLD, NEW), known(ALICE, BOB), None),
        ((OLD,), (OLD, NEW), NOBODY, None),  # nothing goes, so nobody can lose
        ((OLD,), (OLD, NEW), known(unknown=SEEN), None),
        ((OLD, NEW), (NEW,), known(CAROL), None),
        ((OLD, NEW), (NEW,), known(), None),  # an index with nobody in it is known
        ((OLD, NEW), (NEW,), known(ALICE, BOB), 2),
        ((OLD, NEW), (NEW,), known(ALICE, unknown=SEEN), 2),
        ((OLD, NEW), (NEW,), NOBODY, 0),
    ],
)
def test_it_goes_on(
    old: tuple[Holder, ...], new: tuple[Holder, ...], clients: Clients, accepted: int | None
) -> None:
    refuse(judge(of(*old), of(*new), clients, NOW), accepted)


@pytest.mark.parametrize(
    ("clients", "accepted", "said", "hint"),
    [
        (
            known(ALICE, BOB),
            None,
            "2 clients would lose access: CN=alice,O=Example",
            "--lock-out 2",
        ),
        (known(ALICE, BOB), 1, "2 clients would lose access, not 1", "--lock-out 2"),
        (known(ALICE, BOB), 3, "2 clients would lose access, not 3", "--lock-out 2"),
        (known(ALICE), 0, "1 client would lose access, not 0", "--lock-out 1"),
        (known(CAROL, unknown=SEEN), None, "1 client would lose access: abab", "--lock-out 1"),
        (NOBODY, None, "1 CA would go, and no client is known", "--lock-out 0"),
        (NOBODY, 1, "1 CA would go, and no client is known", "--lock-out 0"),
    ],
)
def test_it_stops(clients: Clients, accepted: int | None, said: str, hint: str) -> None:
    with pytest.raises(AwsRefused, match=said) as refused:
        refuse(judge(of(OLD, NEW), of(NEW), clients, NOW), accepted)
    assert hint in refused.value.hint


def test_who_is_refused_before_loses_nothing() -> None:
    expired = leaf(issuer=OLD, not_before=NOW.replace(year=2020))
    refuse(judge(of(OLD, NEW), of(NEW), known(expired), NOW), None)
