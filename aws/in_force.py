"""A domain with mutual TLS, and where the truststore is that is in force there."""

from dataclasses import dataclass

from . import domain as domains
from .account import Account
from .domain import Domain
from .errors import AwsRefused
from .pin import Place
from .versions import Versions


@dataclass(frozen=True, slots=True)
class InForce:
    """The *domain*, and the *versions* of its truststore."""

    domain: Domain
    versions: Versions


def in_force(account: Account, name: str) -> InForce:
    """Return what is in force at the domain *name*; AwsRefused if it has no mutual TLS."""
    found = domains.find(account.client("apigateway"), name, str(account))
    if not found.has_mutual_tls:
        raise AwsRefused(
            f"{name} has no mutual TLS, so it has no truststore",
            f"python -m aws mtls on {name} --truststore s3://BUCKET/KEY",
        )
    return InForce(found, Versions(account, Place.of(found.truststore_uri)))
