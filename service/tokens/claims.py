"""What a token claims (RFC 7519, 4; RFC 9068, 4; RFC 8705, 3.1), held against what counts. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass

from .bearer import WrongToken

#: Seconds by which the issuer's clock and ours may differ (RFC 7519, 4.1.4).
LEEWAY = 30.0
#: "at+jwt" is what an access token should say (RFC 9068, 2.1); Keycloak and others, which bind
#: tokens to certificates too, say "JWT" unless told otherwise, some nothing. An ID token, which
#: says the same, has another audience, and is bound to no certificate. What says something else,
#: such as "logout+jwt", was made for another use (RFC 8725, 3.11).
TYPES = frozenset({"at+jwt", "jwt", ""})
_MOST_SCOPES = 200


@dataclass(frozen=True, slots=True)
class Claims:
    """Of a token whose signature is right: what does not change with time and caller."""

    expires: float
    begins: float  #: the later of nbf and iat; 0.0 = always
    bound_to: bytes  #: SHA-256 of a certificate
    scopes: frozenset[str]

    def require(self, fingerprint: str, now: float) -> None:
        """Raise WrongToken unless it counts *now*, and for the certificate of *fingerprint*.

        exp and nbf as in RFC 7519, 4.1.4 and 4.1.5; the certificate as in RFC 8705, 3.
        """
        if now >= self.expires + LEEWAY:
            raise WrongToken("it has expired")
        if now < self.begins - LEEWAY:
            raise WrongToken("it is not valid yet")
        if not hmac.compare_digest(self.bound_to, bytes.fromhex(fingerprint)):
            raise WrongToken("it is bound to another certificate")


def require_type(header: Mapping[str, object]) -> None:
    """Raise WrongToken for a token that is not for access, or has a header that must not be."""
    typ = header.get("typ", "")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in TYPES:
        raise WrongToken("its typ is no access token's")
    # None of what may be in it (RFC 7515, 4.1.11) is understood here, b64 of RFC 7797 included.
    if "crit" in header or "b64" in header:
        raise WrongToken("its header has crit or b64")


def read(claims: object, issuer: str, audience: str) -> Claims:
    """Return what *claims*, the payload, say; raises WrongToken.

    1. `iss` is the issuer, and nothing else; 2. `aud` is the audience, or has it; 3. `exp` is
    there, and it, `nbf` and `iat` are times; 4. `cnf` has `x5t#S256`: a token that is bound to no
    certificate counts for nobody; 5. `scope` is text or a list of it.

    `sub` and `client_id` are names that the issuer gave, and not held against the registry's: the
    certificate that the token is bound to says whose it is in both, and the scopes that count are
    those that both grant.
    """
    if not isinstance(claims, dict):
        raise WrongToken("its payload is no object")
    if claims.get("iss") != issuer:  # (1)
        raise WrongToken("its iss is another issuer's")
    if audience not in _texts(claims.get("aud"), "aud"):  # (2)
        raise WrongToken("its aud is another audience")
    if "exp" not in claims:
        raise WrongToken("it has no exp")
    begins = max(_time(claims, "nbf"), _time(claims, "iat"))  # (3)
    return Claims(_time(claims, "exp"), begins, _bound_to(claims), _scopes(claims))


def _time(claims: Mapping[str, object], name: str) -> float:
    """Return a NumericDate; 0.0 if it is not there."""
    value = claims.get(name, 0)
    # A bool is an int for Python, and JSON's 1e999 is infinite.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongToken(f"its {name} is no time")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not (math.isfinite(found) and found >= 0):
        raise WrongToken(f"its {name} is no time")
    return found


def _bound_to(claims: Mapping[str, object]) -> bytes:  # (4)
    confirmation = claims.get("cnf")
    text = confirmation.get("x5t#S256") if isinstance(confirmation, dict) else None
    if not isinstance(text, str):
        raise WrongToken("it is bound to no certificate")
    try:
        digest = base64.urlsafe_b64decode(f"{text}=")
        canonical = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    except (ValueError, binascii.Error) as error:
        raise WrongToken("its x5t#S256 is no SHA-256") from error
    # The decoder passes over what is not in the alphabet.
    if len(digest) != 32 or canonical != text:  # noqa: PLR2004
        raise WrongToken("its x5t#S256 is no SHA-256")
    return digest


def _scopes(claims: Mapping[str, object]) -> frozenset[str]:  # (5)
    value = claims.get("scope", "")
    found = value.split(" ") if isinstance(value, str) else _texts(value, "scope")
    if len(found) > _MOST_SCOPES:
        raise WrongToken(f"it has more than {_MOST_SCOPES} scopes")
    return frozenset(found) - {""}


def _texts(value: object, name: str) -> list[str]:
    """Return a text as a list of one, and a list of texts as it is."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise WrongToken(f"its {name} is neither text nor a list of it")
    return texts
