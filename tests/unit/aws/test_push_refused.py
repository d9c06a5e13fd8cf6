"""truststore push and the like, where the domain, the bucket, AWS or the file is not right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import authority
from tests.fakes import faults
from tests.fakes.faults import Fault
from tests.fakes.protected import NAME, Protected
from tests.unit.aws.test_push_command import files, made, push, refused

__all__ = ["files", "made"]


def _settings(**more: Any) -> Any:
    def change(made: Protected) -> None:
        domain = made.fake.domains.get(NAME)
        domain.settings = replace(domain.settings, **more)

    return change


def _suspended(made: Protected) -> None:
    made.fake.client("s3").put_bucket_versioning(
        Bucket=made.bucket, VersioningConfiguration={"Status": "Suspended"}
    )


@pytest.mark.parametrize(
    ("wrong", "said", "hint"),
    [
        (_settings(endpoint_type="EDGE"), "takes no truststore as it is", "see above"),
        (_settings(endpoint_type="PRIVATE"), "takes no truststore as it is", "see above"),
        (
            _settings(security_policy="SecurityPolicy_TLS13_1_3_2025_09"),
            "takes no truststore as it is",
            "see above",
        ),
        (
            _settings(truststore_uri="", truststore_version=""),
            "takes no truststore as it is",
            "see above",
        ),
        (
            lambda made: made.fake.become(NAME, "PENDING_OWNERSHIP_VERIFICATION"),
            "takes no truststore as it is",
            "see above",
        ),
        (_suspended, "keeps no versions", "put-bucket-versioning"),
        (_settings(truststore_uri="https://x/y"), "is no place in S3", "s3://BUCKET/KEY"),
    ],
)
def test_a_domain_or_bucket_that_cannot_take_it(
    made: Protected, files: dict[str, str], wrong: Any, said: str, hint: str
) -> None:
    wrong(made)
    error, hinted = refused(made.fake, *push(files, "both.pem", "--yes"))
    assert said in error
    assert hint in hinted
    assert len(made.versions()) == 1


@pytest.mark.parametrize(
    ("operation", "fault", "said", "hint"),
    [
        ("GetCallerIdentity", faults.DENIED, "whose credentials", "sts:GetCallerIdentity"),
        ("apigateway:GetDomainName", faults.DENIED, "read the domain", "apigateway:GET"),
        ("UpdateDomainName", faults.DENIED, "update the domain", "apigateway:PATCH"),
        ("GetBucketVersioning", faults.DENIED, "versions are kept", "of another account than"),
        ("PutObject", faults.DENIED, "cannot write s3://", "s3:PutObject"),
        ("apigateway:GetDomainName", faults.THROTTLED, "Too Many Requests", "wait a minute"),
        ("PutObject", faults.HUNG_UP, "cannot reach AWS", "is this machine online"),
        (
            "GetCallerIdentity",
            faults.refused(403, "RequestTimeTooSkewed", "The difference is too large"),
            "The difference is too large",
            "set this machine's clock",
        ),
        (
            "GetCallerIdentity",
            faults.refused(403, "InvalidClientTokenId", "The token is invalid"),
            "InvalidClientTokenId",
            "aws configure",
        ),
        (
            "GetCallerIdentity",
            faults.refused(403, "ExpiredToken", "The token has expired"),
            "ExpiredToken",
            "aws sso login",
        ),
    ],
)
def test_what_aws_refuses_is_said_in_our_words(
    made: Protected, files: dict[str, str], operation: str, fault: Fault, said: str, hint: str
) -> None:
    made.fake.fail(operation, fault, times=faults.ALWAYS)
    error, hinted = refused(made.fake, *push(files, "both.pem", "--yes"))
    assert said in error
    assert hint in hinted
    assert "botocore" not in error + hinted


def test_no_credentials_and_no_region(
    made: Protected, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    error, hint = refused(made.fake, *push(files, "both.pem", "--yes"))
    assert "no region is set" in error
    assert "--region" in hint
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    error, hint = refused(made.fake, *push(files, "both.pem", "--yes", "--region", "eu-central-1"))
    assert "no AWS credentials" in error
    assert "aws configure" in hint


@pytest.mark.parametrize("command", ["push", "versions", "pull", "rollback", "status", "rotate"])
def test_a_domain_that_is_not_there(made: Protected, files: dict[str, str], command: str) -> None:
    other = "other.example.com"
    words = {
        "push": ("truststore", "push", files["both.pem"], other, "--yes"),
        "rotate": ("rotate", "plan", files["new.pem"], other),
        "status": ("status", other),
    }.get(command, ("truststore", command, other))
    error, hint = refused(made.fake, *words)
    assert f"there is no custom domain '{other}' in eu-central-1 of account" in error
    assert "--region" in hint


@pytest.mark.parametrize("content", [b"", b"nothing", authority().pem[:-40].encode()])
def test_a_file_that_is_no_truststore(made: Protected, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(content)
    error, hint = refused(made.fake, "truststore", "push", str(path), NAME, "--yes")
    assert "such a truststore is not put in force" in error
    assert "correct it" in hint
    error, _ = refused(made.fake, "truststore", "push", str(tmp_path / "no"), NAME, "--yes")
    assert "no such file" in error
