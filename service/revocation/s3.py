"""What lies in S3. Only whoever names an s3:// source needs boto3; Lambda's runtime has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from .crl import MAX_BYTES
from .fetched import Fetched, SourceUnavailable
from .settings import S3Object

_NOT_MODIFIED, _FORBIDDEN = 304, 403
_PATIENCE = 3.0  #: seconds without a byte


@cache
def _client() -> Any:  # noqa: ANN401  (boto3 has no types)
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # Twice of it, and a frozen connection is seen and replaced while a request waits.
    patience = {"connect_timeout": _PATIENCE, "read_timeout": _PATIENCE}
    config = Config(retries={"total_max_attempts": 2}, **patience)
    return boto3.client("s3", config=config)


def over_s3(url: str, tag: str, client: Callable[[], Any] = _client) -> Fetched | None:
    """Get *url*, see S3Object, unless its ETag is *tag*; raises SourceUnavailable."""
    where = S3Object.of(url)
    asked = {"Bucket": where.bucket, "Key": where.key}
    if where.version_id:
        if tag:  # a version never changes
            return None
        asked["VersionId"] = where.version_id
    if tag:
        asked["IfNoneMatch"] = tag
    try:
        answer = client().get_object(**asked)
        data = answer["Body"].read(MAX_BYTES + 1)
    except Exception as error:
        # botocore's own errors cannot be named without botocore.
        response = getattr(error, "response", {})
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == _NOT_MODIFIED and tag:
            return None
        said = f"{type(error).__name__}: {error}"
        if status == _FORBIDDEN:  # without s3:ListBucket
            said += " (which S3 says too of an object that is not there)"
        raise SourceUnavailable(said) from error
    if len(data) > MAX_BYTES:
        raise SourceUnavailable(f"more than {MAX_BYTES} bytes")
    return Fetched(data, answer["ETag"])
