"""What the tests of ELBv2 ask the fake, in few words."""

from __future__ import annotations

from typing import Any

from tests.fakes.asking import refused
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import upload, versioned_bucket


class Alb:
    """A bucket, and what is asked of ELBv2."""

    def __init__(self, fake: ControlPlane) -> None:
        self.fake = fake
        self.client = fake.client("elbv2")
        self.bucket = versioned_bucket(fake)

    def bundle(self, content: bytes, key: str = "ca.pem") -> dict[str, str]:
        """Parameters that name *content* in S3."""
        upload(self.fake, self.bucket, content, key)
        return {"CaCertificatesBundleS3Bucket": self.bucket, "CaCertificatesBundleS3Key": key}

    def create(self, content: bytes, name: str = "clients") -> str:
        """The ARN of a trust store of *content*."""
        answer = self.client.create_trust_store(Name=name, **self.bundle(content))
        arn: str = answer["TrustStores"][0]["TrustStoreArn"]
        return arn

    def crl(self, content: bytes, key: str = "crl.pem") -> list[dict[str, str]]:
        """RevocationContents that name *content* in S3."""
        upload(self.fake, self.bucket, content, key)
        return [{"S3Bucket": self.bucket, "S3Key": key, "RevocationType": "CRL"}]

    def add(self, arn: str, content: bytes) -> int:
        """The id of a revocation with *content*."""
        answer = self.client.add_trust_store_revocations(
            TrustStoreArn=arn, RevocationContents=self.crl(content)
        )
        label: int = answer["TrustStoreRevocations"][0]["RevocationId"]
        return label

    def refused(self, method: str, **parameters: Any) -> str:
        """The code of the error to that call."""
        return refused(self.fake, "elbv2", method, **parameters)[0]

    def verify(self, listener: str, arn: str, **more: Any) -> dict[str, Any]:
        """What the listener's mutual authentication is, once it verifies by that trust store."""
        answer = self.client.modify_listener(
            ListenerArn=listener,
            MutualAuthentication={"Mode": "verify", "TrustStoreArn": arn, **more},
        )
        mutual: dict[str, Any] = answer["Listeners"][0]["MutualAuthentication"]
        return mutual
