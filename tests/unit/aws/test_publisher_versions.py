"""What the publisher leaves in S3, and what it says of it."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.aws.moto_server import ACCOUNT
from tests.unit.aws.publisher_run import Publisher, Truststores
from tests.unit.aws.publisher_servers import Between, Reply


def test_create_publishes_what_was_packed(publisher: Publisher, truststores: Truststores) -> None:
    data = publisher.published()
    ((version_id, content),) = publisher.versions()
    assert content == truststores.first
    assert data == {
        "Uri": publisher.uri,
        "VersionId": version_id,
        "Sha256": hashlib.sha256(truststores.first).hexdigest(),
        "Certificates": "1",
    }
    head = publisher.s3.head_object(Bucket=publisher.bucket, Key="truststore.pem")
    assert head["ContentType"] == "application/x-pem-file"
    assert head["ServerSideEncryption"] == "AES256"


def test_the_key_may_be_left_out(publisher: Publisher) -> None:
    data = publisher.published(ResourceProperties={"Bucket": publisher.bucket})
    assert data["Uri"] == publisher.uri


def test_an_update_with_the_same_content_publishes_nothing(publisher: Publisher) -> None:
    first = publisher.published()
    assert publisher.published("Update") == first
    assert len(publisher.versions()) == 1


def test_an_update_with_other_content_publishes_a_version(
    publisher: Publisher, truststores: Truststores
) -> None:
    first = publisher.published()
    publisher.truststore.write_bytes(truststores.second)
    second = publisher.published("Update")
    assert second["VersionId"] != first["VersionId"]
    assert second["Sha256"] == hashlib.sha256(truststores.second).hexdigest()
    assert [content for _, content in publisher.versions()] == [
        truststores.first,
        truststores.second,
    ]


def test_a_rollback_gets_the_version_back_that_it_had(
    publisher: Publisher, truststores: Truststores
) -> None:
    """CloudFormation calls the function of before with the properties of before."""
    first = publisher.published()
    publisher.truststore.write_bytes(truststores.second)
    publisher.published("Update")
    publisher.truststore.write_bytes(truststores.first)
    assert publisher.published("Update") == first
    assert len(publisher.versions()) == 2


def test_of_equal_versions_the_newest_is_taken(
    publisher: Publisher, truststores: Truststores
) -> None:
    for content in (truststores.first, truststores.second, truststores.first, truststores.third):
        publisher.put(content)
    assert publisher.published()["VersionId"] == publisher.versions()[2][0]


def test_a_version_that_another_program_put_is_read(
    publisher: Publisher, truststores: Truststores
) -> None:
    """Without a SHA-256 of S3's own: equal bytes are equal, bytes as long are not."""
    same_length = bytes([truststores.first[0] ^ 1, *truststores.first[1:]])
    for content in (truststores.first, same_length):
        publisher.put(content)
    assert publisher.published()["VersionId"] == publisher.versions()[0][0]
    assert len(publisher.versions()) == 2


def test_as_long_and_not_the_same_is_another(
    publisher: Publisher, truststores: Truststores
) -> None:
    publisher.truststore.write_bytes(b"#a\n" + truststores.first)
    first = publisher.published()
    publisher.truststore.write_bytes(b"#b\n" + truststores.first)
    assert publisher.published("Update")["VersionId"] != first["VersionId"]


def test_a_neighbour_of_the_key_is_not_the_key(
    publisher: Publisher, truststores: Truststores
) -> None:
    publisher.put(truststores.first, "truststore.pem.old")
    publisher.published()
    assert len(publisher.versions()) == 2


