"""An object is put into S3: encrypted, with its checksum, and only where nothing came between."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

#: AWS's codes for: another one came between looking and putting.
OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


def put(
    client: Any,  # noqa: ANN401  (botocore makes its classes)
    named: Mapping[str, str],
    content: bytes,
    etag: str | None,
    **more: object,
) -> Mapping[str, Any]:
    """Put *content* where *named* says; *etag*: of what is there, None = nothing is."""
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    answer: Mapping[str, Any] = client.put_object(
        **named,
        **condition,
        **more,
        Body=content,
        ServerSideEncryption="AES256",
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
    )
    return answer
