"""The truststore's versions in S3: found or added, never deleted."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import Refused
from .event import Place

_TRIES = 3
# A page of S3's, newest first, and how many of them are compared.
_LISTED = 1000
_COMPARED = 100
# Another version came between looking and putting.
_OVERTAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"}
_UNVERSIONED = ("", "null")  # what S3 says of an object in a bucket that keeps no versions


@dataclass(frozen=True, slots=True)
class Published:
    """The version that holds the truststore, and whether it was added for it."""

    version_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is there: the newest one's ETag, None if it is deleted, and what may hold the same."""

    newest: str | None
    version_ids: list[str]


def publish(place: Place, content: bytes) -> Published:
    """Return the newest version at *place* with *content*; one is added if there is none.

    An earlier version counts too: so a rollback gets back what it had. Refused if S3 says no.
    """
    objects = _Object(place, content)
    for _ in range(_TRIES):
        listed = objects.listed()
        for version_id in listed.version_ids:
            if objects.is_same(version_id):
                return Published(version_id, is_new=False)
        if added := objects.add(listed.newest):
            return Published(added, is_new=True)
    raise Refused(
        f"{place.uri} was changed {_TRIES} times by somebody else meanwhile",
        "let only this stack write to its bucket, then: sam deploy",
    )


class _Object:
    """The object at *place*, compared with *content*."""

    def __init__(self, place: Place, content: bytes) -> None:
        # Here: the handler answers also when they are not to be had.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        retries = {"mode": "standard", "total_max_attempts": 3}
        config = Config(connect_timeout=3, read_timeout=8, retries=retries)
        with _border("reach S3", place):
            self._s3 = boto3.session.Session().client("s3", config=config)
        self._place = place
        self._content = content
        self._checksum = _checksum(content)
        self._bucket = {"Bucket": place.bucket, "ExpectedBucketOwner": place.account}
        self._named = {**self._bucket, "Key": place.key}

    def listed(self) -> _Listed:
        """Return the versions that are as long as the content."""
        with _border("list the versions of", self._place):
            # The key itself sorts before all that it is a prefix of.
            page = self._s3.list_object_versions(
                **self._bucket, Prefix=self._place.key, MaxKeys=_LISTED
            )
        versions = [found for found in page.get("Versions", ()) if found["Key"] == self._place.key]
        newest = next((found["ETag"] for found in versions if found["IsLatest"]), None)
        as_long = [
            found["VersionId"]
            for found in versions
            if found["Size"] == len(self._content) and found["VersionId"] not in _UNVERSIONED
        ]
        return _Listed(newest, as_long[:_COMPARED])

    def is_same(self, version_id: str) -> bool:
        """Does that version hold the content, by S3's checksum or by its bytes."""
        version: dict[str, Any] = {**self._named, "VersionId": version_id}
        with _border(f"read version {version_id} of", self._place):
            kept = self._s3.head_object(**version, ChecksumMode="ENABLED").get("ChecksumSHA256", "")
            # None of whom another program uploaded; of an upload in parts one with a dash.
            if not kept or "-" in kept:
                kept = _checksum(self._s3.get_object(**version)["Body"].read())
        return bool(kept == self._checksum)

    def add(self, newest: str | None) -> str | None:
        """Put the content after the version *newest*; None if another one came first."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        condition = {"IfMatch": newest} if newest else {"IfNoneMatch": "*"}
        with _border("write", self._place):
            try:
                put = self._s3.put_object(
                    **self._named,
                    **condition,
                    Body=self._content,
                    ContentType="application/x-pem-file",
                    ServerSideEncryption="AES256",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=self._checksum,
                )
            except ClientError as error:
                if _code(error) in _OVERTAKEN:
                    return None
                raise
        version_id = str(put.get("VersionId", ""))
        if version_id in _UNVERSIONED:
            raise Refused(
                f"the bucket {self._place.bucket!r} keeps no versions, expected a versioned one:"
                " API Gateway pins the truststore's version",
                f"aws s3api put-bucket-versioning --bucket {self._place.bucket}"
                " --versioning-configuration Status=Enabled",
            )
        return version_id


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _code(error: Any) -> str:  # noqa: ANN401
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _border(doing: str, place: Place) -> Iterator[None]:
    """Turn botocore's exceptions into Refused: cannot *doing* *place*."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        code = _code(error)
        said = error.response.get("Error", {}).get("Message", "")
        raise Refused(f"cannot {doing} {place.uri}: {said} ({code})", _hint(code, place)) from error
    except BotoCoreError as error:
        raise Refused(f"cannot {doing} {place.uri}: {error}", "try again: sam deploy") from error


def _hint(code: str, place: Place) -> str:
    if code in {"AccessDenied", "403"}:
        return (
            f"the bucket must be of account {place.account}, and the function's role allow"
            " s3:ListBucketVersions on it, and s3:PutObject, s3:GetObject, s3:GetObjectVersion"
            f" on {place.key}"
        )
    if code in {"NoSuchBucket", "404"}:
        return "Bucket must name a bucket that exists, such as !Ref TruststoreBucket"
    return "try again: sam deploy"
