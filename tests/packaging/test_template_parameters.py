"""The parameters: what each takes, what together is refused, and that each is of some use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws import parameters
from aws.template import Template, read
from service import throttle_settings, token_settings
from service.revocation import settings as revocation_settings
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.reach import parameters_of
from tests.packaging.template.source import FILE, REGION, Edits, source
from tests.packaging.template.values import ARN, OTHERS, PATTERNS

TEMPLATE: Template = read(FILE)
PARSED: Mapping[str, Callable[[str], str]] = {
    "TokenIssuer": token_settings.uri,
    "TokenAudience": token_settings.audience,
    "TokenJwks": token_settings.place,
}


def test_what_the_template_takes_for_revocation_the_service_takes() -> None:
    """It would not start, and answer nobody."""
    for policy in PATTERNS["Revocation"][0][1:]:
        revocation_settings.grace(policy)
    for often in PATTERNS["RevocationRefresh"][0]:
        revocation_settings.seconds(often)
    for url in PATTERNS["CrlUri"][0][1:]:
        assert revocation_settings.sources(url) == (url,)


def test_what_the_template_takes_for_tokens_and_limits_the_service_takes() -> None:
    for name, parse in PARSED.items():
        good, bad = PATTERNS[name]
        assert [parse(value) for value in good if value] == [value for value in good if value]
        assert any(refuses(parse, value) for value in bad), name
    for rate, burst in zip(PATTERNS["ClientRate"][0], PATTERNS["ClientBurst"][0], strict=False):
        assert limit(rate, burst) == [], (rate, burst)
    assert [rate for rate in PATTERNS["ClientRate"][1] if not limit(rate, "40")] == []
    assert [burst for burst in PATTERNS["ClientBurst"][1] if not limit("20/s", burst)] == []


def refuses(parse: Callable[[str], str], value: str) -> bool:
    """Whether the service would not start with *value*."""
    try:
        parse(value)
    except ValueError:
        return True
    return False


def limit(rate: str, burst: str) -> list[str]:
    """What the service has against a limit."""
    faults: list[str] = []
    throttle_settings.read({"CLIENT_RATE": rate, "CLIENT_BURST": burst}, faults)
    return faults


@given(
    st.sampled_from(["", "https://", "https://a.example", "https://a:8443/", "urn:"]),
    st.text(st.sampled_from("aZ09.-:/@#?[]%&!'\"~$ \nü"), max_size=12),
)
def test_of_tokens_the_template_takes_nothing_that_the_service_refuses(
    start: str, rest: str
) -> None:
    for name, parse in PARSED.items():
        if not list(TEMPLATE.parameters[name].faults(start + rest)) and start + rest:
            assert parse(start + rest) == start + rest, name


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
_ISSUER, _AUDIENCE = {"TokenIssuer": "https://a.example"}, {"TokenAudience": "b"}
_JWKS = {"TokenJwks": "https://a.example/jwks.json"}
_TOGETHER = "TokenIssuer, TokenAudience and TokenJwks belong together - give all three or none"
_RATE, _BURST = {"ClientRate": "20/s"}, {"ClientBurst": "40"}
_LIMIT = "ClientRate and ClientBurst belong together - give both or neither"
_NOBODY = "nobody could call - set AllowSubjects, AllowUris, AllowFingerprints or ClientRegistry"
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
        {**_URI, **_VERSION, "Revocation": "fail-closed"},
        (
            "with TruststoreUri this stack has no bucket for a CRL"
            " - give CrlUri, or set Revocation to off"
        ),
        {**_URI, **_VERSION, "Revocation": "grace=24h", "CrlUri": "s3://bucket/crl.pem"},
    ),
    (
        {"AllowUris": ""},
        _NOBODY,
        {"AllowUris": "", "AllowFingerprints": "0a" * 32},
    ),
    (
        {"AllowUris": "", "AllowIssuers": "CN=Example Issuing CA"},
        _NOBODY,
        {"AllowUris": "", "AllowIssuers": "CN=Example Issuing CA", "AllowSubjects": "CN=billing"},
    ),
    (
        {"AllowUris": "", "ClientRegistry": "off"},
        _NOBODY,
        {"AllowUris": "", "ClientRegistry": "on"},
    ),
    *(
        (some, _TOGETHER, {**_ISSUER, **_AUDIENCE, **_JWKS})
        for some in (
            _ISSUER,
            _AUDIENCE,
            _JWKS,
            {**_ISSUER, **_AUDIENCE},
            {**_ISSUER, **_JWKS},
            {**_AUDIENCE, **_JWKS},
        )
    ),
    *((some, _LIMIT, {**_RATE, **_BURST}) for some in (_RATE, _BURST)),
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
