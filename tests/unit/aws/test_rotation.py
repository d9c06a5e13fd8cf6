"""Rotation.next_step: every combination of what is published and what is in use."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from aws.rotation import Rotation, Step

#: "old" is replaced by "new"; "other" is another partner's, and stays.
REPLACED = Rotation(frozenset({"old", "old-issuing", "other"}), frozenset({"new", "other"}))


@pytest.mark.parametrize(
    ("published", "still_used", "step"),
    [
        ({"old", "old-issuing", "other"}, {"old"}, Step.PUBLISH_BOTH),
        ({"old", "old-issuing", "other"}, set(), Step.PUBLISH_BOTH),
        ({"old", "old-issuing"}, set(), Step.PUBLISH_BOTH),  # "other" has gone missing meanwhile
        (set(), set(), Step.PUBLISH_BOTH),
        ({"new"}, set(), Step.PUBLISH_BOTH),
        ({"old", "old-issuing", "other", "new"}, {"old"}, Step.WAIT),
        ({"old", "old-issuing", "other", "new"}, {"old-issuing"}, Step.WAIT),
        ({"old", "other", "new"}, {"old-issuing"}, Step.WAIT),
        ({"old", "old-issuing", "other", "new"}, {"other", "new"}, Step.PUBLISH_NEW),
        ({"old", "old-issuing", "other", "new"}, set(), Step.PUBLISH_NEW),
        ({"old-issuing", "other", "new"}, set(), Step.PUBLISH_NEW),
        ({"other", "new"}, {"old"}, Step.DONE),  # who still has one is refused already
        ({"other", "new"}, set(), Step.DONE),
        ({"other", "new", "stranger"}, set(), Step.DONE),  # somebody added one: not ours to drop
    ],
)
def test_next_step(published: set[str], still_used: set[str], step: Step) -> None:
    assert REPLACED.next_step(published, still_used) is step


def test_a_ca_that_is_only_added_is_done_with_both() -> None:
    added = Rotation(frozenset({"old"}), frozenset({"old", "new"}))
    assert added.next_step({"old"}, {"old"}) is Step.PUBLISH_BOTH
    assert added.next_step({"old", "new"}, {"old"}) is Step.DONE


def subsets(names: set[str]) -> list[set[str]]:
    many = (combinations(sorted(names), size) for size in range(len(names) + 1))
    return [set(one) for one in chain.from_iterable(many)]


def test_from_wherever_it_begins_it_ends_and_nobody_is_locked_out() -> None:
    """All 256 beginnings: every step keeps what is used trusted, and there are at most three."""
    everything = set(REPLACED.old | REPLACED.new)
    for published in subsets(everything):
        for used in subsets(set(REPLACED.leaving)):
            there, steps = frozenset(published), 0
            while (step := REPLACED.next_step(there, used)) not in {Step.DONE, Step.WAIT}:
                before, steps = there, steps + 1
                both = there | REPLACED.new
                there = both if step is Step.PUBLISH_BOTH else frozenset(both - REPLACED.leaving)
                assert used & before <= there
                assert steps <= 2
            assert REPLACED.new <= there
            if step is Step.WAIT:
                assert used
                assert REPLACED.next_step(there, set()) is Step.PUBLISH_NEW
