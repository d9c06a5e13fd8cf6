"""What the environment says about tokens, as one frozen value; config.py reads it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

Value = TypeVar("Value")

#: Signatures that anybody can check and the issuer alone can make (RFC 7518, 3.1; RFC 8037;
#: RFC 9864): "none" and HS… are not for tokens of somebody else.
ALGORITHMS = (
    *("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
    *("EdDSA", "Ed25519"),
)
#: RS256, since all that issue access tokens have it (RFC 9068, 2.1); the others are what FAPI 2.0
#: asks for. What a key may check is held against its type as well.
DEFAULT_ALGORITHMS = frozenset({"ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519"})
_NEEDED = ("TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_JWKS")
_OPTIONAL = ("TOKEN_ALGORITHMS",)
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens count, for whom they must be, and where the issuer's public keys are."""

    issuer: str
    audience: str
    jwks: str  #: a path, or an https URL; http on this machine alone
    algorithms: frozenset[str] = DEFAULT_ALGORITHMS

    @property
    def is_url(self) -> bool:
        """Whether the keys are fetched over HTTP."""
        return is_url(self.jwks)


def read(env: Mapping[str, str], faults: list[str]) -> TokenSettings | None:
    """Return what *env* says, None if it says nothing; what is wrong goes to *faults*."""
    given = {name: env.get(name, "").strip() for name in (*_NEEDED, *_OPTIONAL)}
    if not any(given.values()):
        return None
    faults += [
        f"{name} is missing; TOKEN_ISSUER, TOKEN_AUDIENCE and TOKEN_JWKS are set together, or none"
        for name in _NEEDED
        if not given[name]
    ]

    def parsed(name: str, parse: Callable[[str], Value]) -> Value | None:
        try:
            return parse(given[name]) if given[name] else None
        except ValueError as error:
            faults.append(f"{name} is {given[name]!r}; {error}")
            return None

    settings = TokenSettings(
        issuer=parsed("TOKEN_ISSUER", uri) or "",
        audience=parsed("TOKEN_AUDIENCE", audience) or "",
        jwks=parsed("TOKEN_JWKS", place) or "",
        algorithms=parsed("TOKEN_ALGORITHMS", algorithms) or DEFAULT_ALGORITHMS,
    )
    if settings.jwks and not settings.is_url:
        parsed("TOKEN_JWKS", lambda path: _require_keys(path, settings.algorithms))
    return settings


def uri(text: str) -> str:
    """An issuer as tokens have it, compared letter by letter (RFC 9207, 2.4); or ValueError."""
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]+", text) or len(text) > _LONGEST:
        raise ValueError("expected the issuer's URL, as it stands in `iss`")
    return text


def audience(text: str) -> str:
    """One audience, compared letter by letter; or ValueError."""
    if not re.fullmatch(r"[!-~]+", text) or len(text) > _LONGEST:
        raise ValueError("expected one audience, as it stands in `aud`")
    return text


def place(text: str) -> str:
    """A path, or a URL that nobody on the way can change; or ValueError."""
    url = urlsplit(text)
    if not is_url(text):
        if url.scheme and "://" in text:
            raise ValueError("expected a file, or a URL that begins with https://")
        return text
    if not url.hostname or url.username is not None or url.fragment or re.search(r"[^!-~]", text):
        raise ValueError("expected https://HOST/PATH, without user, password and fragment")
    _ = url.port  # raises ValueError where it is none
    if url.scheme == "http" and not _is_this_machine(url.hostname):
        raise ValueError("expected https://, since http:// is for this machine alone")
    return text


def algorithms(text: str) -> frozenset[str]:
    """Names separated by blanks or commas; or ValueError."""
    found = frozenset(re.split(r"[,\s]+", text.strip(", \t\n")))
    if not found <= set(ALGORITHMS):
        raise ValueError(f"expected some of {', '.join(ALGORITHMS)}")
    return found


def is_url(text: str) -> bool:
    """Whether *text* is an http or https URL."""
    return text.lower().startswith(("https://", "http://"))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_keys(path: str, pinned: frozenset[str]) -> None:
    """Raise ValueError unless the file has a key that counts: seen now, not at the first call."""
    from .tokens import jwks, source  # noqa: PLC0415  (PyJWT, which costs nothing where it is off)

    try:
        jwks.read(source.from_file(path).data, pinned)
    except (source.Unavailable, jwks.InvalidJwks) as error:
        raise ValueError(f"expected a JWK Set with public keys ({error})") from error
