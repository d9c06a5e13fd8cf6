"""The causes as data: filled in, told on a page, and in step with what can be found."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from aws.doctor.causes import CAUSES, GROUPS, INSIDE, Cause
from aws.domain import STATUSES
from pki.findings import Severity
from stack.settings import ROOT
from tests.doctor.document import PATH, document

OUTSIDE = [row for name, rows in GROUPS.items() if name != INSIDE for row in rows]
#: Codes that the checks put together of a prefix and what was found.
MADE = {
    "doctor.dns.": {"no-name", "no-answer"},
    "doctor.tcp.": {"refused", "no-answer", "unreachable"},
    "doctor.client.": {"unreadable", "key-encrypted", "key-of-another", "key-unreadable"},
}
MADE["doctor.client."] |= {"expired", "not-yet-valid", "refused"}
MADE["doctor.client."] |= {"refused-revoked", "refused-expired", "refused-unknown-ca"}


def test_the_page_is_the_one_that_is_made() -> None:
    assert PATH.read_text() == document(), "python -m tests.doctor.document"


def test_every_code_is_there_once() -> None:
    assert len(CAUSES) == sum(map(len, GROUPS.values()))


@pytest.mark.parametrize("row", CAUSES.values(), ids=list(CAUSES))
def test_every_cause_is_filled_in(row: Cause) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z0-9-]+){1,2}", row.code)
    assert row.severity in {Severity.ERROR, Severity.WARNING}
    for text in (row.seen, row.cause, row.remedy, row.hint({})):
        assert text
        assert not text.endswith(".")
        assert "{" not in text.replace('{"', "")
    for beginning in row.explains:
        assert any(code.startswith(beginning) for code in CAUSES), beginning


@pytest.mark.parametrize("row", OUTSIDE, ids=[row.code for row in OUTSIDE])
def test_what_the_doctor_finds_has_a_command_to_type(row: Cause) -> None:
    assert row.code.startswith("doctor.")
    assert row.command


def test_every_status_of_a_domain_is_a_row() -> None:
    for status, meaning in STATUSES.items():
        code = f"domain.{status.lower().replace('_', '-')}"
        assert (code in CAUSES) == (status != "AVAILABLE")
        if code in CAUSES:
            assert CAUSES[code].cause == meaning.means


def test_whatever_the_status_of_a_domain_says_is_a_row() -> None:
    written = re.findall(
        r'_(?:error|warning)\(\s*"([a-z]+\.[a-z0-9-]+)"',
        (ROOT / "aws/status_findings.py").read_text(),
    )
    short = re.findall(r'_error\(\s*"([a-z-]+)"', (ROOT / "aws/domain.py").read_text())
    assert len(written) > 10
    assert len(short) > 3
    assert {*written, *(f"domain.{code}" for code in short)} <= set(CAUSES)


@pytest.mark.parametrize("prefix", MADE)
def test_the_codes_that_are_put_together_are_rows(prefix: str) -> None:
    assert {prefix + end for end in MADE[prefix]} <= set(CAUSES)


def test_every_code_that_is_written_in_the_doctor_is_a_row() -> None:
    written = set()
    for file in (ROOT / "aws/doctor").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written |= set(re.findall(r"doctor\.[a-z]+\.[a-z0-9-]+\b", node.value))
    assert len(written) > 50
    beginnings = {"doctor.client.refused"}  # what a refusal explains
    assert written <= {*CAUSES, *beginnings}


def test_no_row_from_outside_is_one_that_nobody_can_meet() -> None:
    """Each code is found in a test with a real socket, or of values alone."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_doctor_*.py"))
    slugs = {row.code for row in OUTSIDE if row.code.startswith("doctor.service.")}
    missing = {row.code for row in OUTSIDE if row.code.removeprefix("doctor.") not in tests}
    assert missing - slugs == set()
