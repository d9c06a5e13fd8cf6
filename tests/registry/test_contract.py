"""What every store does, one method after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.rate import Rate
from service.registry.matcher import Matcher
from service.registry.registration import Registration, Status
from service.registry.store import (
    Actor,
    Ambiguous,
    IdTaken,
    MatchesOverlap,
    Store,
    UnknownRegistration,
    VersionConflict,
)
from tests.registry.conftest import Open
from tests.registry.made import (
    ADMIN,
    ANOTHER_ISSUER,
    BILLING,
    ISSUER,
    LATER,
    NOW,
    certificate,
    create,
    registration,
    uri,
)

FULL = Registration(
    id="billing",
    organization="Exämple \U0001f600 'GmbH'\n",
    matchers=(
        uri(BILLING, ISSUER),
        Matcher.of("uri-prefix", "spiffe://example.org/billing/"),
        Matcher.of("dns", "Billing.example.org"),
        Matcher.of("subject", r"CN=billing\, blue,O=Exämple"),
        Matcher.of("fingerprint", "AB" * 32),
    ),
    scopes=frozenset({"orders:read", "orders:write"}),
    status=Status.SUSPENDED,
    rate=Rate(2.5, 10),
    note='a "note"\n\\ of several lines',
    api_keys=("0a" * 32,),
)


def test_what_is_created_is_read_as_it_was(store: Store, open_another: Open) -> None:
    stored = store.create(FULL, ADMIN, NOW)
    assert stored == replace(FULL, version=1, created=NOW, updated=NOW)
    assert store.get("billing") == stored
    assert open_another().get("billing") == stored


def test_what_is_created_is_new_whatever_it_says_of_itself(store: Store) -> None:
    new = replace(registration(), version=7, created=LATER, updated=LATER, last_seen=LATER)
    stored = store.create(new, ADMIN, NOW)
    assert (stored.version, stored.created, stored.updated) == (1, NOW, NOW)
    assert store.get("billing").last_seen is None


def test_an_id_is_taken_once(store: Store) -> None:
    stored = create(store)
    with pytest.raises(IdTaken):
        create(store, "billing", uri("spiffe://example.org/other"))
    assert store.get("billing") == stored
    assert store.recognise(certificate("spiffe://example.org/other")) is None
    assert len(store.audit("billing").items) == 1


def test_nobody_is_unknown_by_mistake(store: Store) -> None:
    create(store)
    assert store.get("billing").id == "billing"
    with pytest.raises(UnknownRegistration):
        store.get("billin")
    with pytest.raises(UnknownRegistration):
        store.update(replace(registration("nobody"), version=1), ADMIN, NOW)
    with pytest.raises(UnknownRegistration):
        store.delete("nobody", 1, ADMIN, NOW)
    assert store.audit("nobody").items == []


def test_a_change_is_the_next_version_and_leaves_what_is_not_its_to_change(store: Store) -> None:
    first = create(store)
    changed = replace(first, note="new", status=Status.SUSPENDED, created=LATER, updated=None)
    second = store.update(changed, ADMIN, LATER)
    assert second == replace(
        first, note="new", status=Status.SUSPENDED, version=2, created=NOW, updated=LATER
    )
    assert store.get("billing") == second
    assert store.recognise(certificate(BILLING)) == second


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_than_the_last_changes_nothing(store: Store, version: int) -> None:
    second = store.update(create(store), ADMIN, LATER)
    with pytest.raises(VersionConflict) as conflict:
        store.update(replace(second, version=version, note="lost"), ADMIN, LATER)
    assert conflict.value.found == 2
    with pytest.raises(VersionConflict) as conflict:
        store.delete("billing", version, ADMIN, LATER)
    assert conflict.value.found == 2
    assert store.get("billing") == second
    assert len(store.audit("billing").items) == 2


def test_matchers_that_are_taken_away_recognise_nobody_any_more(store: Store) -> None:
    first = create(store, "billing", uri(), Matcher.of("dns", "billing.example.org"))
    by_dns = certificate(dns=("billing.example.org",))
    assert store.recognise(by_dns) == first
    second = store.update(replace(first, matchers=(uri(),)), ADMIN, NOW)
    assert store.recognise(by_dns) is None
    assert store.recognise(certificate(BILLING)) == second
    # And they are free for somebody else.
    other = create(store, "other", Matcher.of("dns", "billing.example.org"))
    assert store.recognise(by_dns) == other


def test_the_same_matcher_twice_is_one(store: Store) -> None:
    stored = create(store, "billing", uri(), uri())
    assert store.recognise(certificate(BILLING)) == stored
    store.update(stored, ADMIN, NOW)


def test_a_client_without_matchers_is_kept_and_recognised_by_nothing(store: Store) -> None:
    stored = store.create(replace(registration(), matchers=()), ADMIN, NOW)
    assert store.get("billing") == stored
    assert store.recognise(certificate(BILLING)) is None


KINDS = [
    uri(),
    uri(issuer=ISSUER),
    Matcher.of("uri-prefix", "spiffe://example.org/"),
    Matcher.of("uri-prefix", "spiffe://example.org/*", ISSUER),
    Matcher.of("dns", "BILLING.example.org"),
    Matcher.of("subject", "CN=billing,O=Example"),
    Matcher.of("subject", r"2.5.4.3=bill\69ng,O=Example", ISSUER),
]
_OTHERS = [
    uri(f"{BILLING}2"),
    uri(issuer=ANOTHER_ISSUER),
    Matcher.of("uri-prefix", f"{BILLING}/"),
    Matcher.of("uri-prefix", "spiffe://example.org/", ANOTHER_ISSUER),
    Matcher.of("dns", "example.org"),
    Matcher.of("subject", "O=Example,CN=billing"),
    Matcher.of("subject", "CN=Billing,O=Example"),
    Matcher.of("subject", "CN=billing,O=Example", ANOTHER_ISSUER),
    Matcher.of("fingerprint", "00" * 32),
]


def _name(matcher: Matcher) -> str:
    return f"{matcher.kind}-{matcher.value}-{matcher.issuer}"


@pytest.mark.parametrize("matcher", KINDS, ids=_name)
def test_a_certificate_is_recognised_by_each_kind(store: Store, matcher: Matcher) -> None:
    stored = create(store, "billing", matcher)
    assert store.recognise(certificate(BILLING, dns=("billing.example.org",))) == stored


def test_a_certificate_is_recognised_by_its_fingerprint(store: Store) -> None:
    mine, other = certificate(BILLING), certificate(BILLING, subject="CN=other")
    stored = create(store, "billing", Matcher.of("fingerprint", mine.fingerprint))
    assert store.recognise(mine) == stored
    assert store.recognise(other) is None


@pytest.mark.parametrize("matcher", _OTHERS, ids=_name)
def test_another_value_or_issuer_recognises_nobody(store: Store, matcher: Matcher) -> None:
    create(store, "billing", matcher)
    assert store.recognise(certificate(BILLING, dns=("billing.example.org",))) is None


def test_a_certificate_of_two_clients_is_nobodys(store: Store) -> None:
    first = create(store)
    second = create(store, "by-name", Matcher.of("dns", "billing.example.org"))
    with pytest.raises(Ambiguous, match="billing and by-name"):
        store.recognise(certificate(BILLING, dns=("billing.example.org",)))
    assert store.recognise(certificate(BILLING)) == first
    assert store.recognise(certificate(dns=("billing.example.org",))) == second


def test_a_certificate_that_one_client_has_two_matchers_for_is_its(store: Store) -> None:
    stored = create(store, "billing", uri(), Matcher.of("dns", "billing.example.org"))
    assert store.recognise(certificate(BILLING, dns=("billing.example.org",))) == stored


def test_a_certificate_with_very_many_names_is_looked_up_by_all_of_them(store: Store) -> None:
    stored = create(store, "billing", Matcher.of("dns", "n399.example.org"))
    names = tuple(f"n{number}.example.org" for number in range(400))
    assert store.recognise(certificate(dns=names)) == stored
    assert store.recognise(certificate(dns=names[:-1])) is None


def test_who_is_deleted_is_gone_and_may_come_again(store: Store) -> None:
    stored = store.update(create(store), ADMIN, NOW)
    store.delete("billing", 2, ADMIN, LATER)
    with pytest.raises(UnknownRegistration):
        store.get("billing")
    assert store.recognise(certificate(BILLING)) is None
    assert store.list().items == store.list(organization="Example").items == []
    with pytest.raises(UnknownRegistration):
        store.update(stored, ADMIN, LATER)
    again = create(store)
    assert again.version == 3
    with pytest.raises(VersionConflict):
        store.update(replace(again, version=1), ADMIN, LATER)
    assert store.recognise(certificate(BILLING)) == again
    actions = [entry.action for entry in store.audit("billing").items]
    assert actions == ["create", "delete", "update", "create"]


def test_the_id_of_one_who_is_gone_goes_to_no_other_organization(store: Store) -> None:
    create(store)
    store.delete("billing", 1, ADMIN, LATER)
    with pytest.raises(IdTaken, match="'billing' was a client of 'Example', expected another id"):
        store.create(registration(organization="Another"), ADMIN, LATER)
    with pytest.raises(UnknownRegistration):
        store.get("billing")
    assert len(store.audit("billing").items) == 2
    assert store.create(registration("other", organization="Another"), ADMIN, LATER).version == 1
    assert create(store).version == 2


def test_the_trail_says_who_did_what_when_and_what_it_was_before(store: Store) -> None:
    first = create(store)
    suspended = replace(first, status=Status.SUSPENDED)
    second = store.update(suspended, Actor("cli:root"), LATER, "suspend")
    store.delete("billing", 2, ADMIN, LATER + timedelta(seconds=1))
    last, middle, oldest = store.audit("billing").items
    assert (oldest.at, oldest.actor, oldest.action, oldest.client) == (
        NOW,
        "client:admin",
        "create",
        "billing",
    )
    assert (oldest.before, oldest.after) == (None, first)
    assert (middle.at, middle.actor, middle.action) == (LATER, "cli:root", "suspend")
    assert (middle.before, middle.after) == (first, second)
    assert (last.action, last.before, last.after) == ("delete", second, None)


def test_the_trail_is_each_clients_own(store: Store) -> None:
    create(store, "bill")
    create(store, "billing")
    assert [entry.client for entry in store.audit("bill").items] == ["bill"]


def test_a_change_that_is_refused_leaves_no_trace(store: Store) -> None:
    first = create(store)
    create(store, "other")
    with pytest.raises(MatchesOverlap):
        store.update(
            replace(first, note="lost", matchers=(uri("spiffe://example.org/other"),)), ADMIN, NOW
        )
    assert store.get("billing") == store.recognise(certificate(BILLING)) == first
    assert len(store.audit("billing").items) == 1


def test_what_was_seen_is_noted_to_the_hour_and_never_back(store: Store) -> None:
    create(store)
    store.touch("billing", NOW)
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    assert store.get("billing").last_seen == hour
    assert store.list().items[0].last_seen == hour
    store.touch("billing", NOW - timedelta(hours=3))
    assert store.get("billing").last_seen == hour
    store.touch("billing", (NOW + timedelta(hours=2)).astimezone(timezone(timedelta(hours=-9))))
    assert store.get("billing").last_seen == hour + timedelta(hours=2)


def test_what_was_seen_is_no_change(store: Store) -> None:
    first = create(store)
    store.touch("billing", NOW)
    assert store.get("billing").version == 1
    assert len(store.audit("billing").items) == 1
    second = store.update(replace(first, note="new"), ADMIN, LATER)
    assert store.get("billing").last_seen == second.last_seen is not None


def test_nobody_is_made_by_having_been_seen(store: Store) -> None:
    store.touch("nobody", datetime.now(UTC))
    assert store.list().items == []
