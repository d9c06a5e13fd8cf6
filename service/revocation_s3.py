"""CRLs in S3. Only whoever names an s3:// source needs boto3; Lambda's runtime has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .crl import MAX_BYTES
from .revocation_fetched import TIMEOUT, Fetched, SourceUnavailable

_NOT_MODIFIED = 304


def _client() -> Any:  # noqa: ANN401  (boto3 has no types)
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    patience = {"connect_timeout": TIMEOUT, "read_timeout": TIMEOUT}
    config = Config(retries={"total_max_attempts": 2}, **patience)
    return boto3.client("s3", config=config)


def over_s3(url: str, tag: str, client: Callable[[], Any] = _client) -> Fetched | None:
    """Get *url*, s3://bucket/key, unless its ETag is *tag*; raises SourceUnavailable."""
    where = urlsplit(url)
    asked = {"Bucket": where.netloc, "Key": where.path.lstrip("/")}
    if tag:
        asked["IfNoneMatch"] = tag
    try:
        answer = client().get_object(**asked)
        data = answer["Body"].read(MAX_BYTES + 1)
    except Exception as error:
        # botocore's own errors cannot be named without botocore.
        response = getattr(error, "response", {})
        if response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_MODIFIED and tag:
            return None
        raise SourceUnavailable(f"{type(error).__name__}: {error}") from error
    if len(data) > MAX_BYTES:
        raise SourceUnavailable(f"more than {MAX_BYTES} bytes")
    return Fetched(data, answer["ETag"])
