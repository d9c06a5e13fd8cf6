"""CRLs in files, the command that pushes them into S3, and what lies there then."""

from __future__ import annotations

from pathlib import Path

from tests import crls
from tests.builders import authority
from tests.fakes.control_plane import ControlPlane
from tests.fakes.sources import client

ROOT = authority()
OTHER = authority(subject="CN=Other,O=Test")
KEY = "crl/crl.pem"


def given(path: Path, *content: bytes, pem: bool = True) -> str:
    path.write_bytes(crls.pem(*content) if pem else b"".join(content))
    return str(path)


def there(fake: ControlPlane, bucket: str, key: str = KEY) -> bytes:
    try:
        answer = client("s3", fake.moto).get_object(Bucket=bucket, Key=key)
    except client("s3", fake.moto).exceptions.NoSuchKey:
        return b""
    content: bytes = answer["Body"].read()
    return content


def pushing(file: str, bucket: str, truststore: Path) -> tuple[str, ...]:
    uri = f"s3://{bucket}/{KEY}"
    return ("crl", "push", file, "--uri", uri, "--truststore", str(truststore), "--yes")
