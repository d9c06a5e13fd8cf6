"""The Authorization header, and what WWW-Authenticate answers to it (RFC 6750). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Characters. Front and proxy take longer headers; an access token has one or two thousand.
LONGEST = 8192
# RFC 9110, 11.1: the scheme is any case; RFC 7515, 3.1: three parts, base64url without padding.
# A second header is joined to the first by a comma, which is in none of them.
_CREDENTIALS = re.compile(
    r"(?i:bearer) +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *", re.ASCII
)
_REALM = 'Bearer realm="api"'  # the scheme alone, without a parameter, is not allowed (6750, 3)

Challenge = Mapping[str, str]
#: No token came: then no error is named (RFC 6750, 3.1).
MISSING: Challenge = {"WWW-Authenticate": _REALM}
INVALID: Challenge = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
INSUFFICIENT: Challenge = {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope"'}


class NoToken(Exception):
    """The request has no bearer token at all."""


class WrongToken(Exception):
    """It has one that does not count: says why, for the log, and no more of it than a kid."""


def token(authorization: str | None) -> str:
    """Return the token in the value of the header; raises NoToken or WrongToken.

    Only there: one in the query would be in logs (RFC 9700, 4.3.2), one in a form needs a body.
    """
    if authorization is None or not authorization.strip():
        raise NoToken("there is no Authorization header")
    scheme = authorization.strip().partition(" ")[0]
    if scheme.lower() != "bearer":
        raise NoToken("the Authorization header has another scheme than Bearer")
    if len(authorization) > LONGEST:
        raise WrongToken(f"the Authorization header is longer than {LONGEST} characters")
    found = _CREDENTIALS.fullmatch(authorization)
    if found is None:
        raise WrongToken("the Authorization header is not Bearer and one signed JWT")
    return found[1]
