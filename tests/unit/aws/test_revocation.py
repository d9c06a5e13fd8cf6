"""A deployment with Revocation: stopped unless a CRL is in place by which somebody can call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws import account, revocation, template
from aws.facts import Facts, Stack, Stored, Unasked
from aws.parameters import Values
from aws.survey import survey
from pki.findings import Finding
from tests import builders, crls
from tests.builders import Holder
from tests.crls import NOW
from tests.unit.aws.moto_server import REGION
from tests.unit.aws.project import NAME, deployable
from tests.unit.aws.publisher_servers import Between

ROOT = Path(__file__).resolve().parents[3]
REAL = {
    name: one.default or ""
    for name, one in template.read(ROOT / "template.yaml").parameters.items()
}
CA = builders.authority(subject="CN=CA,O=Test")
OTHER = builders.authority(subject="CN=Other,O=Test")
TOWER = builders.tower(intermediates=1)
URI = "s3://bucket/crl/crl.pem"
ON = {"Revocation": "fail-closed"}
HOUR = timedelta(hours=1)
STACK = Stack("mtls-api", "UPDATE_COMPLETE")
OURS = Stack("mtls-api", "OK", resources={"TruststoreBucket": ("AWS::S3::Bucket", "bucket")})


def values(**given: str) -> Values:
    return Values({**REAL, "DomainName": NAME, **given}, frozenset(given))


def seen(*holders: Holder, crl: bytes | None = None, **given: str) -> list[Finding]:
    stored = None if crl is None else Stored(URI, "v1", crl)
    facts = Facts("123456789012", REGION, stack=OURS, crl=stored)
    trusted = [holder.certificate for holder in holders or (CA,)]
    return list(revocation.of_facts(values(**{**ON, **given}), facts, trusted, NOW))


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.severity.value, one.code) for one in found]


GOOD = crls.crl(CA, [5])
EXPIRED = crls.crl(CA, next_update=NOW - HOUR)


def test_a_crl_of_every_authority_is_good_in_der_and_in_pem() -> None:
    assert seen(crl=GOOD) == []
    both = crls.pem(GOOD, crls.crl(OTHER))
    assert seen(CA, OTHER, crl=b"# of today\n" + both) == []


def test_where_it_is_off_nobody_looks() -> None:
    assert seen(Revocation="off") == []
    assert seen(Revocation="off", crl=b"x") == []


@pytest.mark.parametrize(
    ("crl", "code"),
    [
        (None, "crl.absent"),
        (b"", "crl.unreadable"),
        (b"words", "crl.unreadable"),
        (b"\x30\x00", "crl.unreadable"),
        (GOOD[:-1], "crl.unreadable"),
        (crls.pem(GOOD).replace(b"MI", b"??", 1), "crl.unreadable"),
        (CA.pem.encode(), "crl.unreadable"),
        (crls.crl(OTHER), "crl.missing"),
        (crls.crl(OTHER, name=CA.certificate.subject), "crl.missing"),
        (crls.crl(CA, name=OTHER.certificate.subject), "crl.missing"),
        (crls.crl(CA, next_update=None), "crl.missing"),
        (EXPIRED, "crl.expired"),
    ],
)
def test_without_one_that_holds_it_stops(crl: bytes | None, code: str) -> None:
    (finding,) = seen(crl=crl)
    assert codes([finding]) == [("error", code)]
    assert URI in finding.message + finding.hint
    assert "python -m aws crl push FILE" in finding.hint


def test_one_that_is_larger_than_the_service_takes_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = crls.pem(GOOD)
    monkeypatch.setattr(revocation, "LARGEST", len(whole))
    assert seen(crl=whole) == []
    assert codes(seen(crl=whole + b"#")) == [("error", "crl.unreadable")]


def test_of_two_crls_of_an_authority_the_later_one_counts() -> None:
    assert seen(crl=crls.pem(EXPIRED, GOOD)) == []


@pytest.mark.parametrize(
    ("policy", "stops"),
    [("grace=59m", True), ("grace=61m", False), ("grace=2h", False), ("grace=1d", False)],
)
def test_grace_is_granted(policy: str, stops: bool) -> None:  # noqa: FBT001
    found = seen(crl=EXPIRED, Revocation=policy)
    assert codes(found) == ([("error", "crl.expired")] if stops else [])


def test_an_authority_without_one_is_a_warning_while_others_have_one() -> None:
    (finding,) = seen(CA, OTHER, crl=GOOD)
    assert codes([finding]) == [("warning", "crl.missing")]
    assert "CN=Other,O=Test" in finding.message


def test_who_is_allowed_needs_one_and_nobody_else() -> None:
    assert seen(CA, OTHER, crl=GOOD, AllowIssuers="CN=CA,O=Test") == []
    both = "CN=CA,O=Test;CN=Other,O=Test"
    assert codes(seen(CA, OTHER, crl=GOOD, AllowIssuers=both)) == [("error", "crl.missing")]


def test_a_root_that_issues_authorities_needs_none() -> None:
    root, issuing, _ = TOWER
    assert seen(root, issuing, crl=crls.crl(issuing)) == []
    assert codes(seen(root, issuing, crl=crls.crl(root))) == [("error", "crl.missing")]


def test_before_there_is_a_bucket_it_is_told_how_to_get_one() -> None:
    for stack in (None, STACK):
        facts = Facts("123456789012", REGION, stack=stack)
        (finding,) = revocation.of_facts(values(**ON), facts, [CA.certificate], NOW)
        assert finding.code == "crl.absent"
        assert "first --set Revocation=off" in finding.hint


@pytest.mark.parametrize("about", ["stack", "CrlUri"])
def test_what_may_not_be_asked_is_not_decided(about: str) -> None:
    facts = Facts("123456789012", REGION, unasked=(Unasked(about, "s3:GetObject", "no"),))
    assert list(revocation.of_facts(values(**ON), facts, [CA.certificate], NOW)) == []


def test_an_environment_that_lambda_does_not_take_is_seen_before() -> None:
    full = {f"Allow{what}": "x" * 900 for what in ("Issuers", "Subjects", "Uris", "Fingerprints")}
    assert list(revocation.of_values(values(**full, **ON))) == []
    elsewhere = {"TruststoreUri": f"s3://bucket/{'x' * 300}.pem", "TruststoreVersion": "v"}
    assert list(revocation.of_values(values(**full, **elsewhere))) == []
    (finding,) = revocation.of_values(values(**full, **elsewhere, **ON, CrlUri=URI))
    assert codes([finding]) == [("error", "environment.too-large")]
    issuer = {"TokenIssuer": "https://issuer.example", "TokenAudience": "https://api.example"}
    tokens = issuer | {"TokenJwks": f"https://issuer.example/{'x' * 200}"}
    limit = {"ClientRate": "20/s", "ClientBurst": "40"}
    for given in (full | tokens, {"AllowUris": "x" * 900} | tokens | limit | ON):
        assert list(revocation.of_values(values(**given))) == []
    (finding,) = revocation.of_values(values(**full, **tokens, **limit))
    assert codes([finding]) == [("error", "environment.too-large")]


@pytest.fixture
def s3(aws: str) -> Callable[[bytes | None], str]:
    """Puts a CRL into a bucket of its own, and returns its URI."""
    assert aws

    def put(content: bytes | None) -> str:
        client: Any = boto3.client("s3", region_name=REGION)
        bucket = uuid.uuid4().hex
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        if content is not None:
            client.put_object(Bucket=bucket, Key="a/crl.pem", Body=content)
        return f"s3://{bucket}/a/crl.pem"

    return put


def test_it_is_read_where_it_is_asked_for(s3: Callable[[bytes | None], str]) -> None:
    signed_in = account.sign_in("", REGION)
    uri = s3(GOOD)
    found = survey(signed_in, values(**ON, CrlUri=uri), "none").crl
    assert found is not None
    assert (found.uri, found.content) == (uri, GOOD)
    assert survey(signed_in, values(CrlUri=uri), "none").crl is None
    facts = survey(signed_in, values(**ON, CrlUri=s3(None)), "none")
    assert facts.crl is None
    assert "CrlUri" in facts.absent


@pytest.mark.parametrize(("crl", "stops"), [(None, True), (crls.crl(OTHER), True), (GOOD, False)])
def test_a_deployment_stops_before_the_build_for_want_of_one(
    tmp_path: Path,
    aws: str,
    between: Between,
    s3: Callable[[bytes | None], str],
    crl: bytes | None,
    stops: bool,  # noqa: FBT001
) -> None:
    project = deployable(tmp_path, aws, between)
    project.pack(CA.pem)
    done = project.run(
        "deploy", "--yes", "--set", "Revocation=fail-closed", "--set", f"CrlUri={s3(crl)}"
    )
    assert (done.exit_code, "error: crl." in done.stderr) == (int(stops), stops), done.stderr
    assert project.commands == ([] if stops else ["build", "deploy"])


def test_the_first_deployment_with_revocation_is_refused_before_anything_is_made(
    tmp_path: Path, aws: str, between: Between
) -> None:
    project = deployable(tmp_path, aws, between)
    done = project.run("deploy", "--yes", "--set", "Revocation=fail-closed")
    assert done.exit_code == 1
    assert "error: crl.absent: Revocation is 'fail-closed'" in done.stderr
    assert project.calls == []
