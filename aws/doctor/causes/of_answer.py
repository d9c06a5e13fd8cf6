"""The certificate was taken: what the API answers."""

from .cause import GATEWAY_RESPONSES, Cause, error, warning

_ASK = "curl -i --cert {cert} --key {key} {url}"
_MAPPINGS = "aws apigateway get-base-path-mappings --domain-name {host}"
_LOG = "aws logs tail /aws/lambda/FUNCTION --since 15m (on a laptop: make logs)"

ROWS: tuple[Cause, ...] = (
    error(
        "doctor.http.silent",
        seen="curl: (28) Operation timed out, after the handshake",
        cause="the handshake is done, and no answer comes: what is behind the terminator hangs",
        remedy="see what it waits for",
        command=_LOG,
    ),
    error(
        "doctor.http.unfinished",
        seen="curl: (18) transfer closed, or (28) timed out with a part of the answer",
        cause="the answer begins, and does not come to its end: it drips, or breaks off",
        remedy="see what it waits for",
        command=_LOG,
    ),
    error(
        "doctor.http.malformed",
        seen="curl: (1) Received HTTP/0.9, or (56) too large response headers",
        cause="what comes after the handshake is no HTTP/1.1, or has headers without end",
        remedy="see what is behind the terminator: another protocol, HTTP/2 alone, a broken server",
        command=_ASK,
    ),
    error(
        "doctor.http.no-mapping",
        seen='403 {"message":"Forbidden"} for one path, and an answer for another',
        cause="the certificate is taken, and no API is mapped to that path of the domain",
        remedy="map one, or correct the path",
        command=_MAPPINGS,
        source="API Gateway: Use API mappings to connect API stages to a custom domain name",
    ),
    error(
        "doctor.http.no-route",
        seen='403 {"message":"Missing Authentication Token"}',
        cause="the certificate is taken, and the API has no such path, or not for GET; it has"
        " nothing to do with a token",
        remedy="correct the path, or deploy the API to its stage",
        command=_ASK,
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.not-authorized",
        seen="403, AccessDeniedException: User is not authorized to access this resource",
        cause="the certificate is taken, and an authorizer or the API's resource policy says no",
        remedy="see what the authorizer decides, and the policy",
        command="aws apigateway get-rest-api --rest-api-id API --query policy",
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.unauthorized",
        seen="401",
        cause="the certificate is taken, and the API wants a token besides",
        remedy="send what its authorizer asks for",
        command=_ASK,
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.refused",
        seen="403, in words that are neither API Gateway's nor this service's",
        cause="the API, or a box before it, refuses this client",
        remedy="read the answer",
        command=_ASK,
    ),
    error(
        "doctor.http.not-found",
        seen='404; an HTTP API says {"message":"Not Found"}',
        cause="the certificate is taken, and there is no such path, or no API mapped to it",
        remedy="correct the path, or the mapping",
        command=_MAPPINGS,
        source=GATEWAY_RESPONSES,
    ),
    warning(
        "doctor.http.no-known-path",
        seen="neither /whoami nor /health is there",
        cause="the certificate is taken, and it is not this project's service, or behind a base"
        " path",
        remedy="name a path of it",
        command="python -m aws doctor https://{host}/PATH {ca} --cert {cert} --key {key}",
    ),
    error(
        "doctor.http.throttled",
        seen='429 {"message":"Too Many Requests"}',
        cause="the rate or burst limit of the stage, or of the account, is reached",
        remedy="raise ThrottleRate and ThrottleBurst, or call less",
        command='make deploy ARGS="--set ThrottleRate=…"',
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.quota",
        seen='429 {"message":"Limit Exceeded"}',
        cause="the quota of a usage plan is used up",
        remedy="raise it, or wait for the next period",
        command="aws apigateway get-usage-plans",
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.bad-gateway",
        seen='502 {"message": "Internal server error"}, or a page of ALB or nginx',
        cause="what is behind the terminator has failed, is down, or does not answer in HTTP; of a"
        " function: it raised, or returned what API Gateway does not take",
        remedy="see its log",
        command=_LOG,
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.unavailable",
        seen="503",
        cause="nothing behind the terminator takes requests now: ALB has no healthy target; a"
        " function of an HTTP API took too long",
        remedy="see its log, and the health of the targets",
        command=_LOG,
    ),
    error(
        "doctor.http.timeout",
        seen='504 {"message": "Endpoint request timed out"}',
        cause="what is behind the terminator took longer than it may: 29 s in API Gateway",
        remedy="see what it waits for: a database, a network that it cannot reach",
        command=_LOG,
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.error",
        seen="500, InternalServerErrorException or problem internal-server-error",
        cause="the service failed; or API Gateway may not invoke the function, or its authorizer"
        " failed",
        remedy="see its log, then the permissions of the function",
        command=_LOG,
        source=GATEWAY_RESPONSES,
    ),
    error(
        "doctor.http.redirect",
        seen="3xx, with a Location elsewhere",
        cause="the API sends the client to another host, port or scheme, where its certificate may"
        " not be asked for",
        remedy="call that URL if it is the right one, or take the redirect away",
        command="python -m aws doctor {location}",
    ),
    error(
        "doctor.http.unexpected",
        seen="another status than 2xx",
        cause="the certificate is taken, and the API does not like the request",
        remedy="read the answer",
        command=_ASK,
    ),
)
