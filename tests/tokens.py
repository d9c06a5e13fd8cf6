"""An issuer of tokens: right in everything, unless one thing is asked to be wrong.

It signs by itself, with cryptography alone: a library for JOSE refuses to make most of what is
needed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import builders

ISSUER = "https://issuer.example.org"
AUDIENCE = "https://api.example.org"
#: Leave it out.
ABSENT = object()
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
_CURVES = {256: "P-256", 384: "P-384", 521: "P-521"}
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def thumbprint(certificate: x509.Certificate) -> str:
    """x5t#S256 (RFC 8705, 3.1)."""
    return b64(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())


@dataclass(frozen=True)
class Issuer:
    """Keys by kid, and tokens of one of them."""

    keys: Mapping[str, PrivateKey]
    url: str = ISSUER
    audience: str = AUDIENCE

    def jwks(self, **members: object) -> bytes:
        """The JWK Set; *members* are added to each key."""
        return jwks(*(public_jwk(key, kid=kid, **members) for kid, key in self.keys.items()))

    def header(self, **changed: object) -> dict[str, object]:
        return _changed({"alg": "ES256", "typ": "at+jwt", "kid": next(iter(self.keys))}, changed)

    def claims(self, certificate: x509.Certificate, **changed: object) -> dict[str, object]:
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": self.audience,
            "sub": "billing",
            "client_id": "billing",
            "iat": now,
            "exp": now + 300,
            "jti": "1",
            "scope": "orders:read orders:write",
            "cnf": {"x5t#S256": thumbprint(certificate)},
        }
        return _changed(good, changed)

    def token(
        self,
        certificate: x509.Certificate,
        *,
        header: Mapping[str, object] = {},
        alg: str = "ES256",
        key: PrivateKey | bytes | None = None,
        **claims: object,
    ) -> str:
        """A token for the holder of *certificate*; *claims* and *header* are what differs."""
        made = self.header(**{"alg": alg, **header})
        signer = key or self.keys.get(str(made.get("kid"))) or next(iter(self.keys.values()))
        return compact(made, self.claims(certificate, **claims), signer, alg)


@dataclass
class Texts:
    """Of a token, the three parts: to be put together wrongly."""

    header: str
    payload: str
    signature: str

    def __str__(self) -> str:
        return f"{self.header}.{self.payload}.{self.signature}"


def issuer(**keys: PrivateKey) -> Issuer:
    """One with a P-256 key named "one", unless *keys* says otherwise."""
    return Issuer(keys or {"one": builders.p256()})


def compact(
    header: Mapping[str, object] | bytes,
    payload: object,
    key: PrivateKey | bytes,
    alg: str = "ES256",
) -> str:
    """A JWS (RFC 7515, 7.1), whatever is in it."""
    first = header if isinstance(header, bytes) else json.dumps(header).encode()
    second = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{b64(first)}.{b64(second)}"
    return f"{signed}.{b64(signature(signed.encode(), key, alg))}"


def signature(signed: bytes, key: PrivateKey | bytes, alg: str) -> bytes:
    """As RFC 7518, 3 has it; *key*: octets for HS…."""
    if isinstance(key, bytes):
        return hmac.digest(key, signed, f"sha{alg[-3:]}") if alg.startswith("HS") else b""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    if isinstance(key, rsa.RSAPrivateKey):
        chosen = _HASHES[alg[-3:] if alg[:2] in {"RS", "PS"} else "256"]
        pss = padding.PSS(mgf=padding.MGF1(chosen), salt_length=padding.PSS.DIGEST_LENGTH)
        return key.sign(signed, pss if alg[:2] == "PS" else padding.PKCS1v15(), chosen)
    size = (key.key_size + 7) // 8
    chosen = _HASHES.get(alg[-3:], hashes.SHA256())
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(chosen)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def jwks(*keys: Mapping[str, object]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def public_jwk(key: PrivateKey, **members: object) -> dict[str, object]:
    """RFC 7518, 6; RFC 8037, 2; *members* are added, or left out where ABSENT."""
    made: dict[str, Any]
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers, size = public.public_numbers(), (public.key_size + 7) // 8
        made = {
            "kty": "EC",
            "crv": _CURVES[public.key_size],
            "x": b64(numbers.x.to_bytes(size, "big")),
            "y": b64(numbers.y.to_bytes(size, "big")),
        }
    elif isinstance(public, rsa.RSAPublicKey):
        values = public.public_numbers()
        made = {"kty": "RSA", "n": _number(values.n), "e": _number(values.e)}
    else:
        x = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        made = {"kty": "OKP", "crv": "Ed25519", "x": b64(x)}
    return _changed({**made, "use": "sig"}, members)


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _changed(good: Mapping[str, object], changed: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**good, **changed}.items() if value is not ABSENT}
