"""Custom domains as API Gateway v1 (REST APIs) has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes import pages, patch
from tests.fakes.domain import Domain, Settings
from tests.fakes.domains import Domains
from tests.fakes.refusal import bad_request

Operation = Callable[[dict[str, Any]], dict[str, Any]]
#: Of eu-central-1, as AWS's list of endpoints has it.
HOSTED_ZONE = "Z1U9ULNL0V5AJ3"


class RestDomains:
    """Operations over *domains*."""

    def __init__(self, domains: Domains) -> None:
        self._domains = domains

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateDomainName": self.create,
            "GetDomainName": lambda given: self.view(self._domains.get(given["domainName"])),
            "GetDomainNames": self._list,
            "UpdateDomainName": self._update,
            "DeleteDomainName": self._delete,
        }

    def create(self, given: dict[str, Any]) -> dict[str, Any]:
        """CreateDomainName."""
        self._domains.throttle("CreateDomainName")
        return self.view(self._domains.create(_settings(given)), warn=True)

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        found = [self.view(self._domains.get(name)) for name in self._domains.found]
        return pages.of_rest(found, given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        self._domains.throttle("UpdateDomainName")
        domain = self._domains.get(given["domainName"])
        after = patch.domain(domain.settings, given.get("patchOperations", ()))
        changed = self._domains.change(domain, after.settings, rereads=after.rereads)
        return self.view(changed, warn=True)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        self._domains.throttle("DeleteDomainName")
        self._domains.delete(given["domainName"])
        return {}

    def view(self, domain: Domain, *, warn: bool = False) -> dict[str, Any]:
        """What v1 says of it; *warn*: in the answer to a change."""
        chosen, region = domain.settings, self._domains.region
        said = {
            "domainName": chosen.name,
            "domainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{chosen.name}",
            "domainNameStatus": domain.status,
            "domainNameStatusMessage": domain.message or None,
            "endpointConfiguration": {
                "types": [chosen.endpoint_type],
                "ipAddressType": chosen.ip_address_type,
            },
            "securityPolicy": chosen.security_policy,
            "endpointAccessMode": chosen.access_mode or None,
            "routingMode": chosen.routing_mode,
            "ownershipVerificationCertificateArn": chosen.ownership_arn or None,
            "policy": chosen.policy or None,
            "tags": dict(chosen.tags) or None,
        }
        return {**said, **self._place(domain), **self._mutual_tls(domain, warn=warn)}

    def _place(self, domain: Domain) -> dict[str, Any]:
        arn, kind = domain.settings.certificate_arn, domain.settings.endpoint_type
        if kind == "EDGE":
            name = f"d{domain.label}.cloudfront.net"
            return {"certificateArn": arn, "distributionDomainName": name}
        if kind == "PRIVATE":
            return {"certificateArn": arn, "domainNameId": domain.label}
        return {
            "regionalCertificateArn": arn,
            "regionalDomainName": regional_name(domain, self._domains.region),
            "regionalHostedZoneId": HOSTED_ZONE,
        }

    def _mutual_tls(self, domain: Domain, *, warn: bool) -> dict[str, Any]:
        chosen = domain.settings
        if not chosen.is_mutual:
            return {}
        tells = domain.warnings and (warn or self._domains.behaviour.repeats_warnings)
        return {
            "mutualTlsAuthentication": {
                "truststoreUri": chosen.truststore_uri,
                "truststoreVersion": chosen.truststore_version or None,
                "truststoreWarnings": list(domain.warnings) if tells else None,
            }
        }


def regional_name(domain: Domain, region: str) -> str:
    """Where its DNS record has to point."""
    return f"d-{domain.label}.execute-api.{region}.amazonaws.com"


def _settings(given: dict[str, Any]) -> Settings:
    types = given.get("endpointConfiguration", {}).get("types", ["EDGE"])
    if len(types) != 1:
        raise bad_request("Cannot create a domain name with more than one endpoint type")
    mutual_tls = given.get("mutualTlsAuthentication", {})
    own = "regionalCertificateArn" if types[0] == "REGIONAL" else "certificateArn"
    if mutual_tls.get("truststoreVersion") and not mutual_tls.get("truststoreUri"):
        raise bad_request("Missing truststoreUri")  # words not known
    return Settings(
        name=given["domainName"],
        endpoint_type=types[0],
        certificate_arn=given.get(own, ""),
        ownership_arn=given.get("ownershipVerificationCertificateArn", ""),
        security_policy=given.get("securityPolicy", "TLS_1_2"),
        access_mode=given.get("endpointAccessMode", ""),
        routing_mode=given.get("routingMode", "BASE_PATH_MAPPING_ONLY"),
        ip_address_type=given.get("endpointConfiguration", {}).get("ipAddressType", "ipv4"),
        truststore_uri=mutual_tls.get("truststoreUri", ""),
        truststore_version=mutual_tls.get("truststoreVersion", ""),
        policy=given.get("policy", ""),
        tags=given.get("tags", {}),
    )
