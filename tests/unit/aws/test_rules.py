"""A template's Rules, evaluated here as CloudFormation would."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws import rules, template
from aws.errors import AwsRefused

ROOT = Path(__file__).resolve().parents[3]
PARAMETERS = """
Parameters:
  A: { Type: String, Default: "" }
  B: { Type: String, Default: "" }
  L: { Type: CommaDelimitedList, Default: "x,y" }
Rules:
  R:
"""


def said(rule: str, region: str = "eu-central-1", **values: str) -> list[str]:
    found = template.parse(PARAMETERS + "    " + rule.replace("\n", "\n    "))
    complete = {name: one.default or "" for name, one in found.parameters.items()} | values
    return [one.description for one in rules.broken(found, complete, region)]


def asserting(condition: str) -> str:
    return f"Assertions: [{{ Assert: {condition}, AssertDescription: broken }}]"


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ("!Equals [!Ref A, x]", {"A": "x"}, {"A": "y"}),
        ("!Not [!Equals [!Ref A, '']]", {"A": "x"}, {"A": ""}),
        ("!And [!Equals [!Ref A, x], !Equals [!Ref B, y]]", {"A": "x", "B": "y"}, {"A": "x"}),
        ("!Or [!Equals [!Ref A, x], !Equals [!Ref B, y]]", {"B": "y"}, {"A": "y", "B": "x"}),
        ("!Contains [[x, y], !Ref A]", {"A": "y"}, {"A": "z"}),
        ("!Contains [!Ref L, !Ref A]", {"A": "y"}, {"A": "z"}),
        ("!EachMemberIn [!Ref L, [x, y]]", {"L": "x"}, {"L": "x,z"}),
        ("!EachMemberEquals [!Ref L, x]", {"L": "x,x"}, {"L": "x,y"}),
        ("{'Fn::Equals': [{Ref: A}, 5]}", {"A": "5"}, {"A": "6"}),
        ("!Equals [!Ref 'AWS::Region', eu-central-1]", {}, {"region": "us-east-1"}),
    ],
)
def test_an_assertion_holds_or_not(
    condition: str, good: dict[str, str], bad: dict[str, str]
) -> None:
    assert said(asserting(condition), **good) == []
    assert said(asserting(condition), **bad) == ["broken"]


def test_a_rule_counts_where_its_condition_holds() -> None:
    rule = "RuleCondition: !Equals [!Ref A, x]\n" + asserting("!Equals [!Ref B, y]")
    assert said(rule, A="z") == []
    assert said(rule, A="x", B="y") == []
    assert said(rule, A="x", B="z") == ["broken"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (asserting("!RefAll x"), "the rule R has {'Fn::RefAll': 'x'}, which is unknown here"),
        (asserting("!ValueOf [A, B]"), "which is unknown here"),
        (asserting("!Ref C"), "{'Ref': 'C'}, which is unknown here"),
        (asserting("!Ref A"), "for a condition"),
        (asserting("!Equals [a]"), "the rule R is malformed"),
        (asserting("!Not []"), "the rule R is malformed"),
        ("Assertions: 5", "the rule R is malformed"),
        ("Assertions: [{ AssertDescription: broken }]", "the rule R is malformed"),
        ("RuleCondition: true", "the rule R is malformed"),
        ("[]", "the rule R is malformed"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(rule: str, message: str) -> None:
    with pytest.raises(AwsRefused) as refused:
        said(rule)
    assert message in refused.value.message


REAL = template.read(ROOT / "template.yaml")
RIGHT = {
    **{name: one.default or "" for name, one in REAL.parameters.items()},
    "DomainName": "api.example.com",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "AllowUris": "spiffe://example.org/*",
}
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/"


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ({"HostedZoneId": ""}, {"HostedZoneId": "", "CertificateArn": ARN + "a"}, "HostedZoneId"),
        (
            {"OwnershipVerificationCertificateArn": ARN + "a"},
            {"OwnershipVerificationCertificateArn": ARN + "a", "CertificateArn": ARN + "b"},
            "without CertificateArn",
        ),
        (
            {"OwnershipVerificationCertificateArn": ARN + "a", "CertificateArn": ARN + "a"},
            {"OwnershipVerificationCertificateArn": ARN + "a", "CertificateArn": ARN + "b"},
            "another certificate",
        ),
        (
            {"TruststoreVersion": "v"},
            {"TruststoreVersion": "v", "TruststoreUri": "s3://bucket/t.pem"},
            "TruststoreUri",
        ),
        (
            {"TruststoreUri": "s3://bucket/t.pem"},
            {"TruststoreVersion": "v", "TruststoreUri": "s3://bucket/t.pem"},
            "needs TruststoreVersion",
        ),
        ({"AllowUris": ""}, {"AllowUris": "", "AllowSubjects": "CN=a"}, "nobody could call"),
        ({"BasePath": "ping"}, {"BasePath": "pings"}, "keeps /ping"),
    ],
)
def test_the_rules_of_the_real_template(
    wrong: dict[str, str], right: dict[str, str], words: str
) -> None:
    assert list(rules.broken(REAL, RIGHT, "eu-central-1")) == []
    assert list(rules.broken(REAL, RIGHT | right, "eu-central-1")) == []
    (broken,) = rules.broken(REAL, RIGHT | wrong, "eu-central-1")
    assert words in broken.description
