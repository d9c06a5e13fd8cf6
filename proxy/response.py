"""What API Gateway answers: what the function said, or a gateway response of its own.

Bodies and types of the REST API's are AWS-validated or documented ("Gateway response types"); an
HTTP API has other words and another header for its id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from .request import Call, Settings

Headers = tuple[tuple[str, str], ...]


class Cause(Enum):
    """Why API Gateway answers by itself."""

    FORBIDDEN = "ACCESS_DENIED"
    NO_MAPPING = "NO_MAPPING"
    BAD_REQUEST = "BAD_REQUEST"
    TOO_LARGE = "REQUEST_TOO_LARGE"
    URI_TOO_LONG = "URI_TOO_LONG"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    THROTTLED = "THROTTLED"
    CLIENT_THROTTLED = "CLIENT_THROTTLED"  #: none of AWS's: see too_many_requests
    FUNCTION_FAILED = "INTEGRATION_FAILURE"
    UNDECODABLE = "API_CONFIGURATION_ERROR"
    TIMED_OUT = "INTEGRATION_TIMEOUT"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; its Content-Length is the body's."""

    status: int
    headers: Headers
    body: bytes
    cause: Cause | None = None  #: None: the function's own
    because: str = ""  #: for the log, never for the client


@dataclass(frozen=True, slots=True)
class _Words:
    status: int
    body: bytes
    error_type: str = ""  #: x-amzn-ErrorType


_TOO_MANY_REQUESTS = (
    b'{"type": "urn:problem-type:too-many-requests", "title": "Too many requests", "status": 429}\n'
)
_INTERNAL = b'{"message": "Internal server error"}'
_REST: Mapping[Cause, _Words] = {
    Cause.FORBIDDEN: _Words(403, b'{"message":"Forbidden"}', "ForbiddenException"),
    Cause.NO_MAPPING: _Words(403, b'{"message":"Forbidden"}', "ForbiddenException"),
    Cause.BAD_REQUEST: _Words(400, b'{"message":"Bad Request"}', "BadRequestException"),
    # The type is UNCONFIRMED for this one and the next two.
    Cause.TOO_LARGE: _Words(
        413,
        b'{"message":"HTTP content length exceeded 10485760 bytes"}',
        "RequestTooLargeException",
    ),
    Cause.URI_TOO_LONG: _Words(
        414, b'{"message":"Request-URI Too Long"}', "RequestURITooLongException"
    ),
    Cause.HEADERS_TOO_LARGE: _Words(
        431, b'{"message":"Request Header Fields Too Large"}', "BadRequestException"
    ),
    Cause.THROTTLED: _Words(429, b'{"message":"Too Many Requests"}', "TooManyRequestsException"),
    Cause.FUNCTION_FAILED: _Words(502, _INTERNAL, "InternalServerErrorException"),
    Cause.UNDECODABLE: _Words(500, _INTERNAL, "InternalServerErrorException"),
    Cause.TIMED_OUT: _Words(
        504, b'{"message": "Endpoint request timed out"}', "InternalServerErrorException"
    ),
}
# 500 for whatever the function does wrong is AWS-validated (LocalStack's tests of HTTP APIs), 503
# for a timeout is what users report (anomalyco/sst#2232, serverless/serverless#11222).
_HTTP_API: Mapping[Cause, _Words] = {
    cause: _Words(words.status, words.body) for cause, words in _REST.items()
} | {
    Cause.NO_MAPPING: _Words(404, b'{"message":"Not Found"}'),
    Cause.TOO_LARGE: _Words(413, b'{"message":"Request Entity Too Large"}'),
    Cause.FUNCTION_FAILED: _Words(500, b'{"message":"Internal Server Error"}'),
    Cause.UNDECODABLE: _Words(500, b'{"message":"Internal Server Error"}'),
    Cause.TIMED_OUT: _Words(503, b'{"message":"Service Unavailable"}'),
}


def refusal(cause: Cause, settings: Settings, call: Call, because: str = "") -> Response:
    """The gateway response for *cause*; *because* goes to the log."""
    words = (_REST if settings.is_rest else _HTTP_API)[cause]
    response = Response(
        words.status, (("Content-Type", "application/json"),), words.body, cause, because
    )
    identified = with_ids(response, settings, call)
    if not words.error_type:
        return identified
    return replace(
        identified, headers=(*identified.headers, ("x-amzn-ErrorType", words.error_type))
    )


def too_many_requests(wait: float, settings: Settings, call: Call, trace: str) -> Response:
    """What the service says of a client that calls too often (service/problems.py), word for word.

    wait: seconds until it may call again.
    """
    headers = (
        ("Content-Type", "application/problem+json"),
        ("Retry-After", str(math.ceil(wait))),
        ("Cache-Control", "no-store"),
    )
    because = f"the certificate has no token for {wait:.3f} s"
    said = Response(429, headers, _TOO_MANY_REQUESTS, Cause.CLIENT_THROTTLED, because)
    return with_ids(said, settings, call, trace)


def with_ids(response: Response, settings: Settings, call: Call, trace_id: str = "") -> Response:
    """*response* with the headers by which AWS finds a request again."""
    if not settings.is_rest:
        ids: Headers = (("Apigw-Requestid", call.extended_request_id),)
    else:
        ids = (
            ("x-amzn-RequestId", call.request_id),
            ("x-amz-apigw-id", call.extended_request_id),
        )
        if trace_id:
            ids += (("X-Amzn-Trace-Id", trace_id),)
    return replace(response, headers=(*response.headers, *ids))
