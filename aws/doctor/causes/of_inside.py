"""What only somebody with access to the account can see.

What aws.domain.findings already says keeps its code.
"""

from aws.domain import STATUSES

from .cause import DOMAIN_403, REST, Cause, error, warning

_DOMAIN = "aws apigateway get-domain-name --domain-name {host}"
_LOG = (
    "aws logs tail API-Gateway-Execution-Logs_API/STAGE --since 1h --filter-pattern"
    " '\"Access denied\"'"
)
_EXPLAIN = "python -m pki explain {cert} --truststore {truststore} --front api-gateway"
_LINT = "python -m pki truststore lint {truststore} --front api-gateway"
_VERSIONS = "aws s3api list-object-versions --bucket BUCKET --prefix truststore.pem"

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
        "doctor.aws.subject-conflict",
        seen="the certificate subject … conflicts with an existing certificate from a different"
        " issuer",
        cause="a subject has one issuer over all domains with mutual TLS, and a domain, perhaps of"
        " another account, has a certificate for that subject from another",
        remedy="take a certificate of that issuer, or for another subject; or ask AWS Support",
        command="aws acm describe-certificate --certificate-arn ARN",
        source=REST,
    ),
    error(
        "doctor.aws.ownership-missing",
        seen="BadRequestException: Missing ownershipVerificationCertificate",
        cause="the server's certificate was imported, or is of AWS Private CA, and no public one of"
        " ACM proves that the name is yours",
        remedy="have one made, and give it as OwnershipVerificationCertificateArn",
        command="aws acm request-certificate --validation-method DNS --domain-name {host}",
        source=REST,
    ),
    error(
        "domain.mutual-tls-off",
        seen="the handshake asks for no certificate",
        cause="the domain has no truststore: anybody may connect",
        remedy="give it one",
        command="make truststore && make deploy",
        source=REST,
    ),
    error(
        "domain.other-truststore",
        seen="a CA was added, and its clients are still refused",
        cause="the domain has another truststore, or another version of it, than was deployed",
        remedy="move it to the right version",
        command="make deploy",
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
        "doctor.aws.mapping-missing",
        seen='403 {"message":"Forbidden"}, and nothing in the execution log',
        cause="no API is mapped to the domain, or not to that base path",
        remedy="map it",
        command="aws apigateway get-base-path-mappings --domain-name {host}",
        source=DOMAIN_403,
    ),
    error(
        "doctor.aws.stage-missing",
        seen='403 {"message":"Forbidden"}',
        cause="the mapping names a stage that the API does not have",
        remedy="deploy the API to it",
        command="aws apigateway get-stages --rest-api-id API",
    ),
    error(
        "doctor.aws.default-endpoint-open",
        seen="ID.execute-api.REGION.amazonaws.com answers without a certificate",
        cause="the API's default endpoint is on: a way around mutual TLS",
        remedy="switch it off, and deploy the stage again",
        command="aws apigateway update-rest-api --rest-api-id API --patch-operations"
        " op=replace,path=/disableExecuteApiEndpoint,value=True",
        source="API Gateway: Disable the default endpoint for REST APIs",
    ),
    error(
        "doctor.aws.not-redeployed",
        seen="the default endpoint still answers, though it is switched off",
        cause="a stage takes the change only when it is deployed again",
        remedy="deploy it",
        command="aws apigateway create-deployment --rest-api-id API --stage-name STAGE",
        source="API Gateway: Disable the default endpoint for REST APIs",
    ),
)

