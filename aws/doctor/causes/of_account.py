"""What only somebody with access to the account can see: the truststore in S3, logs and alarms.

What `python -m aws status` says has the same code here.
"""

from .cause import DOMAIN_403, REST, Cause, error, warning

_EXPLAIN = "python -m pki explain {cert} --truststore {truststore} --front api-gateway"
_LINT = "python -m pki truststore lint {truststore} --front api-gateway"
_VERSIONS = "aws s3api list-object-versions --bucket BUCKET --prefix truststore.pem"

_IN_OTHER_WORDS = ("doctor.http.forbidden", "doctor.client.not-in-force")

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
        "truststore.s3-access",
        seen="BadRequestException, or AccessDenied, when the domain is made or updated",
        cause="API Gateway, or whoever updates the domain, may not read the object in S3: bucket"
        " policy, key policy, another account or region. What is in force stays, being a copy",
        remedy="allow s3:GetObjectVersion (and kms:Decrypt)",
        command="aws s3api head-object --bucket BUCKET --key truststore.pem --version-id VERSION",
        source=REST,
    ),
    error(
        "truststore.absent",
        seen="BadRequestException when the domain is updated",
        cause="the version that is asked for is not in the bucket: it was deleted, or never there",
        remedy="put the truststore there again",
        command=_VERSIONS,
        source=REST,
    ),
    error(
        "truststore.not-pem",
        seen="BadRequestException, or a warning for each certificate",
        cause="the file is no text of PEM certificates: DER, PKCS #12, a page of HTML, a key in it",
        remedy="build it anew",
        command=_LINT,
        source=REST,
    ),
    warning(
        "truststore.newer-version",
        seen="a truststore was uploaded, and nothing has changed",
        cause="the newest version in S3 is not the one that the domain is pinned to",
        remedy="put it in force, if it is meant to be",
        command="python -m aws truststore push {truststore} {host}",
        source=REST,
    ),
    warning(
        "truststore.not-pinned",
        seen="nobody can tell which truststore is in force",
        cause="the domain is pinned to no version: it took what was in S3 at that time",
        remedy="pin one",
        command="python -m aws truststore push {truststore} {host}",
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
        "bucket.public",
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
        "log.no-issuer",
        seen="Access denied. Reason: Could not find issuer for certificate",
        cause="the chain: the CA that issued the client's certificate, or one above it up to the"
        " root, is not in the truststore; what the client sends after its leaf does not count",
        remedy="add all of them",
        command=_EXPLAIN,
        source=DOMAIN_403,
        explains=_IN_OTHER_WORDS,
    ),
    error(
        "log.insecure-algorithm",
        seen="Access denied. Reason: Client cert using an insecure Signature Algorithm",
        cause="the algorithm: a certificate of the path is signed with SHA-1 or older",
        remedy="have it made again, signed with SHA-256 or better",
        command=_EXPLAIN,
        source=DOMAIN_403,
        explains=_IN_OTHER_WORDS,
    ),
    error(
        "log.self-signed",
        seen="Access denied. Reason: self signed certificate",
        cause="the client's certificate signed itself",
        remedy="have one made by a CA of the truststore",
        command=_EXPLAIN,
        source=DOMAIN_403,
        explains=_IN_OTHER_WORDS,
    ),
    error(
        "log.other",
        seen="Access denied, for a reason that AWS does not document",
        cause="expired, not yet valid, more than four CAs, a key that is too weak: their words are"
        " not known",
        remedy="see what API Gateway would have against the certificate",
        command=_EXPLAIN,
        source="unconfirmed:log-reasons",
        explains=_IN_OTHER_WORDS,
    ),
    error(
        "log.silent",
        seen="403, and no line in the execution log",
        cause="it was not mutual TLS: nothing is mapped, the default endpoint is off, WAF; or an"
        " HTTP API, which has no execution log; or logging is off",
        remedy="see the mapping, then the logging level of the stage",
        command="aws apigateway get-stage --rest-api-id API --stage-name STAGE --query"
        " methodSettings",
        source=DOMAIN_403,
    ),
    warning(
        "alarm.active",
        seen="an alarm of the stack is in state ALARM",
        cause="errors, throttling or refusals were more than they may be",
        remedy="see which, and since when",
        command="aws cloudwatch describe-alarms --state-value ALARM",
    ),
    warning(
        "aws.not-allowed",
        seen="AccessDenied in place of an answer",
        cause="these credentials may not see that part: it was not looked at",
        remedy="ask for the permission that is named",
        command="aws sts get-caller-identity",
    ),
)

ROWS: tuple[Cause, ...] = (*_TRUSTSTORES, *_LOGS)
