"""When CRLs end: a service that asks them, and fails closed, lets nobody in after that.

Shipped with aws/watcher. Nothing here raises AwsRefused: what cannot be read is told as unread.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from .errors import AwsRefused, asking
from .expiry import Found, Kind, Unread, Watched

LARGEST = 64 * 1024 * 1024  #: ALB takes 50 MB
_BLOCK = re.compile(rb"-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----")
_HINT = "put one there: python -m aws crl push crl.pem --uri "


def read(clients: Callable[[str], Any], uri: str, found: Found) -> None:
    """Add to *found* the CRLs in the object *uri*, s3://BUCKET/KEY."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        with asking(f"read {uri}", "s3:GetObject"):
            answer = clients("s3").get_object(Bucket=bucket, Key=key)
            content = answer["Body"].read(LARGEST + 1)
    except AwsRefused as refused:
        found.unread.append(Unread(f"the CRL {uri}", refused.message, refused.hint, Kind.CRL))
        return
    found.add(of(content, uri))


def of(content: bytes, place: str) -> Found:
    """Return the CRLs in *content*, PEM or DER, which lies at *place*."""
    what = f"the CRL {place}"
    if len(content) > LARGEST:
        return _unread(what, f"it is larger than {LARGEST // 1024 // 1024} MiB", place)
    blocks = _BLOCK.findall(content)
    try:
        crls = [x509.load_pem_x509_crl(block) for block in blocks] or [
            x509.load_der_x509_crl(content)
        ]
        return Found(watched=[_watched(crl, place) for crl in crls])
    except ValueError as error:
        return _unread(what, f"it cannot be read: {error}", place)


def _watched(crl: x509.CertificateRevocationList, place: str) -> Watched:
    ends = crl.next_update_utc or datetime.max.replace(tzinfo=UTC)
    lifetime = ends - crl.last_update_utc
    return Watched(
        kind=Kind.CRL,
        subject=crl.issuer.rfc4514_string(),
        not_after=ends,
        place=place,
        soon=lifetime / 3 if crl.next_update_utc else timedelta(0),
    )


def _unread(what: str, because: str, place: str) -> Found:
    return Found(unread=[Unread(what, because, _HINT + place, Kind.CRL)])
