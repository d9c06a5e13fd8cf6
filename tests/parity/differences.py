"""What a front changes by its nature: the one table of it.

The tests of the parity suite and docs/parity.md are made from it. What is not here is equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.parity import rules
from tests.parity.message import (
    ALB,
    EVENT_1,
    EVENT_2,
    GATEWAY,
    GATEWAY_2,
    TARGET,
    TARGET_SINGLE,
    Answer,
    Request,
)
from tests.parity.rules import Rule, refused

EVENTS = (EVENT_1, EVENT_2, TARGET, TARGET_SINGLE)
REST = (EVENT_1, GATEWAY)
HTTP_API = (EVENT_2, GATEWAY_2)
API_GATEWAY = (GATEWAY, GATEWAY_2)
LAMBDA = (*EVENTS, *API_GATEWAY)

_NOTES = "AWS: Important notes of REST APIs"
_QUOTAS = "AWS: Quotas for REST APIs, for HTTP APIs"
_CAPTURES = "captures of requests on AWS (LocalStack's AWS-validated snapshots)"


@dataclass(frozen=True)
class Difference:
    """One row. *rule*: what it makes of an answer; *adds*: headers that the front brings."""

    id: str
    fronts: tuple[str, ...]
    what: str
    why: str
    source: str
    rule: Rule | None = None
    adds: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()  #: of test_same_decision.py, in place of a rule


def _row(
    identifier: str, fronts: tuple[str, ...], what: str, why: str, source: str, rule: Rule
) -> Difference:
    return Difference(identifier, fronts, what, why, source, rule)


# A row is a few lines.
# fmt: off
_REQUESTS = (
    _row("peer", (ALB,), "`REMOTE_ADDR` is empty",
        "gunicorn listens on a unix socket; the client is in X-Forwarded-For", "RFC 3875, 4.1.8",
        rules.without_peer),
    _row("request-headers-dropped", (EVENT_1, EVENT_2, *API_GATEWAY),
        "Connection, Content-MD5, Expect, Max-Forwards, Proxy-Authenticate, Server, TE, Trailer, "
        "Transfer-Encoding, Upgrade, WWW-Authenticate never reach the function",
        "API Gateway drops them", _CAPTURES, rules.dropped_from_requests),
    _row("next-hop", (ALB, *API_GATEWAY), "TE, Keep-Alive and Upgrade never reach the service",
        "they are meant for the next hop, which is nginx", "RFC 9110, 7.6.1",
        rules.headers_lost(*rules.NEXT_HOP)),
    _row("method-override", REST, "X-HTTP-Method-Override becomes the method",
        "a known issue of REST APIs", _NOTES, rules.overridden_method),
    _row("query-semicolon", REST, "`;` parts the query as `&` does",
        "a known issue of REST APIs", _NOTES, rules.split_query),
    _row("query-no-utf8", REST, "octets of the query that are no UTF-8 become U+FFFD",
        "the event has the query decoded, and JSON has no octets", "RFC 8259, 8.1",
        rules.replaced_query),
    _row("header-no-utf8", LAMBDA, "octets of a header that are no UTF-8 become U+FFFD",
        "the event is JSON, which has no octets", "RFC 8259, 8.1", rules.replaced_headers),
    _row("encoded-question-mark", HTTP_API, "the path ends at `%3F`",
        "HTTP APIs decode the path, and take what follows for a query",
        "captures in github.com/middleapi/standard-server/pull/93", rules.cut_path),
    _row("compressed-text", HTTP_API,
        "a body with Content-Encoding that is typed as text, such as JSON, is damaged",
        "HTTP APIs take the type alone as a sign of text: whether Content-Encoding counts is not "
        "known", "captures in github.com/ministackorg/ministack/pull/766; unconfirmed",
        rules.compressed_body_as_text),
    _row("single-values", (TARGET_SINGLE,),
        "of repeated query parameters and headers the last is left",
        "the target group has multi-value headers off", "AWS: Lambda functions as targets",
        rules.last_values),
    _row("cookie-headers", (ALB,), "a second Cookie header is joined by `,`",
        "gunicorn does so; no client may send two", "RFC 6265, 5.4",
        rules.comma_between_cookies),
)

_ANSWERS = (
    _row("head-length-untold", EVENTS, "no Content-Length in the answer to HEAD",
        "the function leaves lengths to the front, which counts what it sends",
        "service/lambda_answer.py", rules.untold_length),
    _row("head-length", API_GATEWAY, "Content-Length: 0 in the answer to HEAD",
        "API Gateway counts the body in the function's answer, of which HEAD has none",
        "unconfirmed; RFC 9110, 8.6 would have it left out", rules.no_length),
    _row("overwritten", (ALB,), "Date and Server are the proxy's",
        "nginx overwrites them", "nginx: proxy_pass_header", rules.overwritten),
    _row("remapped", API_GATEWAY,
        "Authorization, Content-MD5, Date, Max-Forwards, Server, User-Agent, WWW-Authenticate come "
        "back as x-amzn-Remapped-…", "API Gateway renames them", _NOTES, rules.remapped),
    _row("answer-headers-dropped", API_GATEWAY,
        "Expect, Host, Proxy-Authenticate, TE, Via never reach the client",
        "API Gateway drops them", _NOTES, rules.dropped(*rules.DROPPED_FROM_ANSWERS)),
    _row("hop-by-hop-answers", (ALB,), "Proxy-Authenticate and TE never reach the client",
        "a WSGI application may not set them, and gunicorn drops them", "PEP 3333",
        rules.dropped("proxy-authenticate", "te")),
    _row("default-type", (GATEWAY,), "an answer without Content-Type gets application/json",
        "REST APIs add it, also to 204 and 304", _CAPTURES, rules.typed("application/json")),
    _row("default-type-http-api", (GATEWAY_2,),
        "an answer without Content-Type gets text/plain; charset=utf-8", "HTTP APIs add it",
        _CAPTURES, rules.typed("text/plain; charset=utf-8")),
    _row("joined", (*HTTP_API, TARGET_SINGLE), "a repeated header comes back as one, with commas",
        "these answers have one value a name (Set-Cookie has a way of its own)",
        "RFC 9110, 5.3", rules.joined),
    _row("header-in-utf8", LAMBDA, "a header that is no UTF-8 comes back in UTF-8",
        "the answer is JSON, which has no octets", "RFC 8259, 8.1", rules.in_utf8),
    Difference("added", (ALB,), "Date and Server are added", "every proxy does", "RFC 9110, 6.6.1",
        adds=frozenset({"date", "server"})),
    Difference("added-rest", (GATEWAY,),
        "x-amzn-RequestId, x-amz-apigw-id, X-Amzn-Trace-Id are added",
        "by them AWS finds a request again", _CAPTURES,
        adds=frozenset({"date", "server", "x-amzn-requestid", "x-amz-apigw-id",
            "x-amzn-trace-id"})),
    Difference("added-http-api", (GATEWAY_2,), "Apigw-Requestid is added",
        "by it AWS finds a request again", _CAPTURES,
        adds=frozenset({"date", "server", "apigw-requestid"})),
)

_REFUSALS = (
    _row("query-braces", (GATEWAY,), "`{`, `}` and `|` in a query are 400",
        "a known issue of REST APIs", _NOTES,
        refused(lambda r: any(c in r.query for c in "{}|"), 400, "Bad Request",
            "BadRequestException")),
    _row("reserved", (GATEWAY,), "/ping and /sping are 403", "API Gateway keeps them for itself",
        _NOTES, refused(lambda r: r.path == "/ping", 403, "Forbidden", "ForbiddenException")),
    _row("reserved-http-api", (GATEWAY_2,), "/ping and /sping are 404",
        "API Gateway keeps them for itself", _NOTES,
        refused(lambda r: r.path == "/ping", 404, "Not Found")),
    _row("payload", (GATEWAY,), "a body that makes an event above 6 MB is 413, API Gateway's own",
        "base64 makes 4/3 of it, and Lambda takes 6 MB", "AWS: Lambda quotas",
        refused(lambda r: len(r.body) > 5_000_000, 413,
            "HTTP content length exceeded 10485760 bytes", "RequestTooLargeException")),
    _row("payload-http-api", (GATEWAY_2,),
        "a body that makes an event above 6 MB is 413, API Gateway's own",
        "base64 makes 4/3 of it, and Lambda takes 6 MB", "AWS: Lambda quotas",
        refused(lambda r: len(r.body) > 5_000_000, 413, "Request Entity Too Large")),
    _row("header-quota", (GATEWAY,), "headers above 20,480 octets are 431", "ALB takes 64 K",
        _QUOTAS, refused(lambda r: rules.head_of(r) - len(r.target) > 20_480, 431,
            "Request Header Fields Too Large", "BadRequestException")),
    _row("head-quota", (GATEWAY_2,), "request line and headers above 10,240 octets are 431",
        "ALB takes 64 K", _QUOTAS,
        refused(lambda r: rules.head_of(r) > 10_240, 431, "Request Header Fields Too Large")),
    _row("url-quota", (GATEWAY,), "a URL above 10,240 characters is 414", "ALB takes 16 K",
        _QUOTAS, refused(lambda r: len(r.target) > 10_240, 414, "Request-URI Too Long",
            "RequestURITooLongException")),
    _row("url-quota-http-api", (GATEWAY_2,), "a URL above 10,240 characters is 414",
        "ALB takes 16 K", _QUOTAS,
        refused(lambda r: len(r.target) > 10_240, 414, "Request-URI Too Long")),
)

_DECISIONS = (
    Difference("nginx-takes", (ALB,),
        "X.509 v1, a serial number of 21 octets, RSA of 2047 bits, keyUsage keyAgreement alone, "
        "critical policies, names spelled differently, P-224 or Ed25519 in a CA, constraints on "
        "e-mail or URI, a second path, nine certificates sent: let in",
        'decide(front="alb") is the stricter, and nginx has no setting for it',
        "pki/unconfirmed.py, rows alb-…",
        cases=frozenset({
            *(f"leaf: {name}" for name in (
                "X.509 v1", "serial of 21 octets", "RSA 2047", "agrees", "critical policies")),
            *(f"chain: {name}" for name in (
                "another spelling", "another encoding", "crowd", "CA P-224", "CA X.509 v1",
                "CA of an Ed25519 root", "Ed25519 signature", "CA critical policies",
                "CA serial below 0", "root X.509 v1", "e-mail constraint", "URI constraint",
                "cross-signed, listed")),
        })),
    Difference("curves", API_GATEWAY,
        "a leaf on P-224 or secp256k1 fails the handshake, where other wrong leaves get 403",
        "TLS 1.3 has no signatures with these curves, and OpenSSL takes them for none in 1.2",
        "RFC 8446, 4.2.3; unconfirmed on AWS",
        cases=frozenset({"leaf: P-224", "leaf: secp256k1"})),
    Difference("service-refuses", (ALB,),
        "a CA as a leaf, and a leaf that cannot be read, get a problem (403 certificate-untrusted, "
        "400 certificate-malformed) where ALB fails the handshake",
        "nginx takes them, and the service does not", "service/identity.py",
        cases=frozenset(f"leaf: {name}" for name in (
            "a CA", "extension twice", "unreadable SAN", "serial 0", "serial below 0"))),
)

# fmt: on
DIFFERENCES: tuple[Difference, ...] = (
    *_REQUESTS,
    *_ANSWERS,
    *_REFUSALS,
    *_DECISIONS,
)


def expected(front: str, request: Request, reference: Answer) -> Answer:
    """What *front* answers where the test client answers *reference*."""
    for row in DIFFERENCES:
        if row.rule is not None and front in row.fronts:
            reference = row.rule(request, reference)
    return reference


def without_added(front: str, got: Answer, wanted: Answer) -> Answer:
    """*got* without the headers that the front adds to every answer."""
    for row in DIFFERENCES:
        if front in row.fronts:
            for name in row.adds - set(wanted.headers):
                got = got.with_header(name)
    return got
