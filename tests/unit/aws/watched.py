"""A domain to watch: its truststore in moto's S3, what API Gateway and ACM say of it as told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.unit.aws import moto_server
from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.publisher_servers import Between, Reply, Request

NAME = "api.example.com"
_ARN = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/"
SERVER, OWNERSHIP = f"{_ARN}server", f"{_ARN}ownership"


@dataclass
class WatchedDomain:
    """What the three services answer; whatever a test does not change is right."""

    between: Between
    moto: str
    bucket: str = ""
    version: str = ""
    domain: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)  #: by ARN
    first: Callable[[Request], Reply | None] = lambda _request: None  #: asked before all others

    def __post_init__(self) -> None:
        self.between.meddle = self._reply
        self.bucket = f"truststore-{uuid.uuid4().hex}"
        s3 = moto_server.s3(self.moto)
        place = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=place)
        on = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration=on)

    @property
    def place(self) -> str:
        return f"s3://{self.bucket}/truststore.pem, version {self.version}"

    def publish(self, content: str) -> None:
        """Put a truststore there, and pin the domain to it."""
        s3 = moto_server.s3(self.moto)
        put = s3.put_object(Bucket=self.bucket, Key="truststore.pem", Body=content.encode())
        self.version = put["VersionId"]
        self.domain = {
            "domainName": NAME,
            "domainNameStatus": "AVAILABLE",
            "regionalCertificateArn": SERVER,
            "mutualTlsAuthentication": {
                "truststoreUri": f"s3://{self.bucket}/truststore.pem",
                "truststoreVersion": self.version,
            },
        }

    def issue(self, arn: str, not_after: datetime | None, **said: Any) -> None:
        """Have ACM say something of a certificate; by default that all is well."""
        answer = {
            "CertificateArn": arn,
            "DomainName": NAME,
            "Subject": f"CN={NAME}",
            "Serial": "0a:1b:2c",
            "Status": "ISSUED",
            "Type": "AMAZON_ISSUED",
            "RenewalEligibility": "ELIGIBLE",
            "NotAfter": not_after.timestamp() if not_after else None,
            **said,
        }
        self.certificates[arn] = {key: value for key, value in answer.items() if value is not None}
        if arn == OWNERSHIP:
            self.domain["ownershipVerificationCertificateArn"] = OWNERSHIP

    def _reply(self, request: Request) -> Reply | None:
        if (told := self.first(request)) is not None:
            return told
        if unquote(request.target) == f"/domainnames/{NAME}":
            return _json(self.domain)
        if request.target.startswith("/domainnames/"):
            said = {"message": "Invalid domain name identifier specified"}
            return _json(said, 404, **{"x-amzn-errortype": "NotFoundException"})
        if request.headers.get("x-amz-target") == "CertificateManager.DescribeCertificate":
            arn = json.loads(request.body)["CertificateArn"]
            if arn in self.certificates:
                return _json({"Certificate": self.certificates[arn]})
        return None


def denied(request: Request, service: str) -> Reply | None:
    """The refusal of one *service*: apigateway, acm, s3, monitoring or sns; each in its way."""
    if f"/{service}/aws4_request" not in request.headers.get("authorization", ""):
        return None
    named = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    if service == "s3":
        return Reply(403, {"content-type": "application/xml"}, named.encode())
    if service == "sns":
        said = f"<ErrorResponse>{named}</ErrorResponse>"
        return Reply(403, {"content-type": "text/xml"}, said.encode())
    answer = {"__type": "AccessDeniedException", "message": "no"}
    return _json(answer, 403, **{"x-amzn-errortype": "AccessDeniedException"})


def _json(value: object, status: int = 200, **headers: str) -> Reply:
    sent = {"content-type": "application/x-amz-json-1.1", **headers}
    return Reply(status, sent, json.dumps(value).encode())
