"""A built function that reads a truststore and a CRL in S3, as template.yaml has it deployed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509

from tests import builders, crls
from tests.builders import Holder
from tests.packaging import sandbox
from tests.packaging.sandbox import Sandbox
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.function import environment
from tests.packaging.template.made import made
from tests.packaging.template.source import Job, transform
from tests.unit.aws import moto_server
from tests.unit.aws.publisher_servers import Between, Reply

CA = builders.authority(subject="CN=Example Issuing CA,O=Example")
PARTNER = builders.authority(subject="CN=Partner CA,O=Partner")
BILLING, SHOP = (builders.leaf(issuer=CA, serial_number=n).certificate for n in (5, 6))
PATIENCE = 60.0


@cache
def deployed(**given: str) -> dict[str, str]:
    """The function's environment, as template.yaml has it."""
    parameters = {**COMBINATIONS["revocation"], **given}
    (template,) = transform([Job(parameters)])
    return environment(made(template, parameters))


@dataclass
class World:
    """S3 with a truststore and a CRL, and a function that reads them."""

    task: Path
    folder: Path
    s3: Any
    between: Between
    variables: dict[str, str]
    bucket: str = field(default_factory=lambda: uuid.uuid4().hex)
    version: str = ""

    def __post_init__(self) -> None:
        where = {"LocationConstraint": moto_server.REGION}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=where)
        on = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration=on)
        self.version = self.push(CA)

    def push(self, *holders: Holder) -> str:
        """Put another truststore there, and return its version."""
        bundle = builders.bundle(*(holder.certificate for holder in holders))
        return self.put("truststore.pem", bundle.encode())

    def put(self, key: str, content: bytes) -> str:
        return str(self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)["VersionId"])

    def publish(self, *revoked: x509.Certificate, number: int, **more: Any) -> None:
        self.put("crl/crl.pem", crls.pem(crl(CA, *revoked, number=number, **more)))

    def go_down(self) -> None:
        self.between.meddle = lambda _request: Reply(503)

    def environment(self, **given: str) -> dict[str, str]:
        """For the parameters *given*, with what a deployment fills in."""
        found = dict(deployed(**{"RevocationRefresh": "1s", **given}))
        truststore = f"s3://{self.bucket}/truststore.pem?versionId={self.version}"
        if found["TRUSTSTORE"]:
            assert found["TRUSTSTORE"].endswith("&newest")
            found["TRUSTSTORE"] = f"{truststore}&newest"
        found["REVOCATION_CRLS"] = found["REVOCATION_CRLS"].replace(
            "${TruststoreBucket}", self.bucket
        )
        temporary = self.folder / uuid.uuid4().hex
        temporary.mkdir()
        return {**self.variables, **found, "TMPDIR": str(temporary)}

    def started(self, **given: str) -> AbstractContextManager[Sandbox]:
        log = self.folder / f"{uuid.uuid4().hex}.log"
        return sandbox.emulated(self.task, self.environment(**given), log)

    def snapshot(self, **given: str) -> AbstractContextManager[tuple[Sandbox, sandbox.SnapStart]]:
        log = self.folder / f"{uuid.uuid4().hex}.log"
        return sandbox.snapshot(self.task, self.environment(**given), log)


def crl(issuer: Holder, *revoked: x509.Certificate, number: int, **more: Any) -> bytes:
    return crls.crl(issuer, [leaf.serial_number for leaf in revoked], number=number, **more)


def soon() -> datetime:
    """When a CRL ends that has to be read before."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=15)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
