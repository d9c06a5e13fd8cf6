"""Parameters of a template, and what CloudFormation would say of a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws import template
from aws.errors import AwsRefused

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = r"""
Parameters:
  Pattern: { Type: String, AllowedPattern: "[a-z]+", ConstraintDescription: must be small letters }
  Bare: { Type: String, AllowedPattern: "(|[a-z]+)" }
  Values: { Type: String, Default: "on", AllowedValues: ["on", "off"] }
  Length: { Type: String, MinLength: 2, MaxLength: 4 }
  Number: { Type: Number, Default: 512, MinValue: 128, MaxValue: 10240 }
  Days: { Type: Number, AllowedValues: [1, 7, 30] }
  Share: { Type: Number, MinValue: 0.5 }
  List: { Type: CommaDelimitedList, AllowedPattern: "[a-z]+" }
  Numbers: { Type: "List<Number>", MinValue: 1 }
  Zone: { Type: "AWS::Route53::HostedZone::Id" }
  Secret: { Type: String, NoEcho: true, AllowedPattern: "x" }
"""
PARAMETERS = template.parse(TEMPLATE).parameters


@pytest.mark.parametrize(
    ("name", "good", "bad", "fault"),
    [
        ("Pattern", "abc", "aBc", "must be small letters"),
        # The whole value, as CloudFormation has it: not a part, and no line after it.
        ("Pattern", "abc", "abc1", "must be small letters"),
        ("Pattern", "abc", "abc\n", "must be small letters"),
        ("Bare", "", "1", "must match (|[a-z]+)"),
        ("Values", "off", "true", "must be one of on, off"),
        ("Length", "ab", "a", "must be 2 characters long or longer, not 1"),
        ("Length", "abcd", "abcde", "must be 4 characters long or shorter, not 5"),
        ("Number", "128", "127", "must be 128 or more"),
        ("Number", "10240", "10241", "must be 10240 or less"),
        ("Number", "200.5", "many", "must be a number"),
        ("Number", "512", "", "must be a number"),
        ("Number", "512", "nan", "must be a number"),
        ("Number", "512", "inf", "must be a number"),
        ("Number", "512", "\u0665\u0660\u0660", "must be a number"),
        ("Days", "30", "31", "must be one of 1, 7, 30"),
        ("Share", "0.5", "0.4", "must be 0.5 or more"),
        ("List", "a, b", "a,B", "must match [a-z]+"),
        ("Numbers", "1,2", "1,0", "must be 1 or more"),
        ("Zone", "Z123", "Z" * 5000, "must be at most 4096 octets long, not 5000"),
        ("Secret", "x", "y", "must match x"),
    ],
)
def test_a_value_is_checked_as_cloudformation_does(
    name: str, good: str, bad: str, fault: str
) -> None:
    assert list(PARAMETERS[name].faults(good)) == []
    assert list(PARAMETERS[name].faults(bad)) == [fault]


def test_defaults_are_text() -> None:
    assert (PARAMETERS["Number"].default, PARAMETERS["Values"].default) == ("512", "on")
    assert PARAMETERS["Pattern"].default is None
    assert PARAMETERS["Secret"].is_secret


def test_an_unquoted_on_is_what_cloudformation_makes_of_it() -> None:
    found = template.parse("Parameters: { A: { Type: String, Default: on, AllowedValues: [on] } }")
    assert found.parameters["A"].default == "true"
    assert found.parameters["A"].values == ("true",)


def test_short_tags_are_long_functions() -> None:
    found = template.parse(
        "Rules:\n  R:\n    RuleCondition: !Not [!Equals [!Ref A, '']]\n"
        "    X: !GetAtt A.B.C\n    Y: !Sub '${A}'\n    Z: !Condition C\n    W: !Cidr { a: b }\n"
    )
    assert found.rules["R"] == {
        "RuleCondition": {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, ""]}]},
        "X": {"Fn::GetAtt": ["A", "B.C"]},
        "Y": {"Fn::Sub": "${A}"},
        "Z": {"Condition": "C"},
        "W": {"Fn::Cidr": {"a": "b"}},
    }


@pytest.mark.parametrize(
    "content",
    [
        "a: [b",
        "- a",
        "",
        "Parameters: 5",
        "Parameters: { A: 5 }",
        "Parameters: { A: { MaxLength: many } }",
        "Parameters: { A: { MinValue: many } }",
        "Parameters: { A: { AllowedPattern: '(' } }",
        "Parameters: { A: { AllowedValues: 5 } }",
        b"\xff",
        "a: !!python/object/apply:os.system ['true']",
    ],
)
def test_what_is_no_template_is_refused(content: str | bytes) -> None:
    with pytest.raises(AwsRefused) as refused:
        template.parse(content, "t.yaml")
    assert refused.value.message.startswith("t.yaml is no ")


def test_a_template_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AwsRefused, match="there is no "):
        template.read(tmp_path / "template.yaml")


def test_every_default_of_the_real_template_is_allowed() -> None:
    found = template.read(ROOT / "template.yaml")
    assert {"DomainName", "TruststoreUri", "Architecture"} <= set(found.parameters)
    for parameter in found.parameters.values():
        assert parameter.default is None or list(parameter.faults(parameter.default)) == []
