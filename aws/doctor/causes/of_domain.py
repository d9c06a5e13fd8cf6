"""What only somebody with access to the account can see: the domain, its certificates, its API.

What `python -m aws status` says has the same code here.
"""

from aws.domain import STATUSES

from .cause import DOMAIN_403, REST, Cause, error, warning

_DOMAIN = "aws apigateway get-domain-name --domain-name {host}"
_STATUS = "python -m aws status {host}"
_ACM = "aws acm describe-certificate --certificate-arn ARN"
_REQUEST = "python -m aws certificate request {host}"

_NOTHING_THERE = ("doctor.http.", "doctor.client.not-in-force", "log.silent")

#: domainNameStatus; AVAILABLE alone is none.
_STATUSES = tuple(
    error(
        f"domain.{status.lower().replace('_', '-')}",
        seen=f"the domain is {status}",
        cause=meaning.means,
        remedy=meaning.remedy,
        source=REST,
    )
    for status, meaning in STATUSES.items()
    if status != "AVAILABLE"
)

_DOMAINS: tuple[Cause, ...] = (
    error(
        "domain.absent",
        seen="NotFoundException: Invalid domain name identifier specified",
        cause="there is no custom domain of that name in this region of this account",
        remedy="look in another region or account (--region, --profile), or make it",
        command="aws apigateway get-domain-names",
    ),
    error(
        "domain.subject-conflict",
        seen="the certificate subject … conflicts with an existing certificate from a different"
        " issuer",
        cause="a subject has one issuer over all domains with mutual TLS, and a domain, perhaps of"
        " another account, has a certificate for that subject from another",
        remedy="take a certificate of that issuer, or for another subject; or ask AWS Support",
        command=_ACM,
        source=REST,
    ),
    error(
        "certificate.no-ownership",
        seen="BadRequestException: Missing ownershipVerificationCertificate",
        cause="the server's certificate was imported, or is of AWS Private CA, and no public one of"
        " ACM proves that the name is yours",
        remedy="have one made, and give it as OwnershipVerificationCertificateArn",
        command=_REQUEST,
        source=REST,
    ),
    error(
        "ownership.type",
        seen="BadRequestException when the domain is made or updated",
        cause="the ownership certificate is not one that ACM issued itself",
        remedy="have one made, and give it as OwnershipVerificationCertificateArn",
        command=_REQUEST,
        source=REST,
    ),
    warning(
        "domain.views-differ",
        seen="REST and HTTP APIs say different things of the domain",
        cause="a change is on its way: the domain is one, and seen by two services",
        remedy="look again in a minute",
        command=_STATUS,
    ),
    error(
        "domain.no-status",
        seen="AWS names no status of the domain",
        cause="nothing is known of that",
        remedy="look at all that it says",
        command=_DOMAIN,
    ),
    error(
        "domain.mutual-tls-off",
        seen="the handshake asks for no certificate",
        cause="the domain has no truststore: anybody may connect",
        remedy="give it one",
        command="python -m aws mtls on {host}",
        source=REST,
        explains=("doctor.asks.", "doctor.anonymous.", "doctor.client."),
    ),
    error(
        "domain.other-truststore",
        seen="a CA was added, and its clients are still refused",
        cause="the domain has another truststore, or another version of it, than was deployed",
        remedy="move it to the right version",
        command="python -m aws truststore push {truststore} {host}",
        source=REST,
    ),
    error(
        "domain.endpoint-type",
        seen="mutual TLS cannot be switched on",
        cause="the domain's endpoint is EDGE or PRIVATE; mutual TLS is for REGIONAL ones",
        remedy="make it REGIONAL, with a certificate of its own region",
        command=_DOMAIN,
        source=REST,
    ),
    error(
        "domain.security-policy",
        seen="mutual TLS cannot be switched on, or 400 /endpointAccessMode Invalid request input",
        cause="the domain's security policy is not TLS_1_2, the one that mutual TLS is for",
        remedy="set it",
        command="aws apigateway update-domain-name --domain-name {host} --patch-operations"
        " op=replace,path=/securityPolicy,value=TLS_1_2",
        source=REST,
    ),
    error(
        "mapping.missing",
        seen='403 {"message":"Forbidden"}, and nothing in the execution log',
        cause="no API is mapped to the domain, or not to that base path",
        remedy="map it",
        command="aws apigateway create-base-path-mapping --domain-name {host} --rest-api-id API"
        " --stage STAGE",
        source=DOMAIN_403,
        explains=_NOTHING_THERE,
    ),
    error(
        "mapping.api-missing",
        seen='403 {"message":"Forbidden"}',
        cause="the mapping names an API that is not there any more",
        remedy="map another one",
        command="aws apigatewayv2 get-api-mappings --domain-name {host}",
        explains=_NOTHING_THERE,
    ),
    error(
        "mapping.stage-missing",
        seen='403 {"message":"Forbidden"}',
        cause="the mapping names a stage that the API does not have",
        remedy="deploy the API to it",
        command="aws apigateway get-stages --rest-api-id API",
        explains=_NOTHING_THERE,
    ),
    error(
        "endpoint.open",
        seen="ID.execute-api.REGION.amazonaws.com answers without a certificate",
        cause="the API's default endpoint is on: a way around mutual TLS",
        remedy="switch it off, and deploy the stage again",
        command="python -m aws endpoint off {api}",
        source="API Gateway: Disable the default endpoint for REST APIs",
    ),
    error(
        "endpoint.not-redeployed",
        seen="the default endpoint still answers, though it is switched off",
        cause="a stage takes the change only when it is deployed again",
        remedy="deploy it",
        command="python -m aws endpoint off {api}",
        source="API Gateway: Disable the default endpoint for REST APIs",
    ),
)

_CERTIFICATES: tuple[Cause, ...] = (
    error(
        "certificate.expired",
        seen="curl: (60) certificate has expired; or the domain takes no update",
        cause="the expiry: the server's or the ownership certificate in ACM was imported, which ACM"
        " never renews, or its validation record is gone from DNS",
        remedy="import its successor, of the same issuer; or put the record back",
        command=_ACM,
        source=REST,
    ),
    warning(
        "certificate.expires",
        seen="nothing yet",
        cause="the server's or the ownership certificate in ACM expires within 30 days",
        remedy="import its successor, of the same issuer; or put its validation record back",
        command=_ACM,
        source=REST,
    ),
    error(
        "certificate.status",
        seen="the domain cannot be made, or its certificate is refused",
        cause="the certificate in ACM is not ISSUED: it waits for validation, failed, or was"
        " revoked",
        remedy="put its validation record into DNS",
        command=_ACM,
    ),
    error(
        "certificate.name",
        seen="curl: (60) no alternative certificate subject name matches",
        cause="the certificate in ACM is not for the domain",
        remedy="have one made that is",
        command=_REQUEST,
    ),
    error(
        "certificate.absent",
        seen="the domain takes no update",
        cause="a certificate that the domain names is not in ACM any more",
        remedy="have another one made, and give it to the domain",
        command=_REQUEST,
    ),
)

ROWS: tuple[Cause, ...] = (*_STATUSES, *_DOMAINS, *_CERTIFICATES)
