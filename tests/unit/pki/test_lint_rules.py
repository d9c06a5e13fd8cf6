"""The rules as data: filled in, told on a page, and in step with what decide() refuses."""

from __future__ import annotations

import pytest

from pki.findings import Severity
from pki.lint import RULES
from pki.lint.rule import FRONTS, Rule
from pki.reasons import REASONS
from pki.unconfirmed import UNCONFIRMED
from tests.lint.document import PATH, document

IDS = {choice.id: choice.front for choice in UNCONFIRMED}
CODES = {rule.code for rule in RULES}
#: Refusals of a CA that go by another name here.
OTHERWISE = {"no-authority": {"no-authority", "no-basic-constraints", "leaf"}}
OTHERWISE |= {"name-constraints": {"name-constraints-kind"}}
#: Those of a path.
PATHS = {
    "issuer-has-another-key": "signature",
    "issuer-has-another-identifier": "key-identifiers",
    "issuer-spelled-differently": "spelling",
    "chain-incomplete": "issuer-missing",
    "chain-too-long": "chain-too-long",
    "path-length": "path-length",
    "search-too-large": "too-tangled",
    "several-paths": "cross-sign",
}


def test_the_page_is_the_one_that_is_made() -> None:
    assert PATH.read_text() == document(), "python -m tests.lint.document"


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_every_rule_is_filled_in(rule: Rule) -> None:
    assert all((rule.code, rule.what, rule.why, rule.remedy))
    assert rule.grades
    assert set(rule.grades) <= set(FRONTS)
    for text in (rule.what, rule.why, rule.remedy):
        assert not text.endswith(".")
        assert "|" not in text


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_every_source_that_is_unconfirmed_is_a_row(rule: Rule) -> None:
    for front, grade in rule.grades.items():
        assert grade.source
        if grade.source.startswith("unconfirmed:"):
            row = grade.source.removeprefix("unconfirmed:")
            assert row in IDS
            assert IDS[row] == front or rule.code == "expired-renewed"


@pytest.mark.parametrize("code", [c for c in REASONS if c.startswith("chain-member-")])
def test_whatever_decide_refuses_of_a_ca_is_an_error_here(code: str) -> None:
    short = code.removeprefix("chain-member-")
    names = OTHERWISE.get(short, {short})
    assert names <= CODES
    for rule in RULES:
        if rule.code in names - {"leaf", "not-yet-valid"}:
            assert {grade.severity for grade in rule.grades.values()} == {Severity.ERROR}


@pytest.mark.parametrize("reason", PATHS)
def test_whatever_decide_refuses_of_a_path_has_a_rule(reason: str) -> None:
    assert reason in REASONS
    assert PATHS[reason] in CODES
