"""Certificates in ACM, as it describes them."""

from typing import Any

from .errors import asking
from .facts import Certificate


def read(client: Any, arn: str) -> Certificate:  # noqa: ANN401  (botocore makes its classes)
    """Return the certificate *arn*; AwsRefused, with ACM's code, if there is none."""
    with asking(f"read the certificate {arn!r}", "acm:DescribeCertificate"):
        said = client.describe_certificate(CertificateArn=arn)["Certificate"]
    names = (said.get("DomainName", ""), *said.get("SubjectAlternativeNames", ()))
    return Certificate(
        arn=arn,
        names=tuple(dict.fromkeys(filter(None, names))),
        status=said.get("Status", ""),
        type=said.get("Type", ""),
        not_after=said.get("NotAfter"),
    )
