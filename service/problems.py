"""All refusals, as application/problem+json (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from flask import Flask, Response, current_app, g, json
from werkzeug.exceptions import HTTPException

TYPE_PREFIX = "urn:problem-type:"
#: Where werkzeug's name of a status is not that of RFC 9110.
TITLES = {413: "Content too large", 414: "URI too long", 422: "Unprocessable content"}


class Problem(Exception):
    """A refusal that the caller may read: no detail names other clients or the list.

    headers: of the answer, such as Retry-After. errors: what is wrong with the request, where; see
    fault.Fault.as_dict.
    """

    status: ClassVar[int]
    slug: ClassVar[str]  #: stable; the problem's `type` is TYPE_PREFIX + slug
    title: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = headers or {}
        self.errors = errors

    def told(self) -> Problem:
        """The same without its detail: for a caller who is not to learn why."""
        return type(self)(headers=self.headers)


class CertificateRequired(Problem):
    """No verified client certificate came with the request.

    403 and not 401: mTLS has no HTTP authentication scheme that WWW-Authenticate could name
    (RFC 9110, 15.5.2), and API Gateway answers 403 too.
    """

    status, slug, title = 403, "certificate-required", "Client certificate required"


class CertificateMalformed(Problem):
    """What the terminator handed over is not exactly one readable certificate."""

    status, slug, title = 400, "certificate-malformed", "Client certificate malformed"


class CertificateNotValidNow(Problem):
    """The certificate has expired since the handshake, or is not valid yet."""

    status, slug, title = 403, "certificate-not-valid-now", "Client certificate not valid now"


class CertificateUntrusted(Problem):
    """No path leads from the certificate to a trust anchor, or it is not for clients."""

    status, slug, title = 403, "certificate-untrusted", "Client certificate not trusted"


class CertificateRevoked(Problem):
    """The authority that issued the certificate has revoked it."""

    status, slug, title = 403, "certificate-revoked", "Client certificate revoked"


class CertificateStatusUnknown(Problem):
    """Whether the certificate is revoked cannot be told now: no CRL that holds speaks for it.

    403 and not 503, which would have load balancers take out a service that works.
    """

    status, slug = 403, "certificate-status-unknown"
    title = "Client certificate's status unknown"


class CertificateNotAllowed(Problem):
    """The certificate is good, and its holder may not call."""

    status, slug, title = 403, "certificate-not-allowed", "Client certificate not allowed"


class ClientSuspended(Problem):
    """The certificate is good, its holder is registered, and suspended."""

    status, slug, title = 403, "client-suspended", "Client suspended"


class InsufficientScope(Problem):
    """The client, or the token that it came with, does not have the scopes of the view.

    403 (RFC 6750, 3.1, has the same name and status for it).
    """

    status, slug, title = 403, "insufficient-scope", "Scope not granted"


class TooManyRequests(Problem):
    """The client calls more often than it may; Retry-After says when it may again (RFC 6585, 4)."""

    status, slug, title = 429, "too-many-requests", "Too many requests"


class InvalidToken(Problem):
    """The bearer token is missing, expired, of somebody else, or not bound to the certificate.

    401 with WWW-Authenticate (RFC 6750, 3; RFC 8705, 3).
    """

    status, slug, title = 401, "invalid-token", "Token not valid"


class InvalidApiKey(Problem):
    """The API key is missing, wrong, or another client's.

    403 and not 401: there is no HTTP authentication scheme for it that WWW-Authenticate could name
    (RFC 9110, 15.5.2), and API Gateway answers 403 to a wrong key of its own.
    """

    status, slug, title = 403, "invalid-api-key", "API key not valid"


class TokenKeysUnavailable(Problem):
    """Whether the token is right cannot be told now: the issuer's keys cannot be had."""

    status, slug, title = 503, "token-keys-unavailable", "Token issuer's keys unavailable"


class RegistryUnavailable(Problem):
    """Whether the client is registered cannot be told now; Retry-After says when to ask again."""

    status, slug, title = 503, "registry-unavailable", "Client registry unavailable"


class StoreUnavailable(Problem):
    """What is asked for cannot be had, or kept, now; Retry-After says when to ask again."""

    status, slug, title = 503, "store-unavailable", "Store unavailable"


class MalformedJson(Problem):
    """The body is not I-JSON (RFC 7493), so it does not mean the same to everybody."""

    status, slug, title = 400, "malformed-json", "Body is not JSON"


class ValidationFailed(Problem):
    """Something in the body, the path, the query or a header is not what the view declares."""

    status, slug, title = 422, "validation-failed", "Request not valid"


class IdempotencyKeyReused(Problem):
    """An Idempotency-Key came with another request before.

    422 (draft-ietf-httpapi-idempotency-key-header-07, 2.7).
    """

    status, slug, title = 422, "idempotency-key-reused", "Idempotency key reused"


class PreconditionRequired(Problem):
    """A change came without If-Match: somebody else's could be lost (RFC 6585, 3)."""

    status, slug, title = 428, "precondition-required", "Precondition required"


class PreconditionFailed(Problem):
    """If-Match names another version than the one there is (RFC 9110, 15.5.13)."""

    status, slug, title = 412, "precondition-failed", "Precondition failed"


class Conflict(Problem):
    """What is asked would contradict what is there."""

    status, slug, title = 409, "conflict", "Conflict"


class NotFound(Problem):
    """There is no such thing, or not for this client."""

    status, slug, title = 404, "not-found", "Not found"


class ContentTooLarge(Problem):
    """The body has more bytes than config.MAX_BODY."""

    status, slug, title = 413, "content-too-large", "Content too large"


class UnsupportedMediaType(Problem):
    """The body is said to be something else than JSON, or is compressed."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class InternalServerError(Problem):
    """Our fault; the cause is in the log alone."""

    status, slug, title = 500, "internal-server-error", "Internal server error"


def init_app(app: Flask) -> None:
    """Let whatever is raised leave as a problem."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _crash)


def _problem(problem: Problem) -> Response:
    response = _response(
        problem.status, problem.slug, problem.title, problem.detail, errors=problem.errors
    )
    response.headers.update(problem.headers)
    return response


def _http_exception(error: HTTPException) -> Response | HTTPException:
    # Redirects are HTTPExceptions too; abort(response) carries its own.
    if error.code is None or error.code < 400 or error.response is not None:  # noqa: PLR2004
        return error
    title = TITLES.get(error.code) or error.name.capitalize()
    # werkzeug's own descriptions are prose for a page; a description of ours stays.
    detail = error.description if error.description != type(error).description else ""
    slug = re.sub(r"\W+", "-", title.lower())
    response = _response(error.code, slug, title, "" if error.code >= 500 else detail or "")  # noqa: PLR2004
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers.add(name, value)
    return response


def _crash(error: Exception) -> Response:
    current_app.logger.error("a view failed", exc_info=error)
    return _problem(InternalServerError())


def _response(
    status: int, slug: str, title: str, detail: str, *, errors: Sequence[Mapping[str, str]] = ()
) -> Response:
    g.problem = slug  # for the log
    body: dict[str, object] = {"type": TYPE_PREFIX + slug, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body) + "\n", status, mimetype="application/problem+json")
