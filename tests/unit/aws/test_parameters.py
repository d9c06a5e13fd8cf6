"""All that is wrong with the parameters, at once; and the entries of the allow-list."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws import allow_list, parameters, template
from aws.parameters import Values
from pki.findings import Finding
from service.config import Config, InvalidConfiguration

ROOT = Path(__file__).resolve().parents[3]
REAL = template.read(ROOT / "template.yaml")
RIGHT = {
    "DomainName": "api.example.com",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "AllowUris": "spiffe://example.org/*",
}


def found(**given: str) -> list[Finding]:
    return parameters.settle(REAL, RIGHT | given, "eu-central-1")[1]


def test_what_is_right_has_no_findings_and_every_default() -> None:
    values, findings = parameters.settle(REAL, RIGHT, "eu-central-1")
    assert findings == []
    assert set(values.of) == set(REAL.parameters)
    assert (values["BasePath"], values["DomainName"]) == ("(none)", "api.example.com")
    assert values.given == set(RIGHT)
    assert values["NoSuchParameter"] == ""


def test_the_stack_publishes_its_truststore_unless_one_is_given() -> None:
    assert Values({"TruststoreUri": ""}, frozenset()).publishes_truststore
    assert not Values({"TruststoreUri": "s3://b/t.pem"}, frozenset()).publishes_truststore


@pytest.mark.parametrize(
    ("name", "wrong", "right", "hint"),
    [
        ("DomainName", "API.example.com", "api.example.com", "--set DomainName=api.example.com"),
        ("DomainName", "*.example.com", "a.example.com", "--set DomainName=api.example.com"),
        ("DomainName", "localhost", "a.example", "--set DomainName="),
        ("HostedZoneId", "example.com", "Z1", "--set HostedZoneId=Z"),
        ("CertificateArn", "arn:aws:acm:x", "", "the default is ''"),
        ("TruststoreUri", "https://bucket/t.pem", "", "the default is ''"),
        ("BasePath", "v1/x", "v1", "the default is '(none)'"),
        ("BasePath", "/v1", "v1.2-a_b", "the default is '(none)'"),
        ("Architecture", "ARM64", "x86_64", "--set Architecture=arm64"),
        ("MemorySize", "64", "128", "the default is '512'"),
        ("Tracing", "true", "on", "the default is 'off'"),
        ("LogRetentionDays", "31", "30", "the default is '90'"),
        ("AlarmEmail", "nobody", "a@example.com", "the default is ''"),
    ],
)
def test_a_value_that_cannot_work_is_an_error(name: str, wrong: str, right: str, hint: str) -> None:
    assert found(**{name: right}) == []
    (finding,) = found(**{name: wrong})
    assert (finding.code, finding.about) == ("parameter.value", name)
    assert finding.message.startswith(f"{name} is {wrong!r}, must ")
    assert hint in finding.hint


def test_an_existing_truststore_needs_both_halves_and_the_ending() -> None:
    both = {"TruststoreUri": "s3://bucket/t.pem", "TruststoreVersion": "v1"}
    assert found(**both) == []
    assert [one.code for one in found(**both | {"TruststoreUri": "s3://bucket/t.crt"})] == [
        "parameter.value"
    ]
    assert [one.code for one in found(TruststoreVersion="v1")] == ["parameter.rule"]


def test_a_misspelt_name_is_an_error_with_the_nearest() -> None:
    (finding,) = found(domainname="api.example.com")
    assert (finding.code, finding.hint) == ("parameter.unknown", "did you mean DomainName?")
    (finding,) = found(Xyzzy="a")
    assert finding.hint.startswith("one of DomainName, HostedZoneId")


def test_everything_is_said_at_once_and_rules_only_then() -> None:
    findings = parameters.settle(REAL, {"Domain": "x", "MemorySize": "1"}, "")[1]
    assert [one.code for one in findings] == [
        "parameter.unknown",
        "parameter.missing",
        "parameter.value",
    ]
    assert "DomainName is not set, expected: name that clients call" in findings[1].message
    assert "samconfig.toml" in findings[1].hint
    alone = parameters.settle(REAL, {"DomainName": "api.example.com"}, "")[1]
    assert [one.code for one in alone] == ["parameter.rule", "parameter.rule"]
    assert [one.hint for one in alone] == [
        "--set HostedZoneId=Z0123456789ABCDEFGHIJ",
        "--set AllowUris='spiffe://example.org/*'",
    ]


def test_a_secret_is_not_repeated() -> None:
    secret = template.parse(
        "Parameters: { Secret: { Type: String, NoEcho: true, AllowedPattern: x } }"
    )
    (finding,) = parameters.settle(secret, {"Secret": "hunter2"}, "")[1]
    assert "hunter2" not in f"{finding.message} {finding.hint}"


ALLOWED = {
    "AllowIssuers": [("CN=a,O=b", "a"), (r"CN=a\;b", "CN=a=;b")],
    "AllowSubjects": [("CN=billing,O=Example;CN=b", "CN=b;billing"), (r"CN=a\, b", "CN=a, b")],
    "AllowUris": [
        ("spiffe://example.org/*", "spiffe://example.org*"),
        ("spiffe://example.org/a;urn:x:y", "billing"),
        ("https://a/b/*", "https://*/b"),
    ],
    "AllowFingerprints": [("ab" * 32, "ab" * 31), (":".join(["AB"] * 32), "sha256:" + "ab" * 32)],
}


def service_takes(name: str, value: str) -> bool:
    variable = {
        "AllowIssuers": "ALLOW_ISSUERS",
        "AllowSubjects": "ALLOW_SUBJECTS",
        "AllowUris": "ALLOW_URIS",
        "AllowFingerprints": "ALLOW_FINGERPRINTS",
    }[name]
    other = {"ALLOW_SUBJECTS": "CN=x"} if name != "AllowSubjects" else {"ALLOW_URIS": "urn:x:y"}
    try:
        Config.from_env({"CLIENT_CERT_SOURCE": "api-gateway", **other, variable: value})
    except InvalidConfiguration:
        return False
    return True


def list_takes(name: str, value: str) -> bool:
    return not list(allow_list.findings(Values({name: value}, frozenset())))


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [(name, *pair) for name, pairs in ALLOWED.items() for pair in pairs],
)
def test_an_entry_that_the_service_refuses_is_an_error(name: str, right: str, wrong: str) -> None:
    assert list_takes(name, right)
    assert service_takes(name, right)
    assert not list_takes(name, wrong)
    assert not service_takes(name, wrong)
    (finding,) = allow_list.findings(Values({name: wrong}, frozenset()))
    assert (finding.code, finding.about) == ("parameter.allow-list", name)


@given(
    st.sampled_from(list(ALLOWED)),
    st.one_of(
        st.text(st.sampled_from("aF0:=,;/*\\ \n.-"), max_size=14),
        st.text(st.sampled_from("abc:"), min_size=60, max_size=70),
        st.from_regex(r"[a-z]{1,3}:(//)?[a-z/*.]{0,8}\*?", fullmatch=True),
    ),
)
def test_the_list_and_the_service_agree(name: str, value: str) -> None:
    assert list_takes(name, value) == service_takes(name, value)