_TRUSTSTORES: tuple[Cause, ...] = (
    error(
        "domain.truststore-warning",
        seen="truststoreWarnings in the answer to the update, and nowhere later",
        cause="API Gateway took the truststore, and does not trust the certificates that it names:"
        " their clients get 403",
        remedy="take them out or put right ones in, then deploy",
        command=_LINT,
        source=REST,
    ),
    error(
        "doctor.aws.truststore-unreadable",
        seen="BadRequestException, or AccessDenied, when the domain is made or updated",
        cause="API Gateway, or whoever updates the domain, may not read the object in S3: bucket"
        " policy, key policy, another account or region",
        remedy="allow s3:GetObjectVersion (and kms:Decrypt)",
        command="aws s3api head-object --bucket BUCKET --key truststore.pem --version-id VERSION",
        source=REST,
    ),
    error(
        "doctor.aws.truststore-absent",
        seen="BadRequestException when the domain is updated",
        cause="the version that is asked for is not in the bucket: it was deleted, or never there",
        remedy="put the truststore there again",
        command=_VERSIONS,
        source=REST,
    ),
    error(
        "doctor.aws.truststore-not-pem",
        seen="BadRequestException, or a warning for each certificate",
        cause="the file is no text of PEM certificates: DER, PKCS #12, a page of HTML, a key in it",
        remedy="build it anew",
        command=_LINT,
        source=REST,
    ),
    warning(
        "doctor.aws.newest-not-in-force",
        seen="a truststore was uploaded, and nothing has changed",
        cause="the newest version in S3 is not the one that the domain is pinned to",
        remedy="move the domain to it, if it is meant to be",
        command="make truststore && make deploy",
        source=REST,
    ),
    error(
        "bucket.unversioned",
        seen="the domain cannot be pinned to a version",
        cause="the bucket keeps no versions: what is in force can be overwritten, and not put back",
        remedy="switch versioning on",
        command="aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration"
        " Status=Enabled",
        source=REST,
    ),
    error(
        "doctor.aws.bucket-public",
        seen="nothing; an auditor finds it",
        cause="strangers may read the truststore, or worse write it: who may write it chooses the"
        " clients",
        remedy="block public access",
        command="aws s3api put-public-access-block --bucket BUCKET"
        " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
        "BlockPublicPolicy=true,RestrictPublicBuckets=true",
        source="S3: Blocking public access to your Amazon S3 storage",
    ),
)

_LOGS: tuple[Cause, ...] = (
    error(
        "doctor.aws.log-no-issuer",
        seen="Access denied. Reason: Could not find issuer for certificate",
        cause="the chain: the CA that issued the client's certificate, or one above it up to the"
        " root, is not in the truststore; what the client sends after its leaf does not count",
        remedy="add all of them",
        command=_EXPLAIN,
        source=DOMAIN_403,
    ),
    error(
        "doctor.aws.log-insecure-algorithm",
        seen="Access denied. Reason: Client cert using an insecure Signature Algorithm",
        cause="the algorithm: a certificate of the path is signed with SHA-1 or older",
        remedy="have it made again, signed with SHA-256 or better",
        command=_EXPLAIN,
        source=DOMAIN_403,
    ),
    error(
        "doctor.aws.log-self-signed",
        seen="Access denied. Reason: self signed certificate",
        cause="the client's certificate signed itself",
        remedy="have one made by a CA of the truststore",
        command=_EXPLAIN,
        source=DOMAIN_403,
    ),
    error(
        "doctor.aws.log-other",
        seen="Access denied, for a reason that AWS does not document",
        cause="expired, not yet valid, more than four CAs, a key that is too weak: their words are"
        " not known",
        remedy="see what API Gateway would have against the certificate",
        command=_EXPLAIN,
        source="unconfirmed:log-reasons",
    ),
    error(
        "doctor.aws.log-silent",
        seen="403, and no line in the execution log",
        cause="it was not mutual TLS: nothing is mapped, the default endpoint is off, WAF; or an"
        " HTTP API, which has no execution log; or logging is off",
        remedy="see the mapping, then the logging level of the stage",
        command="aws apigateway get-stage --rest-api-id API --stage-name STAGE --query"
        " methodSettings",
        source=DOMAIN_403,
    ),
    warning(
        "doctor.aws.alarm",
        seen="an alarm of the stack is in state ALARM",
        cause="errors, throttling or refusals were more than they may be",
        remedy="see which, and since when",
        command="aws cloudwatch describe-alarms --state-value ALARM",
    ),
    error(
        "doctor.aws.certificate-expired",
        seen="the server's certificate in ACM has expired, or will",
        cause="the expiry: it was imported, which ACM never renews; or its validation record is"
        " gone from DNS",
        remedy="import its successor, of the same issuer; or put the record back",
        command="aws acm describe-certificate --certificate-arn ARN",
        source=REST,
    ),
    warning(
        "aws.not-allowed",
        seen="AccessDenied in place of an answer",
        cause="these credentials may not see that part: it was not looked at",
        remedy="ask for the permission that is named",
        command="aws sts get-caller-identity",
    ),
)

ROWS: tuple[Cause, ...] = (*_STATUSES, *_DOMAINS, *_TRUSTSTORES, *_LOGS)