def test_a_delete_changes_nothing(publisher: Publisher) -> None:
    publisher.published()
    before = publisher.versions()
    answer = publisher.answer(publisher.event("Delete"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", publisher.uri)
    assert publisher.versions() == before
    assert "DeleteMarkers" not in publisher.s3.list_object_versions(Bucket=publisher.bucket)


def test_a_delete_needs_neither_truststore_nor_bucket(publisher: Publisher) -> None:
    publisher.truststore.unlink()
    for properties in (None, {}, {"Bucket": "gone-long-ago"}, "nonsense"):
        event = publisher.event("Delete", ResourceProperties=properties)
        assert publisher.answer(event)["Status"] == "SUCCESS"


def test_what_could_not_be_created_can_be_deleted(publisher: Publisher) -> None:
    event = publisher.event(ResourceProperties={"Bucket": "no_bucket"})
    failed = publisher.answer(event)
    assert failed["Status"] == "FAILED"
    assert failed["PhysicalResourceId"]
    deleting = publisher.event("Delete", PhysicalResourceId=failed["PhysicalResourceId"])
    deleted = publisher.answer(deleting)
    assert deleted["Status"] == "SUCCESS"
    assert deleted["PhysicalResourceId"] == failed["PhysicalResourceId"]


@pytest.mark.parametrize("changed", ["Bucket", "Key"])
def test_another_place_is_a_replacement(publisher: Publisher, changed: str) -> None:
    """Another physical id: CloudFormation then deletes the old one, which stays as it is."""
    first = publisher.published()
    value = {"Bucket": publisher.new_bucket(), "Key": "b/truststore.pem"}[changed]
    properties = publisher.properties(**{changed: value})
    second = publisher.published("Update", ResourceProperties=properties)
    assert second["Uri"] == f"s3://{properties['Bucket']}/{properties['Key']}" != first["Uri"]
    elsewhere = {name: properties[name] for name in ("Bucket", "Key")}
    assert publisher.content(second["VersionId"], **elsewhere)
    deleted = publisher.answer(publisher.event("Delete", PhysicalResourceId=first["Uri"]))
    assert deleted["Status"] == "SUCCESS"
    assert publisher.content(first["VersionId"])


def test_a_failed_update_keeps_the_physical_id(publisher: Publisher) -> None:
    """Another one would be a replacement."""
    properties = publisher.properties(Bucket="gone-long-ago")
    answer = publisher.answer(publisher.event("Update", ResourceProperties=properties))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", publisher.uri)


def test_below_a_delete_marker_lies_what_was_published(
    publisher: Publisher, truststores: Truststores
) -> None:
    first = publisher.published()
    publisher.s3.delete_object(Bucket=publisher.bucket, Key="truststore.pem")
    assert publisher.published("Update") == first
    publisher.truststore.write_bytes(truststores.second)
    assert publisher.published("Update")["VersionId"] == publisher.versions()[1][0]


@pytest.mark.parametrize("status", ["", "Suspended"])
def test_a_bucket_without_versions_is_refused(publisher: Publisher, status: str) -> None:
    publisher.bucket = publisher.new_bucket(status)
    for _ in range(2):
        reason = publisher.refused()
        assert f"the bucket '{publisher.bucket}' keeps no versions" in reason
        assert "put-bucket-versioning" in reason


def test_what_was_there_before_versioning_is_no_version(publisher: Publisher) -> None:
    publisher.bucket = publisher.new_bucket("")
    publisher.refused()
    enabled = {"Status": "Enabled"}
    publisher.s3.put_bucket_versioning(Bucket=publisher.bucket, VersioningConfiguration=enabled)
    assert publisher.published()["VersionId"] != "null"


def test_every_call_says_whose_bucket_it_must_be(publisher: Publisher, between: Between) -> None:
    between.seen.clear()
    publisher.published()
    publisher.published("Update")
    assert {request.method for request in between.seen} >= {"GET", "PUT", "HEAD"}
    assert {r.headers["x-amz-expected-bucket-owner"] for r in between.seen} == {ACCOUNT}
    assert "DELETE" not in {request.method for request in between.seen}


def test_only_what_can_be_the_same_is_asked_for(
    publisher: Publisher,
    between: Between,
    truststores: Truststores,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that are as long, and of them so many."""
    for comment in (b"#3\n", b"#2\n", b"# longer\n", b"#1\n"):
        publisher.put(comment + truststores.first)
    publisher.truststore.write_bytes(b"#3\n" + truststores.first)
    monkeypatch.setattr("aws.publisher.bucket._COMPARED", 3)
    assert publisher.published()["VersionId"] == publisher.versions()[0][0]
    monkeypatch.setattr("aws.publisher.bucket._COMPARED", 2)
    between.seen.clear()
    publisher.published()
    asked = [request.method for request in between.seen]
    # Another program's have no checksum of ours: they are read.
    assert asked == ["GET", "HEAD", "GET", "HEAD", "GET", "PUT"]


def test_the_version_null_of_a_suspended_bucket_is_refused(
    publisher: Publisher, between: Between
) -> None:
    """moto names no version then, S3 names it null."""
    null = Reply(200, {"x-amz-version-id": "null", "etag": '"0"'})
    between.meddle = lambda request: null if request.method == "PUT" else None
    assert "keeps no versions" in publisher.refused()
