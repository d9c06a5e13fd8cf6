"""Every file in tests/vectors/truststores gets exactly the findings that it states."""

from __future__ import annotations

from collections import Counter

import pytest

from pki.lint import RULES, lint
from pki.lint.rule import FRONTS
from tests.lint.make import CASES
from tests.lint.vector import FOLDER, Vector, every, parse

VECTORS = every()
CODES = [f"truststore.{rule.code}" for rule in RULES]
#: Too long for a file: in test_lint_limits.py.
IN_CODE = {"truststore.too-large", "truststore.too-tangled"}


def found(vector: Vector) -> set[tuple[str, str, str]]:
    front = next((front for front in FRONTS if front == vector.front), None)
    findings = lint(vector.content, front=front, now=vector.at)
    return {(f.severity.value, f.code, "" if front else f.front) for f in findings}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_a_truststore_gets_the_findings_that_it_states(vector: Vector) -> None:
    assert found(vector) == vector.expected
    assert not vector.barely_not & vector.codes


@pytest.mark.parametrize("code", CODES)
def test_each_rule_has_a_file_that_trips_it_alone_and_one_that_barely_does_not(code: str) -> None:
    if code not in IN_CODE:
        assert [vector.name for vector in VECTORS if vector.codes == {code}]
        assert [vector.name for vector in VECTORS if code in vector.barely_not]


def test_no_file_states_a_rule_that_is_not_there() -> None:
    assert {code for v in VECTORS for code in v.codes | v.barely_not} <= set(CODES)
    assert Counter(CODES).most_common(1)[0][1] == 1
    assert set(CODES) >= IN_CODE


def test_there_are_at_least_45_files_and_each_is_one_that_make_makes() -> None:
    assert len(VECTORS) >= 45
    for path in FOLDER.glob("*.pem"):
        content = path.read_bytes()
        if path.stem in CASES:
            assert content.startswith(CASES[path.stem].head()), (
                "remove it and: python -m tests.lint.make"
            )
        assert b"\nat: 2026-" in content, path


@pytest.mark.parametrize(
    "text", ["x\n\nat: 2026-01-01\nexpect: nothing\n", "x\n\nexpects: y\n\ntruststore:\n"]
)
def test_a_file_with_a_spelling_mistake_is_no_vector(text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        parse("x", text.encode())
