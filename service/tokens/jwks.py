"""A JWK Set (RFC 7517): which public key checks which signature."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

MOST_KEYS = 100
#: Bits of RSA: NIST SP 800-131A; above, checking one signature takes milliseconds.
RSA_BITS = range(2048, 8192 + 1)
#: RFC 7518, 6.2.2 and 6.3.2: whoever publishes these has given the key away.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
#: kty and crv → what such a key can check (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2).
_FITTING: Mapping[tuple[str, str], frozenset[str]] = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
    ("RSA", ""): frozenset({"PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}),
}


class InvalidJwks(ValueError):
    """The document is no JWK Set, has a secret in it, or no key that counts."""


class _Unusable(ValueError):
    """One key that is left out (RFC 7517, 5)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; *kid*: "" = it has no name."""

    kid: str
    algorithms: frozenset[str]
    public: Any  #: of cryptography: an EC, RSA or Ed25519 public key


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that count, and why others do not: for the log."""

    keys: tuple[Key, ...]
    left_out: tuple[str, ...] = ()

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """Return the one key named *kid* that checks *algorithm*; None if it is not exactly one.

        A token without a kid (RFC 7515, 4.1.4: optional) gets the only key that fits.
        """
        fitting = [
            key
            for key in self.keys
            if algorithm in key.algorithms and (kid is None or key.kid == kid)
        ]
        return fitting[0] if len(fitting) == 1 else None


def read(data: bytes, pinned: frozenset[str]) -> KeySet:
    """Return the keys in *data* that check one of *pinned*; raises InvalidJwks.

    1. it is an object with a list of `keys`;
    2. no key is symmetric or private: then all of it is refused;
    3. a key that is not for signatures, that nobody knows, or that is too weak, is left out;
    4. one at least is left.
    """
    entries = _entries(data)  # (1)
    for entry in entries:
        if entry.get("kty") == "oct":
            raise InvalidJwks("a key in it is symmetric, and whoever reads it can sign")  # (2)
        if _PRIVATE.intersection(entry):
            raise InvalidJwks("a key in it is private: it is known now, replace it")
    keys, left_out = [], []
    for entry in entries:
        try:
            keys.append(_key(entry, pinned))
        except _Unusable as error:
            left_out.append(f"{_named(entry)}: {error}")  # (3)
    if not keys:
        raise InvalidJwks("; ".join(["it has no key that counts", *left_out[:5]]))  # (4)
    return KeySet(tuple(keys), tuple(left_out))


def _entries(data: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidJwks("it is no JSON") from error
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidJwks("it has no list of `keys`")
    if len(entries) > MOST_KEYS:
        raise InvalidJwks(f"it has {len(entries)} keys, expected at most {MOST_KEYS}")
    return entries


def _key(entry: Mapping[str, Any], pinned: frozenset[str]) -> Key:
    if entry.get("use", "sig") != "sig":
        raise _Unusable("its use is not sig")
    if "verify" not in _texts(entry.get("key_ops", ["verify"])):
        raise _Unusable("its key_ops have no verify")
    kty, crv, kid = entry.get("kty"), entry.get("crv", ""), entry.get("kid", "")
    if not (isinstance(kty, str) and isinstance(crv, str) and isinstance(kid, str)):
        raise _Unusable("kty, crv or kid is no text")
    fitting = _FITTING.get((kty, "" if kty == "RSA" else crv), frozenset()) & pinned
    if "alg" in entry:
        fitting &= frozenset(_texts([entry["alg"]]))
    if not fitting:
        raise _Unusable("no algorithm that counts fits it")
    return Key(kid, fitting, _public(entry, min(fitting)))


def _public(entry: Mapping[str, Any], algorithm: str) -> Any:  # noqa: ANN401  (of cryptography)
    # PyJWT has no name for Ed25519 but the older one.
    known = "EdDSA" if algorithm == "Ed25519" else algorithm
    try:
        public = PyJWK(dict(entry), known).key
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise _Unusable("it cannot be read") from error
    if isinstance(public, RSAPublicKey) and public.key_size not in RSA_BITS:
        raise _Unusable(f"RSA of {public.key_size} bits")
    return public


def _texts(value: object) -> Iterator[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())


def _named(entry: Mapping[str, Any]) -> str:
    return f"kid {str(entry.get('kid', ''))[:64]!r}"
