"""What is found before anything is created; every refusal beside what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aws import preflight, template
from aws.domain import Domain
from aws.facts import Certificate, Facts, Stack, Stored, Unasked, Zone
from aws.parameters import Values
from pki.findings import Finding, Severity
from tests import builders

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACCOUNT, REGION, NAME = "123456789012", "eu-central-1", "api.example.com"
ARN = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/server"
PROOF = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/proof"
REAL = {
    name: one.default or ""
    for name, one in template.read(ROOT / "template.yaml").parameters.items()
}

CERTIFICATE = Certificate(ARN, (NAME,), "ISSUED", "AMAZON_ISSUED", NOW + timedelta(days=90))
OWNERSHIP = replace(CERTIFICATE, arn=PROOF)
ZONE = Zone("Z1", "example.com")
DOMAIN = Domain(NAME, "AVAILABLE")
OURS = {"ApiDomain1": ("AWS::ApiGateway::DomainName", NAME)}
STACK = Stack("mtls-api", "UPDATE_COMPLETE", resources=OURS)


def values(**given: str) -> Values:
    return Values({**REAL, "DomainName": NAME, **given}, frozenset(given))


def seen(given: Mapping[str, str], **facts: Any) -> list[Finding]:
    everything = Facts(ACCOUNT, REGION, log_role="", **facts)
    return list(preflight.of_facts(values(**given), everything, NOW))


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.severity.value, one.code) for one in found]


def test_a_certificate_of_another_region_is_seen_without_asking() -> None:
    edge = ARN.replace(REGION, "us-east-1")
    for name in ("CertificateArn", "OwnershipVerificationCertificateArn"):
        assert list(preflight.of_values(values(**{name: ARN}), REGION)) == []
        assert list(preflight.of_values(values(**{name: edge}), "us-east-1")) == []
        (finding,) = preflight.of_values(values(**{name: edge}), REGION)
        assert (finding.code, finding.about) == ("certificate.region", name)
        assert "Regional domain takes certificates of its own region" in finding.message
        assert f"certificate request {NAME} --region {REGION}" in finding.hint


GIVEN = {"CertificateArn": ARN}
BOTH = {**GIVEN, "OwnershipVerificationCertificateArn": PROOF}
IMPORTED = replace(CERTIFICATE, type="IMPORTED")


def test_a_certificate_that_covers_the_domain_is_good() -> None:
    assert seen(GIVEN, certificate=CERTIFICATE) == []
    assert seen(GIVEN, certificate=replace(CERTIFICATE, names=("a.b", "*.example.com"))) == []
    assert seen(BOTH, certificate=IMPORTED, ownership=OWNERSHIP) == []


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"names": ("www.example.com",)}, "certificate.name", "is for www.example.com, expected"),
        ({"names": ("*.api.example.com",)}, "certificate.name", "exactly one label"),
        ({"status": "PENDING_VALIDATION"}, "certificate.status", "is PENDING_VALIDATION"),
        ({"status": "EXPIRED"}, "certificate.status", "is EXPIRED, expected ISSUED"),
        ({"status": "REVOKED"}, "certificate.status", "is REVOKED, expected ISSUED"),
        ({"type": "IMPORTED"}, "ownership.missing", "is imported: mutual TLS wants"),
        ({"type": "PRIVATE"}, "ownership.missing", "is from AWS Private CA: mutual TLS wants"),
    ],
)
def test_a_certificate_that_api_gateway_would_refuse(
    change: dict[str, Any], code: str, words: str
) -> None:
    (finding,) = seen(GIVEN, certificate=replace(CERTIFICATE, **change))
    assert (finding.severity, finding.code) == (Severity.ERROR, code)
    assert words in finding.message
    assert finding.hint


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "IMPORTED"}, "ownership.type"),
        ({"type": "PRIVATE"}, "ownership.type"),
        ({"names": ("www.example.com",)}, "certificate.name"),
        ({"status": "EXPIRED"}, "certificate.status"),
    ],
)
def test_an_ownership_certificate_that_proves_nothing(change: dict[str, Any], code: str) -> None:
    (finding,) = seen(BOTH, certificate=IMPORTED, ownership=replace(OWNERSHIP, **change))
    assert (finding.severity, finding.code) == (Severity.ERROR, code)
    assert finding.about == "OwnershipVerificationCertificateArn"


def test_an_imported_certificate_is_not_renewed_by_acm() -> None:
    def ends(days: int, kind: str = "IMPORTED") -> list[tuple[str, str]]:
        certificate = replace(CERTIFICATE, type=kind, not_after=NOW + timedelta(days=days))
        return codes(seen(BOTH, certificate=certificate, ownership=OWNERSHIP))

    assert ends(31) == []
    assert ends(29) == [("warning", "certificate.expires-soon")]
    assert ends(0) == [("error", "certificate.expired")]
    assert ends(29, "AMAZON_ISSUED") == []


def test_a_certificate_of_another_account_is_refused() -> None:
    other = ARN.replace(ACCOUNT, "999999999999")
    (finding,) = seen({"CertificateArn": other})
    assert finding.code == "certificate.account"
    assert "999999999999" in finding.message


ZONED = {"HostedZoneId": "Z1"}


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        (ZONE, None),
        (replace(ZONE, name=NAME), None),
        (replace(ZONE, records=("TXT", "MX")), None),
        (replace(ZONE, name="example.org"), "zone.name"),
        (replace(ZONE, name="ample.com"), "zone.name"),
        (replace(ZONE, name="a.api.example.com"), "zone.name"),
        (replace(ZONE, is_private=True), "zone.private"),
        (replace(ZONE, records=("A",)), "zone.taken"),
        (replace(ZONE, records=("TXT", "CNAME")), "zone.taken"),
    ],
)
def test_the_zone_is_public_and_above_the_domain_and_has_room(zone: Zone, code: str | None) -> None:
    assert codes(seen(ZONED, zone=zone)) == ([("error", code)] if code else [])


def test_the_stacks_own_record_is_not_in_the_way() -> None:
    own = replace(STACK, resources={"DnsRecord": ("AWS::Route53::RecordSet", NAME)})
    taken = replace(ZONE, records=("A",))
    assert seen(ZONED, zone=taken, stack=own) == []
    assert codes(seen(ZONED, zone=taken, stack=STACK)) == [("error", "zone.taken")]


IN_S3 = {"TruststoreUri": "s3://bucket/t.pem", "TruststoreVersion": "v1"}


def stored(**change: Any) -> Stored:
    root = builders.authority(not_before=NOW - timedelta(days=1))
    good = Stored("s3://bucket/t.pem", "v1", builders.bundle(root.certificate).encode(), REGION)
    return replace(good, **change)


def test_a_truststore_in_s3_is_checked_like_ours() -> None:
    assert seen(IN_S3, stored=stored()) == []
    assert seen(IN_S3, stored=stored(region="")) == []
    leaf = builders.leaf(issuer=None, not_before=NOW)
    assert codes(seen(IN_S3, stored=stored(content=leaf.pem.encode()))) == [
        ("error", "truststore.root-missing"),
        ("warning", "truststore.leaf"),
    ]
    assert codes(seen(IN_S3, stored=stored(version="null"))) == [("error", "bucket.unversioned")]
    assert codes(seen(IN_S3, stored=stored(region="us-east-1"))) == [("warning", "bucket.region")]


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("CREATE_COMPLETE", None),
        ("UPDATE_COMPLETE", None),
        ("UPDATE_ROLLBACK_COMPLETE", None),
        ("IMPORT_COMPLETE", None),
        ("REVIEW_IN_PROGRESS", None),
        ("ROLLBACK_COMPLETE", "delete-stack --stack-name mtls-api"),
        ("ROLLBACK_FAILED", "delete-stack --stack-name mtls-api"),
        ("CREATE_FAILED", "delete-stack --stack-name mtls-api"),
        ("DELETE_FAILED", "delete-stack --stack-name mtls-api"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name mtls-api"),
        ("CREATE_IN_PROGRESS", "describe-stack-events --stack-name mtls-api"),
        ("UPDATE_IN_PROGRESS", "wait until it is done"),
        ("DELETE_IN_PROGRESS", "wait until it is done"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "almost done"),
    ],
)
def test_a_stack_that_takes_no_change_is_refused(status: str, hint: str | None) -> None:
    found = seen({}, stack=replace(STACK, status=status))
    assert codes(found) == ([("error", "stack.status")] if hint else [])
    assert not hint or hint in found[0].hint


def test_a_parameter_that_changes_is_told_and_one_that_would_be_lost_is_an_error() -> None:
    before = {**REAL, "DomainName": NAME, "AlarmEmail": "a@example.com", "MemorySize": "256"}
    stack = replace(STACK, parameters=before)
    same = {"AlarmEmail": "a@example.com", "MemorySize": "256"}
    assert seen(same, stack=stack) == []
    changed, lost = seen({"MemorySize": "1024"}, stack=stack)
    if changed.about == "AlarmEmail":
        changed, lost = lost, changed
    assert (changed.severity, changed.code) == (Severity.INFO, "parameter.changes")
    assert changed.message == "MemorySize of the stack is '256', and becomes '1024'"
    assert (lost.severity, lost.code) == (Severity.ERROR, "parameter.lost")
    assert lost.hint.startswith("--set AlarmEmail=a@example.com to keep it, --set AlarmEmail='' to")


def test_a_domain_of_somebody_else_is_refused() -> None:
    assert seen({}, domain=None) == []
    assert seen({}, domain=DOMAIN, stack=STACK) == []
    (finding,) = seen({}, domain=DOMAIN)
    assert (finding.severity, finding.code) == (Severity.ERROR, "domain.taken")
    assert "made by somebody else" in finding.message
    other = replace(STACK, resources={"X": ("AWS::ApiGateway::DomainName", "other.example.com")})
    (finding,) = seen({}, domain=replace(DOMAIN, stack_name="other"), stack=other)
    assert finding.code == "domain.taken"
    assert "made by the stack other" in finding.message


def test_whose_a_domain_is_may_be_hidden() -> None:
    hidden = Unasked(
        "stack", "cloudformation:DescribeStacks", "cannot read the stack: no (AccessDenied)"
    )
    assert codes(seen({}, domain=DOMAIN, unasked=(hidden,))) == [
        ("warning", "aws.not-allowed"),
        ("warning", "domain.taken"),
    ]


def test_what_may_not_be_asked_is_a_warning_that_names_the_permission() -> None:
    hidden = Unasked("CertificateArn", "acm:DescribeCertificate", "cannot read: no (AccessDenied)")
    (finding,) = seen(GIVEN, unasked=(hidden,))
    assert finding.severity is Severity.WARNING
    assert finding.message == "not checked: cannot read: no (AccessDenied)"
    assert "acm:DescribeCertificate" in finding.hint


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        (GIVEN, "CertificateArn"),
        (BOTH, "OwnershipVerificationCertificateArn"),
        (ZONED, "HostedZoneId"),
        (IN_S3, "TruststoreUri"),
    ],
)
def test_what_is_named_and_not_there_is_an_error(given: dict[str, str], absent: str) -> None:
    (finding,) = seen(given, absent=frozenset({absent, "domain"}))
    assert (finding.severity, finding.code) == (Severity.ERROR, "aws.absent")
    assert finding.about == absent
    assert given[absent] in finding.message


ROLE = "arn:aws:iam::123456789012:role/"


@pytest.mark.parametrize(
    ("wanted", "role", "expected"),
    [
        ("create", "", []),
        ("create", None, []),
        ("create", f"{ROLE}mtls-api-ApiGatewayLogRole-1", []),
        ("create", f"{ROLE}theirs", [("warning", "log-role.replaced")]),
        ("keep", f"{ROLE}theirs", []),
        ("keep", None, []),
        ("keep", "", [("error", "log-role.missing")]),
    ],
)
def test_the_accounts_role_for_logs_is_neither_missing_nor_replaced(
    wanted: str, role: str | None, expected: list[tuple[str, str]]
) -> None:
    own = {**OURS, "ApiGatewayLogRole": ("AWS::IAM::Role", "mtls-api-ApiGatewayLogRole-1")}
    facts = Facts(ACCOUNT, REGION, log_role=role, stack=replace(STACK, resources=own))
    found = preflight.of_facts(values(ApiGatewayAccountRole=wanted), facts, NOW)
    assert codes(list(found)) == expected


@pytest.mark.parametrize(
    ("pushed", "packed", "expected"),
    [
        (None, b"packed", []),  # the stack's own is in force
        (b"packed", b"packed", []),  # the publisher finds the version that was pushed
        (b"pushed", b"packed", [("error", "truststore.pushed-since")]),
        (b"pushed", b"", [("error", "truststore.pushed-since")]),
    ],
)
def test_what_was_pushed_since_is_not_undone_unsaid(
    pushed: bytes | None, packed: bytes, expected: list[tuple[str, str]]
) -> None:
    domain = Domain(NAME, "AVAILABLE", truststore_uri="s3://b/t.pem", truststore_version="2")
    facts = Facts(ACCOUNT, REGION, domain=domain, pushed=pushed)
    assert codes(list(preflight.of_push(facts, packed))) == expected
