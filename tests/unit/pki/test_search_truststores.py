"""Whatever is in a truststore, what is done about it is counted, and has an end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from pki import ancestry, bundling, difference, truststore
from pki.collection import Collected
from pki.difference import Client
from pki.errors import PkiError
from pki.explain import FRONTS
from pki.lint import family, lint
from pki.search import cost_of_key
from tests.builders import Holder, leaf
from tests.lint.cas import NOW, ca, store
from tests.lint.cases_certificates import fabricated
from tests.unit.pki.crowds import NONE, Verified, certificates, counted, editions


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Verified:
    return counted(monkeypatch)


def costs(found: Verified) -> int:
    return sum(cost_of_key(issuer) for issuer, _ in found)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1()])
def test_lint_verifies_no_more_than_may_be_and_says_so(
    monkeypatch: pytest.MonkeyPatch, verified: Verified, curve: ec.EllipticCurve
) -> None:
    above = ca(ids=NONE)
    keys = [ec.generate_private_key(curve) for _ in range(40)]
    content = store(*(ca(issuer=above, key=key, ids=NONE) for key in keys))
    monkeypatch.setattr(family, "MAX_CHECKS", 300)
    found = {finding.code: finding for finding in lint(content, front="alb", now=NOW)}
    assert 200 < costs(verified) <= 300
    assert found["truststore.too-tangled"].severity.is_error
    assert found["truststore.too-tangled"].about == "CN=Root"
    # What was not looked at is not called missing.
    assert not {"signature", "root-missing", "issuer-missing"} & {
        code.partition(".")[2] for code in found
    }
    monkeypatch.setattr(family, "MAX_CHECKS", 40 * 40 * 7)
    verified.clear()
    found = {finding.code: finding for finding in lint(content, front="alb", now=NOW)}
    assert len(verified) == 40 * 40
    assert "truststore.too-tangled" not in found
    assert "truststore.signature" in found


def test_lint_verifies_one_signature_each_where_key_identifiers_tell_them_apart(
    verified: Verified,
) -> None:
    roots = [ca() for _ in range(30)]
    below = [ca("CN=Issuing", root) for root in roots]
    codes = {finding.code for finding in lint(store(*roots, *below), now=NOW)}
    assert len(verified) == 60
    assert "truststore.too-tangled" not in codes


def test_lint_asks_no_key_that_nobody_is_to_use(verified: Verified) -> None:
    long = fabricated(3072, 2**64 + 1)
    above = ca(ids=NONE)
    content = store(*(ca(issuer=above, public_key=long, ids=NONE) for _ in range(5)))
    codes = {finding.code for finding in lint(content, now=NOW)}
    assert verified == []
    assert "truststore.key-type" in codes


def test_a_large_certificate_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(40_000)), False)]
    above = ca(ids=NONE)
    content = store(*(ca(issuer=above, ids=NONE, extra=extra) for _ in range(8)))
    assert "truststore.too-tangled" not in {f.code for f in lint(content, now=NOW)}
    monkeypatch.setattr(family, "MAX_CHECKS", 20 * 8 * 8)
    assert "truststore.too-tangled" in {f.code for f in lint(content, now=NOW)}


def test_of_several_successors_the_one_that_is_valid_longest_is_told() -> None:
    three = editions(3)
    old = [ca(key=three[0].key, ends=NOW - timedelta(days=number)) for number in range(2)]
    found = [
        f for f in lint(store(*old, *three), now=NOW) if f.code == "truststore.expired-renewed"
    ]
    assert len(found) == 2
    assert all("until 2036-01-03" in finding.message for finding in found)


def test_a_truststore_of_editions_is_built_with_a_signature_each(verified: Verified) -> None:
    some = certificates(editions(20))
    assert truststore.read(truststore.build(some, NOW)) == some
    assert len(verified) == 20


def test_namesakes_are_not_built_for_ever(
    monkeypatch: pytest.MonkeyPatch, verified: Verified
) -> None:
    root = ca(ids=NONE)
    some = certificates([*(ca(issuer=root, ids=NONE) for _ in range(20)), root])
    assert len(truststore.read(truststore.build(some, NOW))) == 21
    verified.clear()
    monkeypatch.setattr(truststore, "MAX_CHECKS", 100)
    with pytest.raises(PkiError, match="gave up looking for its issuer"):
        truststore.build(some, NOW)
    assert len(verified) <= 100


def test_what_lint_gave_up_on_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    root = ca(ids=NONE)
    some = certificates([*(ca(issuer=root, ids=NONE) for _ in range(20)), root])
    asked = []

    def counted(given: Sequence[x509.Certificate], _: datetime) -> bytes:
        asked.append(given)
        return store(root)

    monkeypatch.setattr(truststore, "build", counted)
    made = bundling.bundle(some, Collected(), front="alb", now=NOW)
    assert (len(asked), made.refusal) == (1, None)
    monkeypatch.setattr(family, "MAX_CHECKS", 100)
    made = bundling.bundle(some, Collected(), front="alb", now=NOW)
    assert made.refusal
    assert made.refusal.message.startswith("truststore.too-tangled: 'CN=Root': ")
    assert (len(asked), made.content) == (1, b"")


def compared(new: Sequence[Holder], clients: int) -> difference.Difference:
    """The step from a PKI to it and *new*, and what becomes of so many clients."""
    root, issuing = _pki()
    old = certificates([issuing, root])
    leaves = [
        Client(leaf(issuer=issuing, subject=f"CN={number}").certificate)
        for number in range(clients)
    ]
    listed = [*old, *certificates(new)]
    return difference.difference(old, listed, leaves, fronts=FRONTS, now=datetime.now(UTC))


@cache
def _pki() -> tuple[Holder, Holder]:
    root = ca()
    return root, ca("CN=Issuing", root)


def test_a_truststore_that_takes_too_long_cannot_be_compared(
    monkeypatch: pytest.MonkeyPatch, verified: Verified
) -> None:
    root, _ = _pki()
    strangers = [ca("CN=Issuing", root, ids=NONE) for _ in range(30)]
    found = compared(strangers, 10)
    assert found.count("alb", "keeps") == 10
    assert len(verified) > 10 * 31
    verified.clear()
    monkeypatch.setattr(difference, "MAX_SIGNATURES", 100)
    monkeypatch.setattr(difference, "_BASE", 150)
    monkeypatch.setattr(difference, "_EACH", 10)
    with pytest.raises(PkiError, match="gave up"):
        compared(strangers, 10)
    assert len(verified) <= 2 * 250 + 10
    assert compared((), 10).count("alb", "keeps") == 10


def test_nobody_is_refused_because_others_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    root, _ = _pki()
    strangers = [ca("CN=Issuing", root, ids=NONE) for _ in range(30)]
    monkeypatch.setattr(difference, "MAX_SIGNATURES", 100)
    monkeypatch.setattr(difference, "_EACH", 0)
    monkeypatch.setattr(difference, "_BASE", 60)
    with pytest.raises(PkiError, match="gave up"):
        compared(strangers, 1)
    monkeypatch.setattr(difference, "_BASE", 300)
    assert compared(strangers, 1).count("alb", "keeps") == 1


def test_what_diff_says_of_many_namesakes_is_what_decide_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, _ = _pki()
    strangers = [ca("CN=Issuing", root, ids=NONE) for _ in range(30)]
    assert compared(strangers, 3).count("alb", "keeps") == 3
    for module in (ancestry, difference):
        monkeypatch.setattr(module, "MAX_SIGNATURES", 25)
    found = compared(strangers, 3)
    assert found.count("alb", "loses") == 3
    assert {getattr(one.changes["alb"].after, "code", "") for one in found.judged} == {
        "search-too-large"
    }
