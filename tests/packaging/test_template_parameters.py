"""The parameters: what each takes, what together is refused, and that each is of some use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aws import parameters
from aws.template import Template, read
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.reach import parameters_of
from tests.packaging.template.source import FILE, REGION, Edits, source

TEMPLATE: Template = read(FILE)
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/"
_ARNS = (
    ("", f"{ARN}1111-2222", ARN.replace("aws", "aws-us-gov", 1) + "a"),
    (
        "1111-2222",
        ARN,
        f"{ARN}a/b",
        f"{ARN}a ",
        ARN.replace("acm", "iam") + "a",
        ARN.replace("123456789012", "12345678901") + "a",
        f" {ARN}a",
    ),
)
# What each pattern takes, and what not. Python's fullmatch stands for Java's.
PATTERNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DomainName": (
        ("api.example.com", "a.bc", "x-1.xn--bcher-kva.example", f"{'a' * 63}.example.com"),
        (
            "",
            "localhost",
            "API.example.com",
            "*.example.com",
            "api.example.com.",
            ".example.com",
            "api..example.com",
            "-api.example.com",
            "api-.example.com",
            "api_1.example.com",
            "https://api.example.com",
            "api.example.com/v1",
            "api.example.com\n",
            "10.0.0.1",
            f"{'a' * 64}.example.com",
            ".".join(["a" * 60] * 5),
        ),
    ),
    "HostedZoneId": (
        ("", "Z0123456789ABCDEFGHIJ", "Z1"),
        (
            "Z",
            "z0123456789abcdefghij",
            "/hostedzone/Z0123456789",
            "Z012 345",
            "X0123",
            f"Z{'0' * 32}",
        ),
    ),
    "CertificateArn": _ARNS,
    "OwnershipVerificationCertificateArn": _ARNS,
    "BasePath": (
        ("(none)", "v1", "v1.2", "a", "billing-api_2", "x" * 64),
        ("", "none)", "/v1", "v1/", "v1/x", "v 1", ".", "..", "-v1", "v1-", "v%31", "ü", "x" * 65),
    ),
    "TruststoreUri": (
        ("", "s3://bucket/truststore.pem", "s3://my.bucket-1/a/b c.pem"),
        (
            "bucket/truststore.pem",
            "s3://bucket/truststore.crt",
            "s3://bucket/.PEM",
            "s3://Bucket/truststore.pem",
            "s3://b/truststore.pem",
            "s3:///truststore.pem",
            "s3://bucket/truststore.pem?versionId=1",
            "https://bucket.s3.amazonaws.com/truststore.pem",
            f"s3://bucket/{'x' * 1024}.pem",
        ),
    ),
    "TruststoreVersion": (
        ("", "3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY", "a._-"),
        ("a b", "a/b", "latest!", "x" * 1025),
    ),
    "AlarmEmail": (
        ("", "ops@example.com", "a+b@x-y.example"),
        (
            "ops",
            "ops@example",
            "@example.com",
            "a b@example.com",
            "a@b@example.com",
            "ops@example.com ",
        ),
    ),
}
# The same for lists of values and ranges of numbers.
OTHERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Architecture": (("arm64", "x86_64"), ("", "amd64", "ARM64")),
    "MemorySize": (("128", "10240"), ("127", "10241", "", "1 GB")),
    "SnapStart": (("on", "off"), ("", "true", "On")),
    "Tracing": (("on", "off"), ("", "Active")),
    "ThrottleRate": (("1", "0010", "10000"), ("0", "-1", "10001", "")),
    "ThrottleBurst": (("1", "5000"), ("0", "5001", "many")),
    "ExpiryWarningDays": (("1", "30", "365"), ("0", "366", "", "soon")),
    "LogRetentionDays": (("1", "90", "3653"), ("0", "2", "91", "")),
    "ApiGatewayAccountRole": (("create", "keep"), ("", "none")),
    **{
        f"Allow{what}": (("", "x" * 900), ("x" * 901,))
        for what in ("Issuers", "Subjects", "Uris", "Fingerprints")
    },
}


@pytest.mark.parametrize("name", [*PATTERNS, *OTHERS])
def test_a_parameter_takes_what_is_good_and_nothing_else(name: str) -> None:
    good, bad = {**PATTERNS, **OTHERS}[name]
    faults = TEMPLATE.parameters[name].faults
    assert {value: list(faults(value)) for value in good} == {value: [] for value in good}
    assert [value for value in bad if not list(faults(value))] == []


def test_the_tables_have_every_parameter() -> None:
    assert {n for n, p in TEMPLATE.parameters.items() if p.pattern is not None} == set(PATTERNS)
    assert set(TEMPLATE.parameters) == {*PATTERNS, *OTHERS}


def test_a_pattern_says_in_words_what_it_wants() -> None:
    for name in PATTERNS:
        assert TEMPLATE.parameters[name].constraint.startswith("must be "), name


def refusals(**changes: str) -> list[str]:
    """What is said of the shortest deployment, with *changes*."""
    _, findings = parameters.settle(TEMPLATE, {**COMBINATIONS["own zone"], **changes}, REGION)
    return [finding.message for finding in findings]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_every_combination_is_accepted(name: str) -> None:
    values, findings = parameters.settle(TEMPLATE, COMBINATIONS[name], REGION)
    assert findings == []
    assert set(values.of) == set(TEMPLATE.parameters)


_OTHER = {"OwnershipVerificationCertificateArn": f"{ARN}b"}
_URI, _VERSION = {"TruststoreUri": "s3://bucket/truststore.pem"}, {"TruststoreVersion": "3HL4"}
# What is refused, what is said, and the twin that is accepted.
RULES: list[tuple[dict[str, str], str, dict[str, str]]] = [
    (
        {"HostedZoneId": ""},
        (
            "without CertificateArn, HostedZoneId is needed"
            " - a new certificate is validated in that zone"
        ),
        {"HostedZoneId": "", "CertificateArn": f"{ARN}a"},
    ),
    (
        _OTHER,
        (
            "OwnershipVerificationCertificateArn without CertificateArn means nothing"
            " - give both or neither"
        ),
        {**_OTHER, "CertificateArn": f"{ARN}a"},
    ),
    (
        {**_OTHER, "CertificateArn": f"{ARN}b"},
        "OwnershipVerificationCertificateArn must be another certificate than CertificateArn",
        {**_OTHER, "CertificateArn": f"{ARN}c"},
    ),
    (
        _VERSION,
        "TruststoreVersion without TruststoreUri means nothing - give both or neither",
        {**_VERSION, **_URI},
    ),
    (
        _URI,
        "TruststoreUri needs TruststoreVersion - an unpinned truststore changes nobody knows when",
        {**_URI, **_VERSION},
    ),
    (
        {**_URI, "TruststoreVersion": "null"},
        (
            "TruststoreVersion null means that the bucket is not versioned"
            " - switch versioning on, and upload again"
        ),
        {**_URI, "TruststoreVersion": "nul"},
    ),
    (
        {"AllowUris": ""},
        "nobody could call - set AllowSubjects, AllowUris or AllowFingerprints",
        {"AllowUris": "", "AllowFingerprints": "0a" * 32},
    ),
    (
        {"AllowUris": "", "AllowIssuers": "CN=Example Issuing CA"},
        "nobody could call - set AllowSubjects, AllowUris or AllowFingerprints",
        {"AllowUris": "", "AllowIssuers": "CN=Example Issuing CA", "AllowSubjects": "CN=billing"},
    ),
    *(
        (
            {"BasePath": kept},
            "API Gateway keeps /ping and /sping for itself - choose another BasePath",
            {"BasePath": f"{kept}s"},
        )
        for kept in ("ping", "sping")
    ),
]


@pytest.mark.parametrize(("refused", "said", "accepted"), RULES)
def test_what_cannot_work_together_is_refused(
    refused: dict[str, str], said: str, accepted: dict[str, str]
) -> None:
    assert refusals(**refused) == [said]
    assert refusals(**accepted) == []


def test_every_assertion_of_the_template_refuses_something_of_the_table() -> None:
    descriptions = [
        assertion["AssertDescription"]
        for rule in TEMPLATE.rules.values()
        for assertion in rule["Assertions"]
    ]
    assert set(descriptions) == {said for _, said, _ in RULES}


def _grouped(template: Mapping[str, Any]) -> list[str]:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return [name for group in groups for name in group["Parameters"]]


def astray(template: Mapping[str, Any]) -> set[str]:
    """The parameters that are in no group or in two, have no description, or are not used."""
    declared, grouped = template["Parameters"], _grouped(template)
    used = parameters_of([template["Resources"], template.get("Outputs")], template)
    described = {name for name, says in declared.items() if says.get("Description")}
    once = {name for name in grouped if grouped.count(name) == 1}
    return {*declared, *grouped} - (used & described & once)


def test_every_parameter_is_described_in_one_group_and_used() -> None:
    assert astray(source()) == set()


_GROUP = "Metadata.AWS::CloudFormation::Interface.ParameterGroups.0.Parameters"


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        ({"Parameters.BasePath.Description": None}, {"BasePath"}),
        ({f"{_GROUP}.0": None}, {"DomainName"}),
        ({f"{_GROUP}.5": "Tracing"}, {"Tracing"}),
        ({f"{_GROUP}.5": "Region"}, {"Region"}),
        (
            {
                "ApiFunction.Properties.MemorySize": 512,
                "ApiFunction.Properties.VersionDescription": None,
            },
            {"MemorySize"},
        ),
        (
            {
                "Conditions.Alarms.Fn::Not.0.Fn::Equals.0.Ref": "Tracing",
                "AlarmTopic.Properties.Subscription": None,
            },
            {"AlarmEmail"},
        ),
    ],
)
def test_a_parameter_that_went_astray_is_seen(edits: Edits, found: set[str]) -> None:
    assert astray(source(edits)) == found


def test_every_group_has_a_label() -> None:
    groups = source()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert all(group["Label"]["default"] for group in groups)
