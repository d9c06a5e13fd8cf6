"""A domain with mutual TLS and everything it takes, in one call."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tests.fakes.control_plane import ControlPlane
from tests.fakes.domain import Settings
from tests.fakes.mappings import Mapped
from tests.fakes.sources import client
from tests.unit.aws.moto_server import REGION

NAME = "api.example.com"
KEY = "truststore.pem"


@dataclass(frozen=True)
class Protected:
    """What was made; *version* is the one that is in force."""

    fake: ControlPlane
    name: str
    bucket: str
    key: str
    version: str
    certificate_arn: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def upload(self, content: bytes) -> str:
        """Put another truststore into the bucket, as somebody else would; return its version."""
        return upload(self.fake, self.bucket, content, self.key)

    def versions(self) -> list[tuple[str, bytes]]:
        """Every version in the bucket, oldest first."""
        s3 = client("s3", self.fake.moto)
        read = self.fake.domains.sources.content
        listed = s3.list_object_versions(Bucket=self.bucket).get("Versions", [])
        return [
            (v["VersionId"], read(self.bucket, v["Key"], v["VersionId"])) for v in reversed(listed)
        ]


def protected_domain(
    fake: ControlPlane, truststore: bytes, *, name: str = NAME, pinned: bool = True, **more: Any
) -> Protected:
    """A versioned bucket with *truststore*, and a Regional domain that has it in force.

    The domain is AVAILABLE, nothing of it is in `calls`, and the 30 s have not begun. *more* goes
    into its domain.Settings.
    """
    bucket = versioned_bucket(fake)
    version = upload(fake, bucket, truststore)
    arn = more.pop("certificate_arn", None) or issued_certificate(fake, name)
    settings = Settings(
        name=name,
        certificate_arn=arn,
        truststore_uri=f"s3://{bucket}/{KEY}",
        truststore_version=version if pinned else "",
        **more,
    )
    domain = fake.domains.create(settings)
    domain.in_force, domain.warnings = truststore, ()
    domain.become("AVAILABLE")
    return Protected(fake, name, bucket, KEY, version, arn)


def mapped_api(
    made: Protected,
    *,
    kind: str = "REST",
    key: str = "",
    is_disabled: bool = True,
    is_shut: bool | None = None,
) -> str:
    """The id of an API with the stage `live`, mapped to the domain under the path *key*.

    kind: REST or HTTP; is_disabled: its default endpoint, as it is set; is_shut: and as clients
    meet it, if that differs. Nothing of it is in `calls`.
    """
    api = made.fake.apis.add(kind, "api", is_disabled=is_disabled)
    made.fake.apis.deploy(api, "live")
    api.is_shut = is_disabled if is_shut is None else is_shut
    made.fake.mappings.add(made.name, Mapped(key, api.label, "live"), "taken")
    return api.label


def versioned_bucket(fake: ControlPlane, status: str = "Enabled") -> str:
    """A bucket of a name of its own; *status* of its versioning, empty: never switched on."""
    s3, name = client("s3", fake.moto), f"truststore-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    return name


def upload(fake: ControlPlane, bucket: str, content: bytes, key: str = KEY) -> str:
    """Put *content* there; return its version, empty without versioning."""
    answer = client("s3", fake.moto).put_object(Bucket=bucket, Key=key, Body=content)
    return str(answer.get("VersionId", ""))


def issued_certificate(fake: ControlPlane, *names: str, region: str = REGION) -> str:
    """The ARN of a certificate that ACM issued for *names*."""
    first, *others = names
    more = {"SubjectAlternativeNames": others} if others else {}
    answer = client("acm", fake.moto, region).request_certificate(
        DomainName=first, ValidationMethod="DNS", **more
    )
    return str(answer["CertificateArn"])


def imported_certificate(fake: ControlPlane, pem: bytes, key: bytes) -> str:
    """The ARN of a certificate that somebody imported."""
    answer = client("acm", fake.moto).import_certificate(Certificate=pem, PrivateKey=key)
    return str(answer["CertificateArn"])
