"""What a domain trusts: an object in S3, in one version."""

from dataclasses import dataclass

from .errors import AwsRefused


@dataclass(frozen=True, slots=True)
class Place:
    """An object in S3."""

    bucket: str
    key: str

    @classmethod
    def of(cls, uri: str) -> "Place":
        """Return the place that *uri* names, such as s3://bucket/truststore.pem."""
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket or not key:
            raise AwsRefused(f"{uri!r} is no place in S3", "expected s3://BUCKET/KEY")
        return cls(bucket, key)

    @property
    def uri(self) -> str:
        """Return it as API Gateway takes it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A truststore's URI and version; version "" = whatever was there when it was taken."""

    uri: str
    version: str

    def __str__(self) -> str:
        """Return both, for people."""
        if not self.uri:
            return "no truststore"
        return f"{self.uri}, version {self.version or '(none)'}"


OFF = Pin("", "")
"""No truststore: no mutual TLS."""
