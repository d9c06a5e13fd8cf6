"""Whether the bearer token of a request is the caller's: what the identity step asks last."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import jwt
from flask import request
from jwt.algorithms import OKPAlgorithm

from service import authorization, problems
from service.client import Client
from service.token_settings import TokenSettings

from . import bearer, claims
from .bearer import NoToken, WrongToken
from .claims import Claims
from .jwks import Key, KeySet
from .keys import Keys, KeysUnavailable

RETRY_AFTER = 5  #: seconds
_LONGEST_SHOWN = 64  #: characters of a kid, in the log


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its signature, before anybody believes it."""

    algorithm: str
    kid: str | None


class Tokens:
    """Holds tokens against *settings* and *keys*; *now*: seconds since 1970."""

    SIZE = 1024

    def __init__(self, settings: TokenSettings, keys: Keys, now: Callable[[], float]) -> None:
        self.keys = keys
        self._settings = settings
        self._now = now
        self._jws = jwt.PyJWS(algorithms=sorted(settings.algorithms))
        if "Ed25519" in settings.algorithms:  # the name that RFC 9864 gave it
            self._jws.register_algorithm("Ed25519", OKPAlgorithm())
        self._checked = _Checked(self.SIZE)

    def bound(self, client: Client) -> Client:
        """Return *client* with those scopes alone that its token has too.

        Raises InvalidToken, and TokenKeysUnavailable where nobody can tell. 503 for that, not 401:
        who is told that a good token is wrong throws it away, and asks the issuer for another.
        """
        try:
            found = self._claims(bearer.token(request.environ.get("HTTP_AUTHORIZATION")))
            found.require(client.certificate.fingerprint, self._now())
        except NoToken as error:
            raise problems.InvalidToken(str(error), bearer.MISSING) from error
        except WrongToken as error:
            raise problems.InvalidToken(f"the token: {error}", bearer.INVALID) from error
        except KeysUnavailable as error:
            raise problems.TokenKeysUnavailable(
                f"the token cannot be checked: {error}", {"Retry-After": str(RETRY_AFTER)}
            ) from error
        return authorization.narrowed(client, found.scopes)

    def _claims(self, token: str) -> Claims:
        """Return what *token* claims, its signature checked; raises WrongToken, KeysUnavailable.

        What was checked is kept by its hash, for as long as the keys stay the same: so a key that
        the issuer takes back takes its tokens along. Time and caller are looked at every time.
        """
        keys = self.keys.current()
        digest = hashlib.sha256(token.encode()).digest()
        kept = self._checked.get(digest, keys)
        if kept is not None:
            return kept
        header = read_header(token)
        if header.algorithm not in self._settings.algorithms:
            raise WrongToken("its alg is not one of TOKEN_ALGORITHMS")
        key = keys.find(header.kid, header.algorithm)
        if key is None:
            keys = self.keys.newer(keys)
            key = keys.find(header.kid, header.algorithm)
        if key is None:
            raise WrongToken(f"no key {(header.kid or '')[:_LONGEST_SHOWN]!r} fits its alg")
        found = claims.read(
            self._payload(token, key, header), self._settings.issuer, self._settings.audience
        )
        self._checked.keep(digest, keys, found)
        return found

    def _payload(self, token: str, key: Key, header: Header) -> object:
        try:
            data = self._jws.decode(token, key.public, algorithms=[header.algorithm])
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise WrongToken("its signature is wrong") from error
        return _json(data, "payload")


def read_header(token: str) -> Header:
    """Return what the first part of *token* says; raises WrongToken."""
    encoded = token.partition(".")[0]
    try:
        data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError as error:
        raise WrongToken("its header is not base64url") from error
    header = _json(data, "header")
    if not isinstance(header, dict):
        raise WrongToken("its header is no object")
    claims.require_type(header)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not (kid is None or isinstance(kid, str)):
        raise WrongToken("its alg or kid is no text")
    return Header(algorithm, kid)


def _json(data: bytes, part: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WrongToken(f"its {part} is no JSON") from error


class _Checked:
    """Claims by the hash of their token, of the last *size* tokens, under one set of keys."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: KeySet | None = None
        self._kept: OrderedDict[bytes, Claims] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes, keys: KeySet) -> Claims | None:
        with self._lock:
            if self._keys is not keys:
                self._keys = keys
                self._kept.clear()
            found = self._kept.get(digest)
            if found is not None:
                self._kept.move_to_end(digest)
            return found

    def keep(self, digest: bytes, keys: KeySet, found: Claims) -> None:
        with self._lock:
            if self._keys is keys:
                self._kept[digest] = found
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
