"""Where AWS's behaviour is not confirmed: what we asked ourselves, and what we chose.

Nothing public answers these; each is a case for a test against real AWS. Of two ways the stricter
one is taken, so that what passes on a laptop passes on AWS. A refusal names its row as
"unconfirmed:ID" (acceptance.py); the rows on requests and events are kept by the local fronts.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Choice:
    """One question about *front*, our choice, and why."""

    id: str
    front: Literal["api-gateway", "alb", "lambda"]
    question: str
    choice: str
    why: str


_REFUSED = "refused"
_UNLISTED = "AWS's page does not list it"
_NGINX = "so does OpenSSL, and with it the laptop's nginx"
_NOT_NGINX = "stricter; OpenSSL, and with it the laptop's nginx, would take it"
_VERIFIER = "stricter; cryptography's verifier, which finds the paths, refuses it"


def _gateway(identifier: str, question: str, choice: str, why: str) -> Choice:
    return Choice(identifier, "api-gateway", question, choice, why)


def _alb(identifier: str, question: str, choice: str, why: str) -> Choice:
    return Choice(f"alb-{identifier}", "alb", question, choice, why)


def _lambda(identifier: str, question: str, choice: str, why: str) -> Choice:
    return Choice(identifier, "lambda", question, choice, why)


# A row is one line, or two.
# fmt: off
_GATEWAY_CERTIFICATES = (
    _gateway("version", "an X.509 v1 leaf?", _REFUSED, _UNLISTED),
    _gateway("serial-number", "a serial number of 0, below, or over 20 octets?",
        _REFUSED, _UNLISTED),
    _gateway("rsa-above-8192", "RSA above 8192 bits?",
        _REFUSED, "stricter; the page has no upper end, ALB's has"),
    _gateway("key-for-pss", "RSA keys for PSS alone (id-RSASSA-PSS)?", _REFUSED, _UNLISTED),
    _gateway("signature-pss", "certificates signed with RSASSA-PSS?", _REFUSED, _UNLISTED),
    _gateway("self-signed-listed", "a self-signed leaf listed in the truststore?",
        _REFUSED, "one page lets them be listed, re:Post has them among the causes of a 403"),
    _gateway("authority", "a CA certificate as the leaf?", _REFUSED, _UNLISTED),
    _gateway("not-for-clients", "a leaf with extendedKeyUsage without clientAuth?",
        _REFUSED, _NGINX),
    _gateway("may-not-sign", "a leaf with keyUsage without digitalSignature?",
        _REFUSED, "a TLS client signs"),
    _gateway("netscape-type", "a leaf with nsCertType, not for clients?", _REFUSED, _NGINX),
    _gateway("critical-extension", "a critical extension that is unknown or not acted on?",
        _REFUSED, "RFC 5280, 4.2; cryptography acts on fewer than OpenSSL (not on policies)"),
    _gateway("names", "names equal but for case, blanks or encoding?",
        _REFUSED, "stricter than RFC 5280, 7.1, which takes them for equal"),
    _gateway("key-identifiers", "an issuer with another key identifier than asked for?",
        _REFUSED, _NGINX),
    _gateway("search-too-large", "very many CAs of one name?",
        "refused after what 1,000 signatures with P-256 cost, 128 on paths", "a search must end"),
    _gateway("rfc-5280", "path lengths, name constraints, keyCertSign, the rest of RFC 5280, 6.1?",
        "refused where violated", "the page says: name and key chaining"),
    _gateway("version-of-authorities", "X.509 v1 roots?", _REFUSED, _VERIFIER),
    _gateway("authorities-not-for-clients", "a CA with extendedKeyUsage without clientAuth?",
        _REFUSED, _NGINX),
    _gateway("several-paths", "a good path, and a CA of the truststore that leads nowhere good?",
        _REFUSED, "which way AWS goes is not known; OpenSSL may go the wrong one"),
    _gateway("renewed-authority", "an expired CA beside its successor with the same key?",
        "accepted", "so does OpenSSL, which prefers the valid one"),
    _gateway("name-constraints", "name constraints on directories or e-mail, or on a CN?",
        _REFUSED, "cryptography does not hold them against subjects, OpenSSL does"),
    _gateway("last-second", "the second of notAfter itself?",
        _REFUSED, "so does OpenSSL; RFC 5280 includes it"),
    _gateway("pem", "blank lines, text, CRLF, a BOM, duplicates, leaves in a truststore?",
        "read; lint warns", "only ALB documents its own rules"),
    _gateway("root-signature", "a root that signed itself with SHA-1, or RSASSA-PSS?",
        "accepted; lint warns", "its own signature proves nothing; the page has no exception"),
    _gateway("megabyte", "1 MB of truststore: 1,000,000 or 1,048,576 octets?",
        "1,000,000; above it an error of lint", "stricter"),
    _gateway("truststore-warnings", "the exact truststoreWarnings?",
        "passed on as they come", "only that each names a subject is known"),
    _gateway("too-many-certificates", "more than 1,000 certificates: which error?",
        "an error of lint", "the text of AWS's is not known"),
)

_GATEWAY_CONNECTIONS = (
    _gateway("tls-1.3", "does a domain with mutual TLS speak TLS 1.3?",
        "offered, as 1.2 is", "the policy TLS_1_2 lists both; the transcript of 2020 has 1.2"),
    _gateway("alpn", "HTTP/2 today?", "offered", "the transcript of 2020 negotiated h2"),
    _gateway("no-certificate", "a client without a certificate?",
        "closed without a response", "the transcript of 2020; its alert is not known"),
    _gateway("forbidden-headers", "the headers of the 403?",
        "x-amzn-ErrorType ForbiddenException, x-amzn-RequestId", "those of other 403 answers"),
    _gateway("forbidden-body", "the body of the 403?",
        '{"message":"Forbidden"}', "that of other 403 answers, 23 octets"),
    _gateway("log-reasons", "the logged reason for expired, too deep, weak key?",
        "none", "re:Post has three reasons, for other faults"),
    _gateway("ca-names", "CA names in CertificateRequest?",
        "none", "clients then send what they have, and are told why it is refused"),
    _gateway("failed-status", "what does the domain status FAILED mean?",
        "an error of doctor", "it is documented by name alone"),
    _gateway("api-policy", "whose security policy negotiates, the domain's or the API's?",
        "the domain's", "the page says the API's, which has not been seen"),
)

_GATEWAY_REQUESTS = (
    _gateway("x-forwarded-for", "is the peer appended to the client's X-Forwarded-For?",
        "appended; sourceIp counts", "common knowledge, on no page"),
    _gateway("http2-header-case", "header names of HTTP/2 clients?",
        "lower case", "as they were sent"),
    _gateway("too-large-type", "x-amzn-ErrorType of 413?",
        "RequestTooLargeException", "by analogy with the others"),
    _gateway("long-request-types", "x-amzn-ErrorType of 414 and 431?",
        "RequestURITooLongException, BadRequestException", "by analogy with the others"),
    _gateway("trace-id", "does the client's X-Amzn-Trace-Id count?",
        "kept if it has a Root", "as AWS's tracing page has it for load balancers"),
    _gateway("timeout-type", "x-amzn-ErrorType of 504?",
        "InternalServerErrorException", "seen in an emulator, not on AWS"),
    _gateway("method-override", "X-HTTP-Method-Override?",
        "it is the method", "a known issue of REST APIs"),
    _gateway("head-length", "Content-Length in the answer to HEAD?",
        "0", "the function's answer has no body to count"),
    _gateway("empty-type", "a default Content-Type on 204 and 304?",
        "added", "as on other answers without one"),
    _gateway("encoded-text", "HTTP APIs: a body with Content-Encoding and the type of a text?",
        "taken for text", "captures tell of the type alone"),
    _gateway("curves-of-leaves", "a leaf on P-224 or secp256k1?",
        "the handshake fails", "OpenSSL does not take it"),
    _gateway("disabled-http-api", "the body of a disabled HTTP API endpoint?",
        '404 {"message":"Not Found"}', "that of an unknown route"),
    _gateway("disabled-test-invoke", "test-invoke-method with the endpoint disabled?",
        "not relied on", "on no page"),
    _gateway("base-path-none", "requestContext.path for base path (none) with a stage?",
        "the path as sent", "derived from the other mappings"),
    _gateway("authorizer-cache", "clientCert as an identity source of an authorizer?",
        "not used; no caching", "one client's Allow could serve another"),
)

_LAMBDA = (
    _lambda("pem-newline", "does clientCertPem end in a newline?",
        "it does; both are read", "as PEM is written"),
    _lambda("dn-escapes", "escapes in subjectDN and issuerDN?",
        "RFC 4514's; display only", "names are read from the PEM"),
    _lambda("dn-names", "names of emailAddress, UID, SERIALNUMBER, unknown types?",
        "OpenSSL's, else the OID; display only", "names are read from the PEM"),
    _lambda("dn-multi-valued", "what separates the values of one RDN?",
        "+; display only", "RFC 4514, 2.2"),
    _lambda("dn-characters", "characters beyond ASCII in names?",
        "as they are; display only", "names are read from the PEM"),
    _lambda("serial-high-bit", "serial numbers with the high bit, or above 64 bits?",
        "positive decimal of any length", "as AWS's users see long ones"),
    _lambda("websocket", "where do WebSocket events carry clientCert?", "not served", "on no page"),
    _lambda("authentication-null", "authentication in events without mutual TLS?",
        "null and absent are the same", "both are in AWS's samples"),
)

_ALB = (
    _alb("sent-chain", "are intermediates sent by the client used?",
        "used, up to eight", "so does the laptop's nginx; the truststore should hold them anyway"),
    _alb("too-many-sent", "how many certificates may a client send?",
        "eight after the leaf", "ALB's page has 64 K for a TLS message"),
    _alb("pem", "CRLF, a BOM, duplicates, leaves in a trust store?",
        "read; lint warns", "its page has rules for comments and blank lines alone"),
    _alb("root-signature", "a root that signed itself with SHA-1?",
        "accepted; lint warns", "its own signature proves nothing; the page has no exception"),
    _alb("kilobyte", "16 KB of CA certificate: of PEM or DER, 16,000 or 16,384 octets?",
        "16,000 of PEM; above it an error of lint", "stricter"),
    _alb("partial-chain", "a truststore without the root?", _REFUSED, _NGINX),
    _alb("self-signed-listed", "a self-signed leaf listed in the truststore?",
        _REFUSED, _NOT_NGINX),
    _alb("authority", "a CA certificate as the leaf?", _REFUSED, _NOT_NGINX),
    _alb("serial-number", "a serial number of 0, below, or over 20 octets?", _REFUSED, _NOT_NGINX),
    _alb("key-for-pss", "RSA keys for PSS alone (id-RSASSA-PSS)?", _REFUSED, _NOT_NGINX),
    _alb("signature-pss", "RSASSA-PSS with another MGF1 hash or salt length?",
        _REFUSED, _NOT_NGINX),
    _alb("netscape-type", "a leaf with nsCertType, not for clients?", _REFUSED, _NGINX),
    _alb("critical-extension", "a critical extension that is unknown or not acted on?",
        _REFUSED, "RFC 5280, 4.2; cryptography acts on fewer than OpenSSL (not on policies)"),
    _alb("names", "names equal but for case, blanks or encoding?", _REFUSED, _NOT_NGINX),
    _alb("key-identifiers", "an issuer with another key identifier than asked for?",
        _REFUSED, _NGINX),
    _alb("search-too-large", "very many CAs of one name?",
        "refused after what 1,000 signatures with P-256 cost, 128 on paths", "a search must end"),
    _alb("rfc-5280", "a path that cryptography's verifier refuses for a reason of its own?",
        _REFUSED, _VERIFIER),
    _alb("several-paths", "a good path, and a CA of the truststore that leads nowhere good?",
        _REFUSED, "which way ALB goes is not known; OpenSSL may go the wrong one"),
    _alb("name-constraints", "name constraints on directories or e-mail, or on a CN?",
        _REFUSED, "cryptography does not hold them against subjects, OpenSSL does"),
    _alb("version-of-authorities", "X.509 v1 roots?", _REFUSED, _NOT_NGINX),
    _alb("authorities-not-for-clients", "a CA with extendedKeyUsage without clientAuth?",
        _REFUSED, _NGINX),
    _alb("key-agreement", "a leaf whose keyUsage is keyAgreement alone?", _REFUSED, _NOT_NGINX),
    _alb("status-codes", "which fault gives which tls_verify_status?",
        "read from the descriptions", "each is one line"),
    _alb("alert", "the alert for a bad or missing certificate?",
        "closed without a response", "nginx sends none for it"),
    _alb("passthrough-without", "passthrough without a certificate?",
        "forwarded without the header", "the page implies it"),
    _alb("client-headers", "X-Amzn-Mtls-* headers from the client?",
        "removed in every mode", "the page is silent; AWS may let them through"),
    _alb("leaf-equals-sign", "is = of the PEM escaped in the headers?",
        "sent as it is; both are read", "the page says so, its example differs"),
    _alb("dn-escapes", "escapes in the subject and issuer headers?",
        "RFC 2253's; display only", "names are read from the PEM"),
    _alb("expired-crl", "an expired CRL?",
        "every leaf of its CA refused", "so does OpenSSL, and with it the laptop's nginx"),
)

# fmt: on
UNCONFIRMED: tuple[Choice, ...] = (
    *_GATEWAY_CERTIFICATES,
    *_GATEWAY_CONNECTIONS,
    *_GATEWAY_REQUESTS,
    *_LAMBDA,
    *_ALB,
)
