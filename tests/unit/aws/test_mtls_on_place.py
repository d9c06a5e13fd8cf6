"""mtls on: places in S3 that have no truststore to pin."""

from __future__ import annotations

import pytest

from tests.builders import Holder, authority
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import KEY, NAME, upload, versioned_bucket
from tests.fakes.sources import client
from tests.unit.aws.hands import refused
from tests.unit.aws.without_mtls import pin, without


@pytest.fixture(scope="module")
def root() -> Holder:
    return authority()


@pytest.fixture
def bucket(fake: ControlPlane) -> str:
    return versioned_bucket(fake)


def test_a_bucket_without_versions_is_refused(fake: ControlPlane, root: Holder) -> None:
    without(fake)
    plain = versioned_bucket(fake, status="")
    upload(fake, plain, root.pem.encode())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{plain}/{KEY}", "--yes")
    error, hint = refused(fake, *words)
    assert error.startswith(f"the bucket {plain!r} keeps no versions")
    assert "put-bucket-versioning" in hint


def test_a_version_of_a_bucket_that_keeps_no_more_is_refused(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    without(fake)
    version = upload(fake, bucket, root.pem.encode())
    client("s3", fake.moto).put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--version", version)
    assert refused(fake, *words, "--yes")[0].startswith(f"the bucket {bucket!r} keeps no versions")
    assert pin(fake) == ("", "")


def test_one_from_before_the_versions_is_refused(fake: ControlPlane, root: Holder) -> None:
    without(fake)
    late = versioned_bucket(fake, status="")
    upload(fake, late, root.pem.encode())
    client("s3", fake.moto).put_bucket_versioning(
        Bucket=late, VersioningConfiguration={"Status": "Enabled"}
    )
    words = ("mtls", "on", NAME, "--truststore", f"s3://{late}/{KEY}", "--yes")
    assert "before the bucket kept versions" in refused(fake, *words)[0]


def test_nothing_at_that_place_and_a_delete_marker(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    without(fake)
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    assert refused(fake, *words)[0] == f"there is no truststore at s3://{bucket}/{KEY}"
    upload(fake, bucket, root.pem.encode())
    client("s3", fake.moto).delete_object(Bucket=bucket, Key=KEY)
    assert refused(fake, *words)[0] == f"there is no truststore at s3://{bucket}/{KEY}"


@pytest.mark.parametrize("uri", ["https://example.com/a.pem", "s3://bucket", "truststore.pem"])
def test_what_is_no_place_in_s3(fake: ControlPlane, uri: str) -> None:
    without(fake)
    error, hint = refused(fake, "mtls", "on", NAME, "--truststore", uri, "--yes")
    assert (error, hint) == (f"{uri!r} is no place in S3", "expected s3://BUCKET/KEY")
