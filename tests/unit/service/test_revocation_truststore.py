"""The truststore that says whose CRLs count: when it changes, is broken, or cannot be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import builders, crls
from tests.builders import Holder
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
    world.settings = replace(there, truststore=(str(world.truststore.with_name("another.pem")),))
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


class Two:
    """The truststore of the deployment, and another one that was pushed since."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.deployed, self.newest = self.world.truststore, folder / "newest.pem"
        self.trust(CA)
        entries = (str(self.deployed), str(self.newest))
        self.world.settings = replace(self.world.settings, truststore=entries)
        self.world.publish(crls.crl(CA, [5]), crls.crl(OTHER, [5]))

    def trust(self, *holders: Holder) -> None:
        self.newest.write_text(builders.bundle(*(holder.certificate for holder in holders)))

    def check(self) -> tuple[str, str]:
        """What client 6 of either authority gets, once client 5 is seen to be revoked."""
        found = [
            (self.world.check(6, holder), self.world.check(5, holder)) for holder in (CA, OTHER)
        ]
        assert {revoked for good, revoked in found if good == "good"} <= {"revoked"}
        return found[0][0], found[1][0]


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_the_crls_of_either_truststores_authorities_count(two: Two) -> None:
    assert len(two.world.look()) == 1  # of OTHER nobody has heard
    assert two.check() == ("good", "unknown")
    two.trust(CA, OTHER)
    assert two.world.look() == []
    assert two.check() == ("good", "good")
    two.trust(OTHER)
    assert two.world.look() == []
    assert two.check() == ("good", "good")
    version = two.world.file.version()
    assert two.world.look() == []
    assert two.world.file.version() == version
    two.trust(CA)
    two.world.look()
    assert two.check() == ("good", "unknown")


@pytest.mark.parametrize("content", ["", "words", None])
def test_a_newest_one_that_is_broken_does_not_take_the_other_one_away(
    two: Two, content: str | None
) -> None:
    """Somebody pushes rubbish, and API Gateway stays with what it has."""
    two.newest.write_text(content) if content is not None else two.newest.unlink()
    problems = two.world.look()
    assert [one for one in problems if "newest.pem" in one and one.startswith("TRUSTSTORE")]
    assert two.check() == ("good", "unknown")
    two.world.trust(OTHER)
    two.world.look()
    assert two.check() == ("unknown", "good")
    two.trust(CA, OTHER)
    assert two.world.look() == []
    assert two.check() == ("good", "good")


def test_what_was_in_both_stays_while_one_of_them_cannot_be_had(two: Two) -> None:
    two.trust(OTHER)
    assert two.world.look() == []
    whole = two.deployed.read_text()
    two.deployed.write_text("words")
    (problem,) = two.world.look()
    assert "truststore.pem" in problem
    assert two.check() == ("good", "good")
    two.deployed.write_text(whole)
    two.newest.unlink()
    two.world.look()
    assert two.check() == ("good", "good")


def test_with_neither_there_is_no_index(two: Two) -> None:
    two.deployed.unlink()
    two.newest.unlink()
    assert len(two.world.look()) == 2
    assert two.check() == ("unknown", "unknown")
