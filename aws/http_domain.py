"""A custom domain as apigatewayv2, the API of HTTP APIs, sees it: the same one, from there."""

from dataclasses import dataclass
from typing import Any

from .errors import AwsRefused, asking
from .pin import Pin


@dataclass(frozen=True, slots=True)
class HttpDomain:
    """What apigatewayv2 says of a domain; it knows fewer statuses than the REST side."""

    status: str
    status_message: str
    security_policy: str
    pin: Pin


def read(client: Any, name: str) -> HttpDomain | None:  # noqa: ANN401  (botocore makes its classes)
    """Return the domain *name* of apigatewayv2's *client*; None if it knows none of that name."""
    try:
        with asking(f"read the domain {name!r} as HTTP APIs see it", "apigateway:GET"):
            answer = client.get_domain_name(DomainName=name)
    except AwsRefused as refused:
        if refused.code == "NotFoundException":
            return None
        raise
    first = (answer.get("DomainNameConfigurations") or [{}])[0]
    mutual_tls = answer.get("MutualTlsAuthentication") or {}
    return HttpDomain(
        status=first.get("DomainNameStatus", ""),
        status_message=first.get("DomainNameStatusMessage", ""),
        security_policy=first.get("SecurityPolicy", ""),
        pin=Pin(mutual_tls.get("TruststoreUri", ""), mutual_tls.get("TruststoreVersion", "")),
    )
