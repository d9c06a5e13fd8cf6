"""Who loses or gains access by a new truststore: the same as decide() says, one by one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pki.acceptance import Accepted, decide
from pki.difference import OUTCOMES, Change, Client, Difference, difference
from pki.explain import FRONTS
from pki.issuers import Named
from pki.relevant import likeness
from pki.search import Search
from pki.verdict import Verdict
from tests import builders
from tests.builders import Holder, authority, leaf, rsa_key
from tests.unit.pki import fronts
from tests.unit.pki.fronts import GOOD, ISSUING, ROOT, STORE
from tests.unit.pki.oddities import NOW, hashed, signed
from tests.unit.pki.test_acceptance import LEAVES, days
from tests.unit.pki.test_acceptance_paths import CHAINS

OTHER = authority(subject="CN=Other Root,O=Test")
PARTNER = leaf(issuer=OTHER, subject="CN=partner")


def certificates(*holders: Holder) -> list[x509.Certificate]:
    return [holder.certificate for holder in holders]


def compared(old: Any, new: Any, *clients: Client) -> Difference:
    return difference(certificates(*old), certificates(*new), clients, fronts=FRONTS, now=NOW)


def outcomes(found: Difference) -> list[tuple[str, ...]]:
    return [tuple(one.changes[front].outcome for front in FRONTS) for one in found.judged]


def plain(verdict: Verdict) -> object:
    if isinstance(verdict, Accepted):
        return verdict.path[0], verdict.path[-1], verdict.not_before, verdict.not_after
    return verdict


def test_who_loses_who_gains_who_keeps() -> None:
    clients = [Client(h.certificate) for h in (GOOD, PARTNER, days(-2, -1))]
    found = compared(STORE, (*STORE, OTHER), *clients)
    assert outcomes(found) == [("keeps",) * 2, ("gains",) * 2, ("refused",) * 2]
    assert not found.somebody_loses
    found = compared((*STORE, OTHER), (OTHER,), *clients)
    assert outcomes(found) == [("loses",) * 2, ("keeps",) * 2, ("refused",) * 2]
    assert found.somebody_loses
    assert [found.count("alb", outcome) for outcome in OUTCOMES] == [1, 0, 1, 1]


def test_one_front_may_lose_what_the_other_keeps() -> None:
    old, new = STORE, (ROOT,)
    found = compared(old, new, Client(GOOD.certificate, (ISSUING.certificate,)))
    assert outcomes(found) == [("loses", "keeps")]
    assert found.somebody_loses
    twin = compared(old, old, Client(GOOD.certificate, (ISSUING.certificate,)))
    assert outcomes(twin) == [("keeps", "keeps")]


def test_what_comes_and_goes_is_told_by_certificate_not_by_name() -> None:
    again = authority()
    found = compared((*STORE, ROOT), (again, ISSUING))
    assert (found.came, found.went) == ((again.certificate,), (ROOT.certificate,))
    same = compared(STORE, (ISSUING, ROOT, ROOT))
    assert (same.came, same.went) == ((), ())


def test_a_root_that_goes_takes_the_clients_of_its_intermediate_along() -> None:
    found = compared(STORE, (ISSUING,), Client(GOOD.certificate))
    assert outcomes(found) == [("loses", "loses")]
    change = found.judged[0].changes["api-gateway"]
    assert getattr(change.after, "code", "") == "chain-incomplete"


def client_of(make: Callable[[], Holder]) -> fronts.Client:
    return fronts.Client(make())


ALL: dict[str, Callable[[], fronts.Client]] = {
    **{f"leaf: {name}": partial(client_of, make) for name, (make, _) in LEAVES.items()},
    **{f"path: {name}": make for name, (make, _) in CHAINS.items()},
}


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_decide_says(name: str) -> None:
    """The CAs that cannot matter are left out, and nothing else changes by it."""
    client = ALL[name]()
    others = [authority(subject=f"CN=Other {number}") for number in range(3)]
    new = (others[0], *client.truststore[1:], *others[1:])
    old = (*others, *client.truststore)
    for sent in ((), tuple(certificates(*client.sent))):
        one = Client(client.holder.certificate, sent)
        found = compared(old, new, one, one)
        for judged in found.judged:
            for front in FRONTS:
                expected = [
                    decide(one.leaf, sent, certificates(*side), front=front, now=NOW)
                    for side in (old, new)
                ]
                change = judged.changes[front]
                assert [plain(change.before), plain(change.after)] == [*map(plain, expected)]


P384 = ec.generate_private_key(ec.SECP384R1())
P521 = ec.generate_private_key(ec.SECP521R1())
#: Pairs that share an issuer's name, and differ in what decide() looks at.
UNLIKE: dict[str, Callable[[], Holder]] = {
    "key": lambda: leaf(issuer=ISSUING, key=P521),
    "small key": lambda: leaf(issuer=ISSUING, key=rsa_key(1024)),
    "purpose": lambda: leaf(issuer=ISSUING, eku=builders.SERVER_AUTH),
    "usage": lambda: leaf(issuer=ISSUING, key_usage=builders.ENCIPHERS),
    "CA": lambda: leaf(issuer=ISSUING, ca=True),
    "hash": lambda: leaf(issuer=ISSUING, signed_with="sha1"),
    "signer": lambda: leaf(issuer=authority(subject="CN=Issuing,O=Test", issuer=ROOT)),
    "expired": lambda: days(-2, -1),
    "critical": lambda: leaf(issuer=ISSUING, critical=builders.UNKNOWN_EXTENSION),
    "criticality": lambda: signed(ISSUING, (builders.UNKNOWN_EXTENSION, False)),
    "critical alone": lambda: signed(ISSUING, (builders.UNKNOWN_EXTENSION, True)),
    "asked key": lambda: signed(
        ISSUING, (x509.AuthorityKeyIdentifier(b"other", None, None), False)
    ),
    "own": lambda: leaf(issuer=None, subject="CN=Issuing,O=Test"),
    "good": lambda: leaf(issuer=ISSUING, subject="CN=else", uri=None),
    "P-384": lambda: leaf(issuer=ISSUING, key=P384),
}


@pytest.mark.parametrize("first", ["good", *UNLIKE])
@pytest.mark.parametrize("name", UNLIKE)
def test_the_verdict_of_one_is_not_taken_for_an_unlike_one(first: str, name: str) -> None:
    """Before and after it: whoever is asked first is remembered."""
    holders = [UNLIKE[first](), UNLIKE[name](), GOOD]
    found = compared(STORE, (ROOT,), *(Client(holder.certificate) for holder in holders))
    for holder, judged in zip(holders, found.judged, strict=True):
        for front in FRONTS:
            for side, said in ((STORE, "before"), ((ROOT,), "after")):
                expected = decide(holder.certificate, [], certificates(*side), front=front, now=NOW)
                assert plain(getattr(judged.changes[front], said)) == plain(expected)


def test_constrained_names_are_looked_at_one_by_one() -> None:
    constraints = x509.NameConstraints([x509.DNSName("example.org")], None)
    ca = x509.BasicConstraints(ca=True, path_length=None)
    above = signed(ROOT, (ca, True), (constraints, True), subject="CN=Constrained")
    good, bad = (
        signed(above, (x509.SubjectAlternativeName([x509.DNSName(name)]), False))
        for name in ("a.example.org", "a.example.com")
    )
    clients = [Client(holder.certificate) for holder in (good, bad, good)]
    found = compared((ROOT,), (ROOT, above), *clients)
    assert outcomes(found) == [("gains",) * 2, ("refused",) * 2, ("gains",) * 2]


def test_ten_thousand_are_asked_about_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(*words: Any, **more: Any) -> Verdict:
        asked.append(words)
        return decide(*words, **more)

    monkeypatch.setattr("pki.difference.decide", counted)
    some = [Client(leaf(issuer=ISSUING).certificate) for _ in range(50)]
    found = compared(STORE, (ROOT,), *some)
    assert found.count("alb", "loses") == 50
    assert len(asked) == 4
    paths = [one.changes["alb"].before for one in found.judged]
    assert [path.path[0] for path in paths if isinstance(path, Accepted)] == [
        client.leaf for client in some
    ]


def test_leaves_that_are_odd_have_no_like() -> None:
    truststore = Named(certificates(*STORE))
    assert likeness(GOOD.certificate, truststore, NOW, Search(100)) is not None
    for odd in (days(-2, -1), days(1, 2), leaf(issuer=None)):
        assert likeness(odd.certificate, truststore, NOW, Search(100)) is None
    one, other = (
        likeness(h.certificate, truststore, NOW, Search(100))
        for h in (GOOD, hashed(ISSUING, hashes.SHA384()))
    )
    assert one != other


def test_the_four_outcomes() -> None:
    accepted = decide(GOOD.certificate, [], certificates(*STORE), front="alb", now=NOW)
    refused = decide(GOOD.certificate, [], [], front="alb", now=NOW)
    pairs = [(accepted, refused), (refused, accepted), (accepted, accepted), (refused, refused)]
    assert tuple(Change(*pair).outcome for pair in pairs) == OUTCOMES
