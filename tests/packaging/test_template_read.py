"""How the tests of the template read it: as SAM and CloudFormation do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.made import made
from tests.packaging.template.source import FILE, Edits, Job, as_sam_reads, source, transform


def test_the_template_is_read_as_sam_reads_it() -> None:
    assert source() == as_sam_reads(FILE.read_text())


def test_sam_fills_in_the_defaults_itself() -> None:
    given = COMBINATIONS["own zone"]
    declared = source()["Parameters"].items()
    defaults = {name: str(says["Default"]) for name, says in declared if "Default" in says}
    without, with_all, other = transform(
        [Job(given), Job({**defaults, **given}), Job({**given, "BasePath": "v1"})]
    )
    assert without == with_all != other


def test_a_template_that_sam_refuses_is_no_result() -> None:
    (answer,) = transform(
        [Job(COMBINATIONS["own zone"], {"Api.Properties.Domain.DomainName": None})]
    )
    with pytest.raises(AssertionError, match="DomainName"):
        made(answer, {})


def test_an_edit_that_does_not_fit_spoils_its_own_job_alone() -> None:
    given = COMBINATIONS["own zone"]
    good, bad = transform([Job(given), Job(given, {"Api.Properties.Domain.Nothing.At": 1})])
    assert made(good, given).resources
    with pytest.raises(AssertionError, match="cannot be applied"):
        made(bad, given)


def _stack(**resources: Any) -> dict[str, Any]:
    return {
        "Parameters": {"A": {"Default": "x"}, "B": {}},
        "Conditions": {
            "AIsX": {"Fn::Equals": [{"Ref": "A"}, "x"]},
            "BIsNot": {"Fn::Not": [{"Fn::Equals": [{"Ref": "B"}, ""]}]},
            "Both": {"Fn::And": [{"Condition": "AIsX"}, {"Condition": "BIsNot"}]},
            "One": {"Fn::Or": [{"Condition": "AIsX"}, {"Condition": "BIsNot"}]},
        },
        "Resources": {name: {"Type": "T", **says} for name, says in resources.items()},
    }


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ({"Ref": "A"}, "x"),
        ({"Ref": "B"}, "y"),
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Ref": "R"}, "${R}"),
        ({"Fn::GetAtt": ["R", "Arn"]}, "${R.Arn}"),
        ({"Fn::Sub": "${A}/${R.Arn}/${AWS::StackName}"}, "x/${R.Arn}/mtls-api"),
        ({"Fn::Sub": ["${A}${C}", {"C": {"Ref": "R"}}]}, "x${R}"),
        ({"Fn::Sub": ["${A}", {"A": ""}]}, ""),
        ({"Fn::If": ["AIsX", 1, 2]}, 1),
        ({"Fn::If": ["Both", [{"Ref": "B"}], 2]}, ["y"]),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
        ({"C": {"Fn::If": ["One", {"Ref": "AWS::NoValue"}, 2]}, "D": 3}, {"D": 3}),
    ],
)
def test_a_value_is_what_cloudformation_makes_of_it(value: Any, becomes: Any) -> None:
    stack = made(_stack(One={"Properties": {"P": value}}), {"B": "y"})
    assert stack.of("T") == {"One": {"P": becomes}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"A": "x", "B": ""}, {"a", "one"}),
        ({"A": "z", "B": "y"}, {"b", "one"}),
        ({"A": "z", "B": ""}, set()),
        ({"B": "y"}, {"a", "b", "both", "one"}),
    ],
)
def test_a_resource_is_made_where_its_condition_holds(
    given: dict[str, str], expected: set[str]
) -> None:
    conditions = {"a": "AIsX", "b": "BIsNot", "both": "Both", "one": "One"}
    template = _stack(**{name: {"Condition": says} for name, says in conditions.items()})
    assert set(made(template, given).resources) == expected


@pytest.mark.parametrize("value", [{"Fn::Join": ["", ["a"]]}, {"Ref": "A", "C": 1}])
def test_what_is_not_understood_is_no_value(value: Any) -> None:
    with pytest.raises(AssertionError):
        made(_stack(One={"Properties": {"P": value}}), {"B": "y"})


@pytest.mark.parametrize("given", [{}, {"B": "y", "C": "z"}])
def test_parameters_must_be_complete_and_known(given: dict[str, str]) -> None:
    with pytest.raises(AssertionError):
        made(_stack(), given)


def test_what_is_before_what_follows_every_kind_of_reference() -> None:
    stack = made(
        _stack(
            a={"Properties": {"P": {"Fn::Sub": "x${b.Arn}"}}},
            b={"DependsOn": "c"},
            c={"DependsOn": ["d"], "Metadata": {"M": {"Fn::If": ["AIsX", {"Ref": "e"}, ""]}}},
            d={},
            e={},
            f={"Properties": {"P": "a"}},
        ),
        {"B": ""},
    )
    assert stack.after("a") == {"b", "c", "d", "e"}
    assert stack.after("f") == set()


@pytest.mark.parametrize(
    "edits",
    [
        {"Api.Properties.StageName": "live"},
        {"Api.Properties.NoSuchThing": None},
        {"NoSuchThing.Properties.Name": "x"},
        {"Api.Properties.StageName": lambda text: text},
    ],
)
def test_an_edit_that_changes_nothing_is_an_error(edits: Edits) -> None:
    with pytest.raises((AssertionError, KeyError)):
        source(edits)
