"""Large truststores, and CAs that issued each other: an answer, and a closed one."""

from functools import cache
from typing import Any

import pytest

from pki import ancestry
from pki.acceptance import MAX_SENT, Front
from pki.path import Candidates
from tests import builders
from tests.builders import Holder, authority, leaf
from tests.unit.pki.fronts import GOOD, ISSUING, ROOT, STORE, Client, code


@cache
def crowd() -> tuple[Holder, ...]:
    """1,000 CAs, half of them with one name, and no key identifiers."""
    return tuple(
        authority(subject="CN=Test Root,O=Test" if number % 2 else f"CN=Root {number}")
        for number in range(998)
    )


def test_a_truststore_of_a_thousand_is_searched() -> None:
    assert code(Client(GOOD, (*crowd(), *STORE)), "api-gateway") == ""
    assert code(Client(GOOD, (*crowd(), ISSUING)), "api-gateway") == "chain-incomplete"


def test_a_search_that_grows_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(leaf(issuer=ROOT), (*crowd(), ROOT))
    assert code(client, "alb") == ""
    monkeypatch.setattr(ancestry, "MAX_SIGNATURES", 400)
    assert code(client, "alb") == "search-too-large"
    assert code(Client(GOOD, (*crowd(), ISSUING)), "alb") == "search-too-large"


def mesh(count: int) -> tuple[tuple[Holder, ...], tuple[Holder, ...]]:
    """CAs of one name that all issued each other, and roots with their keys."""
    keys = [builders.p256() for _ in range(count)]
    name = "CN=Mesh"
    roots = tuple(authority(subject=name, key=key) for key in keys)
    return tuple(
        authority(subject=name, issuer=issuer, key=key)
        for issuer in roots
        for key in keys
        if key is not issuer.key
    ), roots


@pytest.mark.parametrize(("front", "sent"), [("api-gateway", 0), ("alb", MAX_SENT)])
def test_authorities_that_issued_each_other_cannot_make_it_long(front: Front, sent: int) -> None:
    cas, roots = mesh(12)
    client = Client(leaf(issuer=cas[0]), (ROOT, *cas[sent:]), cas[:sent])
    assert code(client, front) == "search-too-large"
    client = Client(client.holder, (*client.truststore, *roots), client.sent)
    assert code(client, front) == "search-too-large"


def test_the_verifier_is_not_asked_again_for_what_took_it_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    path = Candidates.path

    def counted(candidates: Candidates, *words: Any) -> Any:
        asked.append(words)
        return path(candidates, *words)

    monkeypatch.setattr(Candidates, "path", counted)
    cas, _ = mesh(8)
    _, strangers = mesh(1)
    below = authority(subject="CN=Mesh", issuer=strangers[0], key=cas[0].key)
    client = Client(leaf(issuer=cas[0]), (*cas, below, *strangers))
    assert code(client, "alb") == "search-too-large"
    assert len(asked) == 1
    asked.clear()
    *above, lowest = builders.tower(intermediates=4)
    assert code(Client(lowest, tuple(above)), "alb") == "chain-too-long"
    assert len(asked) == 2
