"""docs/parity.md says what the tables say."""

from __future__ import annotations

from pki.unconfirmed import UNCONFIRMED
from tests.parity.differences import DIFFERENCES
from tests.parity.document import PATH, document
from tests.parity.message import NAMES


def test_the_page_is_the_one_that_is_made() -> None:
    assert PATH.read_text() == document(), "python -m tests.parity.document"


def test_every_row_and_every_question_is_on_it() -> None:
    page = document()
    for row in DIFFERENCES:
        assert row.what.replace("|", "\\|") in page
    for choice in UNCONFIRMED:
        assert f"`{choice.id}`" in page


def test_every_row_of_the_table_is_filled_in_once() -> None:
    ids = [row.id for row in DIFFERENCES]
    assert len(set(ids)) == len(ids)
    for row in DIFFERENCES:
        assert all((row.what, row.why, row.source))
        assert row.fronts
        assert set(row.fronts) <= set(NAMES)
        assert sum(map(bool, (row.rule, row.adds, row.cases))) == 1
