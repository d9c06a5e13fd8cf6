"""What API Gateway does not take in.

AWS: "Quotas for configuring and running a REST API", "… an HTTP API", "Important notes".
"""

from __future__ import annotations

from .request import Request, Settings
from .response import Cause

LARGEST_BODY = 10 * 1024 * 1024
LARGEST_URL = 10_240
REST_HEADERS = 20_480  #: names, values and line terminators
HTTP_API_HEAD = 10_240  #: request line and headers


def exceeded(request: Request, settings: Settings, *, body_too_large: bool = False) -> Cause | None:
    """The limit that *request* is over, if any; *body_too_large*: its body was not even read."""
    headers = sum(len(n) + len(v.encode()) + len(": \r\n") for n, v in request.headers)
    request_line = len(f"{request.method} {request.target} HTTP/1.1\r\n".encode())
    over = headers > REST_HEADERS if settings.is_rest else headers + request_line > HTTP_API_HEAD
    # "The plain text pipe character (|) and the curly brace character ({ or }) are not supported
    # for any request URL query string and must be URL-encoded."
    odd = settings.is_rest and any(character in request.query for character in "|{}")
    checks = (
        (len(request.target.encode()) > LARGEST_URL, Cause.URI_TOO_LONG),
        (over, Cause.HEADERS_TOO_LARGE),
        (body_too_large or len(request.body) > LARGEST_BODY, Cause.TOO_LARGE),
        (odd, Cause.BAD_REQUEST),
    )
    return next((cause for is_so, cause in checks if is_so), None)
