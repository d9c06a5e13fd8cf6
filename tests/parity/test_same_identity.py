"""Who the caller is does not depend on the way in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.builders import Holder
from tests.parity.leaves import LEAVES
from tests.parity.message import NAMES, TEST_CLIENT, Front, Request


def test_there_are_a_dozen_leaves_and_more() -> None:
    assert len(LEAVES) >= 12


@pytest.mark.parametrize("name", LEAVES)
def test_whoami_is_the_same_to_the_byte_through_every_front(
    every: Mapping[str, Front], issuing: Holder, name: str
) -> None:
    holder = LEAVES[name](issuing)
    answers = {front: every[front].ask(Request(name, "/whoami"), holder) for front in NAMES}
    reference = answers[TEST_CLIENT]
    assert reference.status == 200
    assert reference.json()["serial_number"] == f"{holder.certificate.serial_number:x}"
    assert {front: (a.status, a.body) for front, a in answers.items()} == dict.fromkeys(
        NAMES, (200, reference.body)
    )
