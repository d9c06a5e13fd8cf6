"""The certificate was taken: why the service itself does not answer as it should."""

from .cause import OWN, Cause, error

_ASK = "curl -i --cert {cert} --key {key} {url}"
_LOG = "aws logs tail /aws/lambda/FUNCTION --since 15m (on a laptop: make logs)"


def _problem(slug: str, *, seen: str, cause: str, remedy: str, command: str) -> Cause:
    return error(
        f"doctor.service.{slug}",
        seen=f"{seen}, problem {slug}",
        cause=cause,
        remedy=remedy,
        command=command,
        source=OWN,
    )


ROWS: tuple[Cause, ...] = (
    _problem(
        "certificate-required",
        seen="403",
        cause="no verified certificate came with the request: the service was called past its"
        " terminator, or the terminator is none of TRUSTED_PROXIES",
        remedy="call the endpoint with mutual TLS; behind a proxy of your own set TRUSTED_PROXIES",
        command=_ASK,
    ),
    _problem(
        "certificate-malformed",
        seen="400",
        cause="what the terminator handed over is not exactly one readable certificate: its header"
        " is broken, doubled or cut off",
        remedy="see what the proxy sends, and CLIENT_CERT_SOURCE",
        command=_LOG,
    ),
    _problem(
        "certificate-not-valid-now",
        seen="403",
        cause="the certificate expired after the handshake, or is not valid yet by the service's"
        " clock",
        remedy="renew it; else look at the clocks",
        command="openssl x509 -in {cert} -noout -dates",
    ),
    _problem(
        "certificate-untrusted",
        seen="403",
        cause="the certificate is an authority's; in passthrough mode also: no path leads from it"
        " to a trust anchor, or it is not for clients",
        remedy="see what is wrong with its path; the log line says it too (because)",
        command="python -m pki explain {cert} --truststore {truststore} --front alb",
    ),
    _problem(
        "certificate-revoked",
        seen="403",
        cause="the CA that issued the certificate has revoked it",
        remedy="the client needs a new one, with a new key",
        command="python -m pki issue client NEW-NAME",
    ),
    _problem(
        "certificate-status-unknown",
        seen="403",
        cause="the service cannot tell whether the certificate is revoked: it has no CRL that"
        " speaks for it, or only one that has expired",
        remedy="see how old the CRLs are, then publish a new one: python -m pki crl",
        command="curl --cert {cert} --key {key} https://{address}/health",
    ),
    _problem(
        "certificate-not-allowed",
        seen="403",
        cause="the certificate is good, and its holder is not on the list",
        remedy="add the client to ALLOW_SUBJECTS, ALLOW_URIS or ALLOW_FINGERPRINTS; what it is"
        " called",
        command="openssl x509 -in {cert} -noout -subject -nameopt RFC2253 -ext subjectAltName",
    ),
    _problem(
        "client-suspended",
        seen="403",
        cause="the certificate is good, and its holder is registered and suspended",
        remedy="find out why; who may do so lets it in again",
        command="flask --app service.wsgi clients resume ID",
    ),
    _problem(
        "insufficient-scope",
        seen="403",
        cause="the client, or the token that came with it, does not have the scopes of the path",
        remedy="see which in the log (because), then grant them, or ask the issuer for them",
        command="flask --app service.wsgi clients update ID --scope SCOPE",
    ),
    _problem(
        "too-many-requests",
        seen="429",
        cause="the client calls more often than it may",
        remedy="wait as Retry-After says; the limit is in its registration, or in CLIENT_RATE",
        command="flask --app service.wsgi clients show ID",
    ),
    _problem(
        "invalid-token",
        seen="401",
        cause="the path wants a bearer token that is bound to the certificate: none came, or one"
        " that is expired, somebody else's, or bound to another certificate",
        remedy="send one that was issued for this very certificate; the log says what is wrong",
        command="curl -i --cert {cert} --key {key} -H 'Authorization: Bearer TOKEN' {url}",
    ),
    _problem(
        "invalid-api-key",
        seen="403",
        cause="the path wants an API key of the client: none came, or a wrong one",
        remedy="make one, and send it in Client-Api-Key",
        command="flask --app service.wsgi clients add-key ID",
    ),
    _problem(
        "token-keys-unavailable",
        seen="503",
        cause="the public keys of the token issuer (TOKEN_JWKS) cannot be had by the service",
        remedy="see why in the log (token_keys): a wrong URL, no way out, an issuer that is down",
        command=_LOG,
    ),
    _problem(
        "registry-unavailable",
        seen="503",
        cause="the service cannot ask CLIENT_REGISTRY who is registered",
        remedy="see why in the log: a table that is not there, no permission, a file out of reach",
        command=_LOG,
    ),
    _problem(
        "store-unavailable",
        seen="503",
        cause="what the endpoint keeps cannot be read or written",
        remedy="see why in the log: a table that is not there, no permission, a file out of reach",
        command=_LOG,
    ),
)
