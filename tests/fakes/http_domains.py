"""Custom domains as API Gateway v2 (HTTP and WebSocket APIs) has them: the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.fakes import pages
from tests.fakes.domain import Domain, Settings
from tests.fakes.domains import Domains
from tests.fakes.refusal import bad_request, not_found
from tests.fakes.rest_domains import HOSTED_ZONE, Operation, regional_name

#: hashicorp/terraform-provider-aws#18312
EXPECTED_ONE = "Invalid input. Expected one domain name configuration"
#: Statuses that v1 alone has; what v2 says then is not known, and left out here.
_UNKNOWN_TO_V2 = ("PENDING", "FAILED")
_ROUTING = {  # v2's word, v1's
    "API_MAPPING_ONLY": "BASE_PATH_MAPPING_ONLY",
    "ROUTING_RULE_ONLY": "ROUTING_RULE_ONLY",
    "ROUTING_RULE_THEN_API_MAPPING": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
}
_FIELDS = {  # of a DomainNameConfiguration
    "CertificateArn": "certificate_arn",
    "EndpointType": "endpoint_type",
    "SecurityPolicy": "security_policy",
    "OwnershipVerificationCertificateArn": "ownership_arn",
    "IpAddressType": "ip_address_type",
}


class HttpDomains:
    """Operations over *domains*."""

    def __init__(self, domains: Domains) -> None:
        self._domains = domains

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateDomainName": self._create,
            "GetDomainName": lambda given: self._view(self._get(given)),
            "GetDomainNames": self._list,
            "UpdateDomainName": self._update,
            "DeleteDomainName": self._delete,
        }

    def _get(self, given: dict[str, Any]) -> Domain:
        domain = self._domains.get(given["DomainName"])
        if domain.settings.endpoint_type == "PRIVATE":
            raise not_found("domain name")
        return domain

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        self._domains.throttle("CreateDomainName")
        settings = _settings(Settings(given["DomainName"]), given)
        settings = replace(settings, tags=given.get("Tags", {}))
        return self._view(self._domains.create(settings), warn=True)

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        found = [self._domains.get(name) for name in self._domains.found]
        public = [domain for domain in found if domain.settings.endpoint_type != "PRIVATE"]
        return pages.of_http([self._view(domain) for domain in public], given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        self._domains.throttle("UpdateDomainName")
        domain = self._get(given)
        settings = _settings(domain.settings, given)
        rereads = "MutualTlsAuthentication" in given
        return self._view(self._domains.change(domain, settings, rereads=rereads), warn=True)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        self._domains.throttle("DeleteDomainName")
        self._get(given)
        self._domains.delete(given["DomainName"])
        return {}

    def _view(self, domain: Domain, *, warn: bool = False) -> dict[str, Any]:
        chosen, region = domain.settings, self._domains.region
        words = {theirs: mine for mine, theirs in _ROUTING.items()}
        said: dict[str, Any] = {
            "ApiMappingSelectionExpression": "$request.basepath",
            "DomainName": chosen.name,
            "DomainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{chosen.name}",
            "DomainNameConfigurations": [self._configuration(domain)],
            "RoutingMode": words[chosen.routing_mode],
            "Tags": dict(chosen.tags) or None,
        }
        if not chosen.is_mutual:
            return said
        tells = domain.warnings and (warn or self._domains.behaviour.repeats_warnings)
        said["MutualTlsAuthentication"] = {
            "TruststoreUri": chosen.truststore_uri,
            "TruststoreVersion": chosen.truststore_version or None,
            "TruststoreWarnings": list(domain.warnings) if tells else None,
        }
        return said

    def _configuration(self, domain: Domain) -> dict[str, Any]:
        chosen = domain.settings
        return {
            "ApiGatewayDomainName": regional_name(domain, self._domains.region),
            "CertificateArn": chosen.certificate_arn,
            "DomainNameStatus": None if domain.status in _UNKNOWN_TO_V2 else domain.status,
            "DomainNameStatusMessage": domain.message or None,
            "EndpointType": chosen.endpoint_type,
            "HostedZoneId": HOSTED_ZONE,
            "IpAddressType": chosen.ip_address_type,
            "SecurityPolicy": None if chosen.is_enhanced else chosen.security_policy,
            "OwnershipVerificationCertificateArn": chosen.ownership_arn or None,
        }


def _settings(before: Settings, given: dict[str, Any]) -> Settings:
    """Return *before* with what is given; what a configuration leaves out stays as it was."""
    configurations = given.get("DomainNameConfigurations", ())
    if len(configurations) != 1:
        raise bad_request(EXPECTED_ONE)
    changes = {
        field: configurations[0][n] for n, field in _FIELDS.items() if n in configurations[0]
    }
    if "RoutingMode" in given:
        changes["routing_mode"] = _ROUTING[given["RoutingMode"]]
    mutual_tls = given.get("MutualTlsAuthentication")
    if mutual_tls is not None:
        uri = mutual_tls.get("TruststoreUri", before.truststore_uri)
        version = mutual_tls.get("TruststoreVersion", "")
        if version and not uri:
            raise bad_request("Missing TruststoreUri")  # words not known
        changes |= {"truststore_uri": uri, "truststore_version": version if uri else ""}
    return replace(before, **changes)
