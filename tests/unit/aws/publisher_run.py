"""CloudFormation's side of the publisher: events, the context, the answers and what S3 has then."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aws.publisher import handler
from tests.unit.aws.moto_server import ACCOUNT, REGION
from tests.unit.aws.publisher_servers import ResponseUrl

STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/mtls-api/1f2e"
LOG_GROUP = "/aws/lambda/mtls-api-truststore-publisher"


@dataclass(frozen=True)
class Truststores:
    """Contents that are valid and differ; all of one length or nearly so."""

    first: bytes
    second: bytes
    third: bytes


class Context:
    """Lambda's, with so much time left."""

    log_group_name = LOG_GROUP

    def __init__(self, seconds: float = 60.0) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._end - time.monotonic()) * 1000))


@dataclass
class Publisher:
    """The publisher with a truststore packed, a bucket, and someone who waits for its answer."""

    truststore: Path
    waiting: ResponseUrl
    s3: Any
    bucket: str = ""

    def __post_init__(self) -> None:
        self.bucket = self.bucket or self.new_bucket()

    def event(self, kind: str = "Create", **changes: Any) -> dict[str, Any]:
        """What CloudFormation sends, right in everything but for *changes*; None leaves out."""
        event = {
            "RequestType": kind,
            "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:publisher",
            "ResponseURL": self.waiting.url,
            "StackId": STACK,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": "Truststore",
            "ResourceType": "Custom::Truststore",
            "ResourceProperties": {
                "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:publisher",
                "ServiceTimeout": "120",
                "Bucket": self.bucket,
                "Key": "truststore.pem",
                "PackedWith": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:publisher:1",
            },
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.uri
            event["OldResourceProperties"] = event["ResourceProperties"]
        return {name: v for name, v in {**event, **changes}.items() if v is not None}

    def answer(self, event: dict[str, Any], context: Context | None = None) -> dict[str, Any]:
        """The one answer to *event*, which repeats its ids."""
        before = len(self.waiting.taken)
        handler.handler(event, context or Context())
        (put,) = self.waiting.taken[before:]
        assert len(put.body) <= 4096
        answer: dict[str, Any] = json.loads(put.body)
        for name in ("StackId", "RequestId", "LogicalResourceId"):
            given = event.get(name)
            assert answer[name] == (given if isinstance(given, str) else "")
        assert answer["PhysicalResourceId"]
        return answer

    def published(self, kind: str = "Create", **changes: Any) -> dict[str, str]:
        """The data of the answer, which must be a SUCCESS."""
        answer = self.answer(self.event(kind, **changes))
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        data: dict[str, str] = answer["Data"]
        assert answer["PhysicalResourceId"] == data["Uri"]
        return data

    def refused(self, kind: str = "Create", **changes: Any) -> str:
        """The reason of the answer, which must be a FAILED."""
        answer = self.answer(self.event(kind, **changes))
        assert answer["Status"] == "FAILED", answer
        assert answer["Data"] == {}
        reason: str = answer["Reason"]
        assert "\nhint: " in reason
        assert len(reason.splitlines()) == 2
        return reason

    def properties(self, **changes: str) -> dict[str, str]:
        return {"ServiceTimeout": "120", "Bucket": self.bucket, "Key": "truststore.pem", **changes}

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/truststore.pem"

    def new_bucket(self, status: str = "Enabled") -> str:
        """A bucket of moto's; *status* of its versioning, empty: never switched on."""
        name = f"truststore-{uuid.uuid4().hex}"
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if status:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        return name

    def put(self, content: bytes, key: str = "truststore.pem") -> None:
        """What another program does, which sends no SHA-256."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def content(self, version_id: str, **elsewhere: str) -> bytes:
        place = {"Bucket": self.bucket, "Key": "truststore.pem", **elsewhere}
        got: bytes = self.s3.get_object(**place, VersionId=version_id)["Body"].read()
        return got

    def versions(self) -> list[tuple[str, bytes]]:
        """Every version in the bucket, oldest first."""
        listed = self.s3.list_object_versions(Bucket=self.bucket).get("Versions", [])
        return [
            (v["VersionId"], self.content(v["VersionId"], Key=v["Key"])) for v in reversed(listed)
        ]


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged: JSON lines and nothing else."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
