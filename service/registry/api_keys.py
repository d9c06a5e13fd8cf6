"""API keys of registered clients: made once, kept as hashes, asked for by @requires_api_key.

A key is `mtls_`, 43 characters of base62 (256 random bits), and six of a CRC-32: whoever searches
repositories and logs for leaked keys finds ours, and not what only looks like one. It is known by
its name, the first 12 digits of its hash, which is no secret.

The hash is SHA-256 at once, and not a slow one: slow hashes are for what people choose and others
can guess. Of 256 random bits nobody guesses any, so that bcrypt or Argon2 would cost each request
some 100 ms, and protect nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from flask import request

from service import problems
from service.client import Client

from .admission import RETRY_AFTER
from .known import Known
from .registration import Registration
from .store import Actor, Ambiguous, Store, StoreUnavailable, VersionConflict

#: Not X-Api-Key: that one API Gateway takes for a key of its usage plans, where an API has them.
HEADER = "Client-Api-Key"
PREFIX = "mtls_"
#: Of one client: two while one takes the other's place, and some more.
MOST_KEYS = 5
_VARIABLE = "HTTP_CLIENT_API_KEY"
_BITS, _SECRET, _CHECKSUM = 256, 43, 6
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_SECRET + _CHECKSUM}}}", re.ASCII)
_NAME = 12  # hex digits
_SHORTEST_NAME = 6
_TRIES = 5


class TooManyKeys(ValueError):
    """The client has as many as it may have."""


class UnknownKey(LookupError):
    """The client has no key of that name, or several."""


def generate() -> str:
    """Return a new key, which is nobody's yet."""
    start = PREFIX + _base62(secrets.randbits(_BITS), _SECRET)
    return start + _checksum(start)


def is_well_formed(text: str) -> bool:
    """Whether *text* looks like a key of ours, its checksum included."""
    return bool(_KEY.fullmatch(text)) and text[-_CHECKSUM:] == _checksum(text[:-_CHECKSUM])


def hashed(key: str) -> str:
    """Return what is stored of *key*, Registration.api_keys: SHA-256, hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def name(stored: str) -> str:
    """Return the name of the key whose hash is *stored*: for logs, and to remove it by."""
    return stored[:_NAME]


def keyed(known: Known) -> Callable[[Client], str]:
    """Return what identity.Questions.keyed is, over *known*; raises InvalidApiKey.

    The registration is the one that the certificate was just found to be of, so a key of another
    client is a wrong one, and one that was removed counts as long as *known* remembers.
    """

    def check(client: Client) -> str:
        key = request.environ.get(_VARIABLE, "").strip()
        if not key:
            raise problems.InvalidApiKey(f"there is no {HEADER} header")
        if not is_well_formed(key):
            raise problems.InvalidApiKey(f"the {HEADER} header is no API key of ours")
        sent = hashed(key)
        stored = _registration(known, client)
        # Each is compared: how long it takes does not tell which of them it is.
        if not any([hmac.compare_digest(sent, one) for one in stored.api_keys]):  # noqa: C419
            raise problems.InvalidApiKey(f"the API key {name(sent)} is not one of {stored.id}'s")
        return f"API key {name(sent)}"

    return check


def _registration(known: Known, client: Client) -> Registration:
    try:
        found = known.find(client.certificate)
    except StoreUnavailable as error:
        raise problems.RegistryUnavailable(
            f"the registry cannot be asked: {error}", {"Retry-After": str(RETRY_AFTER)}
        ) from error
    except Ambiguous as error:  # since a moment ago
        raise problems.CertificateNotAllowed(str(error)) from error
    if found is None:
        raise problems.InvalidApiKey("it is not registered, so it has no API key")
    if found.id != client.id:  # since a moment ago
        raise problems.InvalidApiKey(f"the certificate is {found.id}'s now")
    return found


def add_key(store: Store, id_: str, actor: Actor, now: datetime) -> str:
    """Give the client a new key and return it: it is nowhere else.

    Raises TooManyKeys, and as Store.get and Store.update.
    """
    key = generate()

    def more(found: Registration) -> Registration:
        if len(found.api_keys) >= MOST_KEYS:
            raise TooManyKeys(f"{id_!r} has {MOST_KEYS} API keys, expected fewer")
        return replace(found, api_keys=(*found.api_keys, hashed(key)))

    _change(store, id_, more, _Change(actor, now, "add-key"))
    return key


def remove_key(store: Store, id_: str, key_name: str, actor: Actor, now: datetime) -> str:
    """Take the key away whose name begins with *key_name*; return its name.

    Raises UnknownKey, and as Store.get and Store.update.
    """
    begins = key_name.lower()
    removed = ""

    def less(found: Registration) -> Registration:
        nonlocal removed
        named = [one for one in found.api_keys if one.startswith(begins)]
        if len(named) != 1 or len(begins) < _SHORTEST_NAME:
            names = ", ".join(map(name, found.api_keys)) or "none"
            raise UnknownKey(f"the API key is {key_name!r}, expected one of {id_!r}: {names}")
        removed = name(named[0])
        return replace(found, api_keys=tuple(one for one in found.api_keys if one != named[0]))

    _change(store, id_, less, _Change(actor, now, "remove-key"))
    return removed


@dataclass(frozen=True, slots=True)
class _Change:
    """What the audit trail says of it."""

    actor: Actor
    now: datetime
    action: str


def _change(
    store: Store, id_: str, changed: Callable[[Registration], Registration], said: _Change
) -> None:
    """Update the client by *changed*; whoever changed something else meanwhile is in no way."""
    for tries_left in reversed(range(_TRIES)):
        try:
            store.update(changed(store.get(id_)), said.actor, said.now, said.action)
        except VersionConflict:
            if not tries_left:
                raise
        else:
            return


def _checksum(start: str) -> str:
    return _base62(zlib.crc32(start.encode()), _CHECKSUM)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
