"""The truststore that says whose CRLs count: when it changes, is broken, or cannot be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import builders, crls
from tests.unit.service.revoking import CA, OTHER, World

BUNDLE = builders.bundle(CA.certificate, OTHER.certificate)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_new_authority_in_the_truststore_counts_at_the_next_look(world: World) -> None:
    world.publish(crls.crl(CA, [5]), crls.crl(OTHER, [5]))
    assert len(world.look()) == 1
    assert world.check(6, OTHER) == "unknown"
    world.trust(CA, OTHER)
    assert world.look() == []
    assert [world.check(n, OTHER) for n in (5, 6)] == ["revoked", "good"]
    world.trust(OTHER)
    world.look()
    assert [world.check(6, holder) for holder in (CA, OTHER)] == ["unknown", "good"]


@pytest.mark.parametrize("content", ["", "words", BUNDLE[:-100]])
def test_a_broken_truststore_leaves_the_index_as_it_was(world: World, content: str) -> None:
    world.publish(crls.crl(CA, [5]))
    world.look()
    world.truststore.write_text(content)
    (problem,) = world.look()
    assert problem.startswith("TRUSTSTORE")
    assert world.check(5) == "revoked"


def test_while_the_truststore_cannot_be_had_the_last_one_counts(world: World) -> None:
    """Whoever is revoked meanwhile is refused, and whoever it did not know stays unknown."""
    world.publish(crls.crl(CA, [5]))
    assert world.look() == []
    world.truststore.unlink()
    world.publish(crls.crl(CA, [5, 6], number=2), crls.crl(OTHER))
    said, other = world.look()
    assert said.startswith("TRUSTSTORE")
    assert "No such file" in said
    assert "is not in the truststore" in other
    assert [world.check(n) for n in (5, 6, 7)] == ["revoked", "revoked", "good"]
    world.trust(CA, OTHER)
    assert world.look() == []
    assert world.check(6, OTHER) == "good"


def test_of_another_truststore_that_cannot_be_had_nothing_is_assumed(world: World) -> None:
    world.publish(crls.crl(CA, [5]))
    world.look()
    there = world.settings
    world.settings = replace(there, truststore=str(world.truststore.with_name("another.pem")))
    world.publish(crls.crl(CA, [], number=2))
    (said,) = world.look()
    assert "another.pem" in said
    assert world.check(5) == "revoked"
    world.settings = there
    assert world.look() == []
    assert world.check(5) == "good"


def test_without_any_truststore_there_is_no_index(world: World) -> None:
    world.publish(crls.crl(CA, [5]))
    world.truststore.unlink()
    (said,) = world.look()
    assert said.startswith("TRUSTSTORE")
    assert world.file.version() is None
    assert world.check(6) == "unknown"


def test_a_truststore_that_was_only_touched_is_read_once_more_and_no_crl_is(world: World) -> None:
    world.publish(crls.crl(CA, [5]))
    world.look()
    world.truststore.write_bytes(world.truststore.read_bytes())
    before, touched = world.file.version(), world.truststore.stat().st_mtime_ns
    assert world.look() == []
    after = world.file.version()
    assert after != before
    assert str(touched) in str(world.file.open().tags)
    assert world.look() == []
    assert world.file.version() == after
