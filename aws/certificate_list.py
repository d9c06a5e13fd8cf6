"""The certificates that ACM has, of all key types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import asking

# Without these ACM lists RSA certificates of 1024 and 2048 bits alone (ACM: Filters).
_KEY_TYPES = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list says of one; names of a certificate beyond the first are not all in it."""

    arn: str
    name: str
    type: str  #: AMAZON_ISSUED, IMPORTED or PRIVATE
    status: str
    key_algorithm: str
    not_after: datetime | None


def certificates(client: Any) -> Iterator[Listed]:  # noqa: ANN401  (botocore makes its classes)
    """Yield every certificate of the account and region."""
    with asking("list the certificates in ACM", "acm:ListCertificates"):
        pages = list(
            client.get_paginator("list_certificates").paginate(
                Includes={"keyTypes": list(_KEY_TYPES)}
            )
        )
    for page in pages:
        yield from map(_listed, page.get("CertificateSummaryList", ()))


def _listed(one: Mapping[str, Any]) -> Listed:
    return Listed(
        arn=one["CertificateArn"],
        name=one.get("DomainName", "").lower(),
        type=one.get("Type", ""),
        status=one.get("Status", ""),
        # The API has RSA-2048 in examples, and RSA_2048 in its model.
        key_algorithm=one.get("KeyAlgorithm", "").replace("-", "_"),
        not_after=one.get("NotAfter"),
    )
