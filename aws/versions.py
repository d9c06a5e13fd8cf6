"""The truststore's versions in S3: listed, read, added, confirmed; never deleted."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pki.lint import LARGEST_READ

from . import s3_object
from .account import Account
from .errors import AwsRefused, asking
from .pin import Place

#: S3's words for the version of an object in a bucket that keeps no versions.
UNVERSIONED = ("", "null")
_MOST = 1000
_MARK = "truststore"  #: the tag's key
_BY, _BEFORE, _DOMAIN = "pushed-by", "before", "domain"


class Overtaken(AwsRefused):
    """Somebody else changed what this command was about, after it had looked."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the object; *etag* is None for a delete marker, which has no content."""

    id: str
    at: datetime
    size: int = 0
    etag: str | None = None


class Mark(StrEnum):
    """What became of a version that was put there."""

    NONE = ""  #: not known: its push is under way, or was killed; or another program put it there
    CONFIRMED = "confirmed"  #: API Gateway took it without a warning, or somebody accepted those
    LEFT = "left"  #: it was put back for an earlier one, or left behind for a later one


@dataclass(frozen=True, slots=True)
class Push:
    """Who put a version there: IAM ARN, for which domain, and which version that was on before.

    All "" where another program did.
    """

    by: str = ""
    domain: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """More about one version; sha256 "" where S3 has no checksum of its own."""

    push: Push = field(default_factory=Push)
    sha256: str = ""
    mark: Mark = Mark.NONE

    def is_pending(self, domain: str) -> bool:
        """Whether it was put there for *domain*, and nobody knows what became of it."""
        return self.push.domain == domain and self.mark is Mark.NONE


class Versions:
    """The versions of the object at *place*, which must be of the same account."""

    def __init__(self, account: Account, place: Place) -> None:
        self.place = place
        self._s3 = account.client("s3")
        self._bucket = {"Bucket": place.bucket, "ExpectedBucketOwner": account.number}
        self._named = {**self._bucket, "Key": place.key}
        self._known: dict[str, Detail] = {}

    def are_kept(self) -> bool:
        """Whether the bucket keeps versions; AwsRefused if it is not this account's."""
        with self._asking("see whether versions are kept in", "s3:GetBucketVersioning"):
            said = self._s3.get_bucket_versioning(**self._bucket)
        return bool(said.get("Status") == "Enabled")

    def require_kept(self) -> None:
        """Raise AwsRefused if the bucket keeps no versions, or is not this account's."""
        if not self.are_kept():
            raise AwsRefused(
                f"the bucket {self.place.bucket!r} keeps no versions, expected a versioned one:"
                " API Gateway pins the truststore's version",
                f"aws s3api put-bucket-versioning --bucket {self.place.bucket}"
                " --versioning-configuration Status=Enabled",
            )

    def all(self) -> list[Version]:
        """Return up to 1,000 of them, the newest first, delete markers among them."""
        with self._asking("list the versions of", "s3:ListBucketVersions"):
            # The key itself sorts before all that it is a prefix of.
            page = self._s3.list_object_versions(
                **self._bucket, Prefix=self.place.key, MaxKeys=_MOST
            )
        found = [*_own(page, "Versions", self.place.key)]
        found += _own(page, "DeleteMarkers", self.place.key)
        # Times are whole seconds; S3 lists each kind newest first, and says which is the newest.
        found.sort(key=lambda one: (one["IsLatest"], one["LastModified"]), reverse=True)
        return [_version(one) for one in found]

    def read(self, version_id: str) -> bytes:
        """Return the content of that version, or what is in force where *version_id* is ""."""
        of_version = {"VersionId": version_id} if version_id else {}
        with self._asking(f"read version {version_id} of", "s3:GetObjectVersion"):
            answer = self._s3.get_object(**self._named, **of_version)
            content: bytes = answer["Body"].read(LARGEST_READ + 1)
        return content

    def detail(self, version_id: str) -> Detail:
        """Return what is known of that version; asked once."""
        if version_id not in self._known:
            self._known[version_id] = self._detail(version_id)
        return self._known[version_id]

    def _detail(self, version_id: str) -> Detail:
        one = {**self._named, "VersionId": version_id}
        with self._asking(f"look at version {version_id} of", "s3:GetObjectVersion"):
            head = self._s3.head_object(**one, ChecksumMode="ENABLED")
        said: Mapping[str, str] = head.get("Metadata", {})
        push = Push(said.get(_BY, ""), said.get(_DOMAIN, ""), said.get(_BEFORE, ""))
        return Detail(push, _hex(head.get("ChecksumSHA256", "")), self._mark(one))

    def put(self, content: bytes, newest: Version | None, push: Push) -> str:
        """Add *content* after the version *newest*, and return the id of the new one.

        Overtaken if another one came first.
        """
        try:
            with self._asking("write", "s3:PutObject"):
                put = s3_object.put(
                    self._s3,
                    self._named,
                    content,
                    newest.etag if newest else None,
                    ContentType="application/x-pem-file",
                    Metadata={_BY: push.by, _DOMAIN: push.domain, _BEFORE: push.before},
                )
        except AwsRefused as refused:
            if refused.code in s3_object.OVERTAKEN:
                raise Overtaken(
                    f"somebody else put another version at {self.place.uri} meanwhile",
                    "see what is there: python -m aws truststore versions " + push.domain,
                ) from refused
            raise
        version_id = str(put.get("VersionId", ""))
        if version_id in UNVERSIONED:
            self.require_kept()
            raise AwsRefused(
                f"S3 gave no version of {self.place.uri}", "type it again, in a minute"
            )
        return version_id

    def mark(self, version_id: str, mark: Mark) -> None:
        """Remember what became of that version."""
        tags = {"TagSet": [{"Key": _MARK, "Value": mark.value}]}
        with self._asking(f"mark version {version_id} of", "s3:PutObjectVersionTagging"):
            self._s3.put_object_tagging(**self._named, VersionId=version_id, Tagging=tags)

    def _mark(self, one: Mapping[str, str]) -> Mark:
        with self._asking("see the marks of", "s3:GetObjectVersionTagging"):
            tags = self._s3.get_object_tagging(**one)["TagSet"]
        values = {tag["Key"]: tag["Value"] for tag in tags}
        found = values.get(_MARK, "")
        return Mark(found) if found in set(Mark) else Mark.NONE

    @contextmanager
    def _asking(self, doing: str, action: str) -> Iterator[None]:
        try:
            with asking(f"{doing} {self.place.uri}", action):
                yield
        except AwsRefused as refused:
            if not refused.is_denied:
                raise
            number = self._bucket["ExpectedBucketOwner"]
            hint = f"{refused.hint}; or is {self.place.bucket!r} of another account than {number}?"
            raise AwsRefused(refused.message, hint, code=refused.code, action=action) from refused


def _own(page: Mapping[str, Any], kind: str, key: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in page.get(kind, ()) if one["Key"] == key)


def _version(one: Mapping[str, Any]) -> Version:
    return Version(one["VersionId"], one["LastModified"], one.get("Size", 0), one.get("ETag"))


def _hex(checksum: str) -> str:
    # Of an upload in parts it is one of their checksums, and ends in their number.
    return "" if "-" in checksum else base64.b64decode(checksum).hex()
