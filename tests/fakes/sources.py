"""What the control plane itself reads of S3 and ACM, from the moto server behind it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.exceptions

from tests.unit.aws.moto_server import REGION


class Unreadable(Exception):
    """An object that is not there, or may not be read; the message is S3's."""


@dataclass(frozen=True)
class Certificate:
    """One in ACM. kind: IMPORTED, AMAZON_ISSUED or PRIVATE."""

    arn: str
    kind: str
    names: tuple[str, ...]
    subject: str
    issuer: str

    def covers(self, name: str) -> bool:
        """Whether one of its names is *name*, or a wildcard for its first label."""
        wildcard = "*." + name.partition(".")[2]
        return name in self.names or wildcard in self.names


@functools.cache
def client(service: str, moto: str, region: str = REGION) -> Any:
    """boto3's, which asks the *moto* of the session; making one takes longer than using it."""
    return new_client(service, moto, region)


def new_client(service: str, endpoint: str, region: str = REGION) -> Any:
    """The same for any *endpoint*."""
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@dataclass(frozen=True)
class Sources:
    """S3 and ACM at the moto server *endpoint*."""

    endpoint: str

    def content(self, bucket: str, key: str, version: str = "") -> bytes:
        """Return an object; Unreadable if S3 refuses."""
        which = {"VersionId": version} if version else {}
        try:
            answer = client("s3", self.endpoint).get_object(Bucket=bucket, Key=key, **which)
            content: bytes = answer["Body"].read()
        except botocore.exceptions.ClientError as error:
            raise Unreadable(error.response["Error"]["Message"]) from error
        return content

    def certificate(self, arn: str) -> Certificate | None:
        """Return what ACM has under *arn*, if it has."""
        region = arn.split(":")[3] if arn.count(":") > 3 else ""
        acm = client("acm", self.endpoint, region or REGION)
        try:
            said = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        except botocore.exceptions.ClientError:
            return None
        return Certificate(
            arn,
            said["Type"],
            (said["DomainName"], *said.get("SubjectAlternativeNames", ())),
            said.get("Subject", ""),
            said.get("Issuer", ""),
        )
