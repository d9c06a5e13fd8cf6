"""The way in: domain, API, stage and what leads to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .made import Made
from .promises import Twin, promise

_MTLS = "Api.Properties.Domain.MutualTlsAuthentication"


def _domain(made: Made) -> dict[str, Any]:
    return dict(made.one("AWS::ApiGateway::DomainName")[1])


def _api(made: Made) -> dict[str, Any]:
    return dict(made.one("AWS::ApiGateway::RestApi")[1])


@promise(
    Twin("no mutual TLS", {_MTLS: None}),
    Twin("no version", {f"{_MTLS}.TruststoreVersion": None}),
    Twin("no truststore", {f"{_MTLS}.TruststoreUri": None}),
    Twin("a version of another", {f"{_MTLS}.TruststoreVersion": "3HL4kqtJlcpXroDT"}),
    Twin("the wrong half", {f"{_MTLS}.TruststoreVersion": {"Ref": "TruststoreVersion"}}),
    Twin(
        "its own, and not the one that is given",
        {f"{_MTLS}.TruststoreUri": {"Fn::GetAtt": ["Truststore", "Uri"]}},
        "existing truststore",
    ),
)
def clients_show_a_certificate_of_a_pinned_truststore(made: Made) -> Iterator[str]:
    wanted = {name: made.parameters[name] for name in ("TruststoreUri", "TruststoreVersion")}
    if not wanted["TruststoreUri"]:
        wanted = {
            "TruststoreUri": "${Truststore.Uri}",
            "TruststoreVersion": "${Truststore.VersionId}",
        }
    found = _domain(made).get("MutualTlsAuthentication")
    if found != wanted or not all(found.values()):
        yield f"the domain has {found}, expected {wanted}"


@promise(
    Twin("an older one", {"Api.Properties.Domain.SecurityPolicy": "TLS_1_0"}),
    Twin("none", {"Api.Properties.Domain.SecurityPolicy": None}),
    Twin("the API's default, TLS_1_0", {"Api.Properties.SecurityPolicy": None}),
    Twin("an older one of the API", {"Api.Properties.SecurityPolicy": "TLS_1_0"}),
)
def domain_and_api_have_the_one_policy_that_mutual_tls_takes(made: Made) -> Iterator[str]:
    for properties in (_domain(made), _api(made)):
        if properties.get("SecurityPolicy") != "TLS_1_2":
            yield f"SecurityPolicy is {properties.get('SecurityPolicy')}"
        if "EndpointAccessMode" in properties:
            yield "EndpointAccessMode belongs to other policies"


@promise(
    Twin("an edge domain", {"Api.Properties.Domain.EndpointConfiguration": "EDGE"}),
    Twin("an edge API", {"Api.Properties.EndpointConfiguration.Type": "EDGE"}),
    Twin("SAM's default", {"Api.Properties.EndpointConfiguration": None}),
)
def domain_and_api_are_regional(made: Made) -> Iterator[str]:
    for properties in (_domain(made), _api(made)):
        if properties.get("EndpointConfiguration") != {"Types": ["REGIONAL"]}:
            yield f"EndpointConfiguration is {properties.get('EndpointConfiguration')}"


@promise(
    Twin("never its own", {"Api.Properties.Domain.CertificateArn": {"Ref": "CertificateArn"}}),
    Twin(
        "always its own",
        {"Api.Properties.Domain.CertificateArn": {"Ref": "Certificate"}},
        "imported certificate",
    ),
    Twin(
        "imported, but not shown to be ours",
        {"Api.Properties.Domain.OwnershipVerificationCertificateArn": None},
        "imported certificate",
    ),
    Twin("for another name", {"Certificate.Properties.DomainName": "example.com"}),
    Twin("made for nothing", {"Certificate.Condition": None}, "no zone"),
)
def the_domain_has_the_certificates_that_it_is_given_or_requests_one(made: Made) -> Iterator[str]:
    requested = made.of("AWS::CertificateManager::Certificate")
    given = made.parameters["CertificateArn"]
    if _domain(made).get("RegionalCertificateArn") != (given or "${Certificate}"):
        yield f"the certificate is {_domain(made).get('RegionalCertificateArn')}"
    ownership = made.parameters["OwnershipVerificationCertificateArn"]
    if _domain(made).get("OwnershipVerificationCertificateArn") != (ownership or None):
        yield f"ownership: {_domain(made).get('OwnershipVerificationCertificateArn')}"
    if bool(requested) == bool(given):
        yield f"{len(requested)} certificates are requested, and {given!r} is given"
    name, zone = made.parameters["DomainName"], made.parameters["HostedZoneId"]
    for says in requested.values():
        if says["DomainName"] != name or says["ValidationMethod"] != "DNS":
            yield f"the certificate is for {says['DomainName']} by {says['ValidationMethod']}"
        if says["DomainValidationOptions"] != [{"DomainName": name, "HostedZoneId": zone}]:
            yield f"it is validated by {says['DomainValidationOptions']}"


_OPEN = "Api.Properties.DisableExecuteApiEndpoint"


@promise(Twin("on", {_OPEN: False}), Twin("nothing said", {_OPEN: None}))
def the_default_endpoint_is_off(made: Made) -> Iterator[str]:
    body = _api(made)["Body"]
    if not str(body.get("openapi")).startswith("3."):
        yield "not OpenAPI 3, which has it under servers"
    says = [s.get("x-amazon-apigateway-endpoint-configuration") for s in body.get("servers", [])]
    if says != [{"disableExecuteApiEndpoint": True}]:
        yield f"the servers of the body say {says}"


@promise(
    Twin("SAM's other stage", {"Api.Properties.OpenApiVersion": None}),
    Twin("another name", {"Api.Properties.StageName": "prod"}),
)
def there_is_one_stage_and_it_is_called_live(made: Made) -> Iterator[str]:
    named = [stage["StageName"] for stage in made.of("AWS::ApiGateway::Stage").values()]
    for deployment in made.of("AWS::ApiGateway::Deployment").values():
        named += [deployment["StageName"]] if "StageName" in deployment else []
    if named != ["live"]:
        yield f"the stages are {named}"


_NORMALIZED = {"Api.Properties.Domain.NormalizeBasePath": None}


@promise(
    Twin("(none) becomes none", _NORMALIZED),
    Twin("v1.2 becomes v12", _NORMALIZED, "base path"),
    Twin("always at the root", {"Api.Properties.Domain.BasePath": ["(none)"]}, "base path"),
    Twin("two ways in", {"Api.Properties.Domain.BasePath.1": "v2"}),
)
def the_api_is_where_the_base_path_says(made: Made) -> Iterator[str]:
    stages = made.of("AWS::ApiGateway::Stage").items()
    (stage,) = (name for name, says in stages if says["StageName"] == "live")
    wanted = {
        "BasePath": made.parameters["BasePath"],
        "DomainName": f"${{{made.one('AWS::ApiGateway::DomainName')[0]}}}",
        "RestApiId": "${Api}",
        "Stage": f"${{{stage}}}",
    }
    found = list(made.of("AWS::ApiGateway::BasePathMapping").values())
    if found != [wanted]:
        yield f"the mappings are {found}, expected {wanted}"


@promise(
    Twin("bodies as text", {"Api.Properties.BinaryMediaTypes": None}),
    Twin("some as text", {"Api.Properties.BinaryMediaTypes.0": "image~1*"}),
)
def any_body_arrives_as_it_was_sent(made: Made) -> Iterator[str]:
    found = _api(made)["Body"].get("x-amazon-apigateway-binary-media-types")
    if found != ["*/*"]:
        yield f"binary media types are {found}"


@promise(
    Twin("without its zone", {"DnsRecord.Condition": None}, "no zone"),
    Twin("never", {"DnsRecord": None}),
    Twin("to somewhere else", {"DnsRecord.Properties.AliasTarget.DNSName": "example.com"}),
    Twin("of another name", {"DnsRecord.Properties.Name": "example.com"}),
)
def the_name_leads_to_the_domain_where_there_is_a_zone(made: Made) -> Iterator[str]:
    domain, zone = made.one("AWS::ApiGateway::DomainName")[0], made.parameters["HostedZoneId"]
    wanted = {
        "HostedZoneId": zone,
        "Name": made.parameters["DomainName"],
        "Type": "A",
        "AliasTarget": {
            "DNSName": f"${{{domain}.RegionalDomainName}}",
            "HostedZoneId": f"${{{domain}.RegionalHostedZoneId}}",
            "EvaluateTargetHealth": False,
        },
    }
    found = list(made.of("AWS::Route53::RecordSet").values())
    if found != ([wanted] if zone else []):
        yield f"the records are {found}"
