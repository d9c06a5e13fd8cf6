"""decide() and chain.py against PKITS: every difference has its reason, and is on the page."""

from __future__ import annotations

from collections import Counter

import pytest

from pki.acceptance import Accepted, decide
from tests.pkits.document import PATH, document
from tests.pkits.results import NOT_CRITICAL, OUTCOMES, VALIDATORS, Result, results
from tests.pkits.suite import NOW, SECTIONS, cases, certificates, left_out


def test_the_page_is_the_one_that_is_made() -> None:
    assert PATH.read_text() == document(), "python -m tests.pkits.document"


def test_the_whole_suite_is_there() -> None:
    """224 tests in 4.1 to 4.16; a leaf that cannot be loaded is no case."""
    assert len(cases()) + len(left_out()) == 222
    assert {case.section for case in cases()} == set(SECTIONS)
    numbers = [(case.section, case.name.rpartition("Test")[2]) for case in cases()]
    assert len(set(numbers)) == len(numbers)


def test_what_is_left_out_needs_a_crl() -> None:
    words = ["CRL", "deltaCRL", "distributionPoint", "onlySome", "onlyContains", "Revoked"]
    words += ["SerialNumber", "IDP", "issuingDistributionPoint", "BasicSelfIssued", "cRL"]
    assert [name for name in left_out() if not any(word in name for word in words)] == []


@pytest.mark.parametrize("validator", VALIDATORS)
def test_nothing_invalid_is_let_in_but_what_is_known(validator: str) -> None:
    known = {"DifferentPoliciesTest4", "DifferentPoliciesTest5", "DifferentPoliciesTest12"}
    outcomes = [r for r in results() if r.validator == validator]
    assert {r.case.name for r in outcomes if r.outcome == "let in"} == known


def test_every_difference_has_a_reason() -> None:
    for result in results():
        assert result.outcome in OUTCOMES
        assert (result.reason == "") == (result.outcome == "passed"), result


def test_what_passes_passes_for_a_reason_of_its_section() -> None:
    """An invalid path that is refused for something else would prove nothing."""
    fits = {
        "4.2": ("expired", "not-yet-valid"),
        "4.6": ("path-length", "no-authority", "authority"),
        "4.7": ("may-not-issue",),
        "4.13": ("name-constraints",),
        "4.16": ("critical-extension",),
    }
    for result in _refused_rightly():
        codes = fits.get(result.case.section.split()[0])
        if codes and result.validator != "chain.py":
            assert result.said.endswith(codes), result


def _refused_rightly() -> list[Result]:
    return [r for r in results() if r.outcome == "passed" and not r.case.is_valid]


def test_the_sections_without_policies_and_constraints_pass_for_the_most_part() -> None:
    counted = Counter((r.case.section.split()[0], r.outcome) for r in results())
    assert counted["4.1", "let in"] + counted["4.2", "let in"] + counted["4.7", "let in"] == 0
    assert counted["4.7", "passed"] == 9
    assert NOT_CRITICAL in document()


def test_a_path_that_passes_falls_without_its_anchor() -> None:
    """The teeth: the same leaf, one certificate less."""
    (good,) = (case for case in cases() if case.name == "ValidCertificatePathTest1")
    assert isinstance(decide(good.leaf, [], good.authorities, front="alb", now=NOW), Accepted)
    assert good.authorities[-1] == certificates()["TrustAnchorRootCertificate"]
    without = good.authorities[:-1]
    assert not isinstance(decide(good.leaf, [], without, front="alb", now=NOW), Accepted)
