"""Two clients that one certificate would match cannot be saved, in whichever order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.registry.matcher import Matcher
from service.registry.store import MatchesOverlap, Store
from tests.registry.made import ADMIN, ANOTHER_ISSUER, BILLING, ISSUER, NOW, create, uri


def _prefix(value: str, issuer: str = "") -> Matcher:
    return Matcher.of("uri-prefix", value, issuer)


_DEEP = "spiffe://example.org/" + "/".join(["segment"] * 14)
_LONG = f"spiffe://example.org/{'x' * 1000}"
OVERLAPS = {
    "the same": (uri(), uri()),
    "one issuer and any": (uri(issuer=ISSUER), uri()),
    "the same issuer": (uri(issuer=ISSUER), uri(issuer=ISSUER)),
    "another spelling of a name": (
        Matcher.of("dns", "billing.example.org"),
        Matcher.of("dns", "BILLING.example.org."),
    ),
    "another spelling of a subject": (
        Matcher.of("subject", "CN=billing,O=Example"),
        Matcher.of("subject", r"2.5.4.3=bill\69ng,O=Example"),
    ),
    "a fingerprint": (
        Matcher.of("fingerprint", "ab" * 32),
        Matcher.of("fingerprint", ":".join(["AB"] * 32)),
    ),
    "below a prefix": (_prefix("spiffe://example.org/"), uri()),
    "far below a prefix": (_prefix("spiffe://example.org/"), uri(_DEEP)),
    "below the prefix of one issuer": (_prefix("spiffe://example.org/", ISSUER), uri()),
    "of one issuer below a prefix": (_prefix("spiffe://example.org/"), uri(issuer=ISSUER)),
    "a prefix below a prefix": (_prefix("spiffe://example.org/"), _prefix(f"{BILLING}/")),
    "the same prefix": (_prefix(f"{BILLING}/"), _prefix(f"{BILLING}/*")),
    "a long one below a prefix": (_prefix("spiffe://example.org/"), uri(_LONG)),
    "below a long prefix": (_prefix(f"{_LONG}/"), uri(f"{_LONG}/a")),
    "with a port": (_prefix("https://example.org:8443/"), uri("https://example.org:8443/a")),
    "without an authority": (uri("urn:example:a/b"), uri("urn:example:a/b")),
}
APART = {
    "two issuers": (uri(issuer=ISSUER), uri(issuer=ANOTHER_ISSUER)),
    "two cases": (uri(), uri(BILLING.upper().replace("SPIFFE", "spiffe"))),
    "the prefix itself": (_prefix(f"{BILLING}/"), uri(f"{BILLING}/")),
    "beside a prefix": (_prefix(f"{BILLING}/"), uri(f"{BILLING}2/a")),
    "two prefixes": (_prefix(f"{BILLING}/"), _prefix("spiffe://example.org/orders/")),
    "a longer prefix that begins alike": (_prefix(f"{BILLING}/"), _prefix(f"{BILLING}-2/")),
    "prefixes of two issuers": (
        _prefix(f"{BILLING}/", ISSUER),
        _prefix(f"{BILLING}/a/", ANOTHER_ISSUER),
    ),
    "outside by climbing": (_prefix(f"{BILLING}/"), uri(f"{BILLING}/../orders")),
    "another authority": (_prefix("spiffe://example.org/"), uri("spiffe://example.org.evil/a")),
    "another scheme": (_prefix("spiffe://example.org/"), uri("https://example.org/a")),
    "two kinds": (uri(), Matcher.of("dns", "billing.example.org")),
    "two long ones": (uri(f"{_LONG}a"), uri(f"{_LONG}b")),
    "long ones of which one is the other's beginning": (uri(_LONG), uri(f"{_LONG}b")),
    "a subject in another order": (
        Matcher.of("subject", "CN=billing,O=Example"),
        Matcher.of("subject", "O=Example,CN=billing"),
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize("name", OVERLAPS)
def test_who_overlaps_cannot_be_created(store: Store, name: str, *, turned: bool) -> None:
    mine, theirs = reversed(OVERLAPS[name]) if turned else OVERLAPS[name]
    create(store, "first", theirs)
    with pytest.raises(MatchesOverlap) as overlap:
        create(store, "second", uri("spiffe://elsewhere.org/b"), mine)
    found = overlap.value
    assert (found.mine, found.theirs, found.other) == (mine, theirs, "first")
    assert [one.id for one in store.list().items] == ["first"]
    assert store.audit("second").items == []


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize("name", APART)
def test_who_does_not_overlap_can(store: Store, name: str, *, turned: bool) -> None:
    mine, theirs = reversed(APART[name]) if turned else APART[name]
    create(store, "first", theirs)
    create(store, "second", mine)
    assert [one.id for one in store.list().items] == ["first", "second"]


@pytest.mark.parametrize("name", OVERLAPS)
def test_nobody_can_be_changed_into_one_who_overlaps(store: Store, name: str) -> None:
    mine, theirs = OVERLAPS[name]
    create(store, "first", theirs)
    second = create(store, "second", uri("spiffe://elsewhere.org/b"))
    with pytest.raises(MatchesOverlap):
        store.update(replace(second, matchers=(*second.matchers, mine)), ADMIN, NOW)
    assert store.get("second") == second


@pytest.mark.parametrize("name", OVERLAPS)
def test_ones_own_matchers_may_overlap(store: Store, name: str) -> None:
    stored = create(store, "first", *OVERLAPS[name])
    stored = store.update(replace(stored, matchers=OVERLAPS[name][::-1]), ADMIN, NOW)
    store.update(replace(stored, matchers=OVERLAPS[name][:1]), ADMIN, NOW)


@pytest.mark.parametrize("name", OVERLAPS)
def test_who_is_gone_overlaps_with_nobody(store: Store, name: str) -> None:
    mine, theirs = OVERLAPS[name]
    create(store, "first", theirs)
    store.delete("first", 1, ADMIN, NOW)
    assert create(store, "second", mine).version == 1


def test_one_is_told_apart_from_very_many_below_it(store: Store) -> None:
    """They have more than the megabyte that DynamoDB reads at once."""
    place = f"spiffe://example.org/team/{'n' * 900}"
    for client in range(3):
        many = (uri(f"{place}{client}-{number}", ISSUER) for number in range(20))
        create(store, f"many-{client}", *many)
    create(store, "one", uri("spiffe://example.org/team/one", ANOTHER_ISSUER))
    mine = _prefix("spiffe://example.org/team/", ANOTHER_ISSUER)
    with pytest.raises(MatchesOverlap, match="'one'"):
        create(store, "all", mine)
    store.delete("one", 1, ADMIN, NOW)
    create(store, "all", mine)
