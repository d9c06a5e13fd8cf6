"""Tokens: good ones that differ where it does not matter, and such with one thing wrong."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.tokens.claims import LEEWAY
from tests import builders, tokens
from tests.tokens import ABSENT, AUDIENCE, ISSUER, Issuer, Texts, compact, thumbprint
from tests.unit.service.certs import leaf

CLIENT = leaf()
OTHER = leaf(serial_number=0x4F2)
KEY = builders.p256()
P384 = ec.generate_private_key(ec.SECP384R1())
ED = Ed25519PrivateKey.generate()
RSA = builders.rsa_key(2048)
STRANGER = builders.p256()
ISSUES = Issuer({"one": KEY, "two": P384, "ed": ED, "rsa": RSA})


@dataclass(frozen=True)
class Row:
    """A good token, but for what is named here; *why* it is refused, as the log says it.

    times: claims in seconds from when it is made.
    """

    name: str
    why: str = ""
    header: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    alg: str = "ES256"
    key: tokens.PrivateKey | bytes | None = None

    @property
    def token(self) -> str:
        times = {name: time.time() + seconds for name, seconds in self.times.items()}
        claims = {**self.claims, **times}
        return ISSUES.token(CLIENT, header=self.header, alg=self.alg, key=self.key, **claims)


def _head(name: str, why: str = "", **header: object) -> Row:
    return Row(name, why, header)


def _says(name: str, why: str = "", **claims: object) -> Row:
    return Row(name, why, claims=claims)


def _bound(name: str, why: str, cnf: object) -> Row:
    return Row(name, why, claims={"cnf": cnf})


X5T = thumbprint(CLIENT)
GOOD = [
    Row("ES384", header={"kid": "two"}, alg="ES384", key=P384),
    Row("EdDSA", header={"kid": "ed"}, alg="EdDSA", key=ED),
    Row("Ed25519, its newer name", header={"kid": "ed"}, alg="Ed25519", key=ED),
    Row("RS256", header={"kid": "rsa"}, alg="RS256", key=RSA),
    Row("PS256", header={"kid": "rsa"}, alg="PS256", key=RSA),
    _head("no kid, and one key alone that fits", kid=ABSENT),
    _head("typ with its media type's prefix", typ="application/at+jwt"),
    _head("typ in another case", typ="AT+JWT"),
    _head("typ JWT", typ="JWT"),
    _head("no typ", typ=ABSENT),
    _head("a key of its own in the header, which is not looked at", jwk={"kty": "EC"}),
    _head("a header that nobody knows", x=[1]),
    _says("the audience in a list", aud=["https://other.example", AUDIENCE]),
    _says("no iat", iat=ABSENT),
    _says("no scope", scope=ABSENT),
    _says("scopes in a list", scope=["orders:read"]),
    _says("no sub and no client_id", sub=ABSENT, client_id=ABSENT),
    _says("the issuer's own name of the client", client_id="7f3a9c"),
    _says("more in cnf", cnf={"x5t#S256": X5T, "jkt": "x"}),
    _says("a claim that nobody knows", x={"y": None}),
    Row("nbf in the past", times={"nbf": -5}),
    Row("expired within the leeway", times={"exp": -LEEWAY / 2}),
    Row("iat within the leeway", times={"iat": LEEWAY / 2}),
]

_PUBLIC = KEY.public_key()
_PEM = _PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
_DER = _PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
_JWK = json.dumps(tokens.public_jwk(KEY, kid="one")).encode()
_STRANGERS = tokens.public_jwk(STRANGER, kid="one")
_SIGNATURE, _ALG, _FITS = "its signature is wrong", "not one of TOKEN_ALGORITHMS", "fits its alg"
_NO_JWT = "is not Bearer and one signed JWT"
_NO_TEXT, _TYP, _CRIT = "alg or kid is no text", "its typ", "crit or b64"
_NOT_BOUND, _NO_DIGEST = "bound to no certificate", "x5t#S256 is no SHA-256"
_FORGED = [
    Row("signed by a stranger", _SIGNATURE, key=STRANGER),
    Row("signed by a key in the header", _SIGNATURE, {"jwk": _STRANGERS}, key=STRANGER),
    Row("a place of keys in the header", _SIGNATURE, {"jku": "http://127.0.0.1:1/"}, key=STRANGER),
    Row("alg none, without a signature", _NO_JWT, alg="none", key=b"-"),
    Row("alg none, with a signature", _ALG, alg="none", key=STRANGER),
    Row("alg None", _ALG, alg="nOnE", key=KEY),
    Row("HS256 with the public key as PEM", _ALG, alg="HS256", key=_PEM),
    Row("HS256 with the public key as DER", _ALG, alg="HS256", key=_DER),
    Row("HS256 with the public key as JWK", _ALG, alg="HS256", key=_JWK),
    Row("HS256 with nothing", _ALG, alg="HS256", key=b""),
    Row("HS512", _ALG, alg="HS512", key=_PEM),
    Row("an algorithm that is not pinned", _ALG, {"kid": "rsa"}, alg="RS512", key=RSA),
    Row("ES256K", _ALG, {"alg": "ES256K"}),
    Row("RS256 by the key of an elliptic curve", _FITS, {"alg": "RS256"}),
    Row("ES256 by the RSA key", _FITS, {"kid": "rsa", "alg": "ES256"}, alg="RS256", key=RSA),
    Row("ES384 by the key of another curve", _FITS, {"alg": "ES384"}),
    Row("PS256 signed as RS256", _SIGNATURE, {"kid": "rsa", "alg": "PS256"}, alg="RS256", key=RSA),
    Row("the kid of another key", _FITS, {"kid": "two"}, key=KEY),
    Row("a kid that is a path", _ALG, {"kid": "../../dev/null"}, alg="HS256", key=b""),
]
_HEADERS = [
    _head("no alg", _NO_TEXT, alg=ABSENT),
    _head("alg is null", _NO_TEXT, alg=None),
    _head("alg is a list", _NO_TEXT, alg=["ES256"]),
    _head("kid is a number", _NO_TEXT, kid=1),
    _head("a kid that is nobody's", f"no key 'three' {_FITS}", kid="three"),
    _head("an empty kid", _FITS, kid=""),
    _head("typ of a logout token", _TYP, typ="logout+jwt"),
    _head("typ of a proof", _TYP, typ="dpop+jwt"),
    _head("typ is a number", _TYP, typ=1),
    _head("crit with something unknown", _CRIT, crit=["x"], x=1),
    _head("crit with something known", _CRIT, crit=["exp"], exp=1),
    _head("crit is empty", _CRIT, crit=[]),
    _head("b64", _CRIT, b64=True),
    _head("b64 in crit", _CRIT, b64=False, crit=["b64"]),
]
_CLAIMS = [
    _says("another issuer", "its iss", iss="https://evil.example.org"),
    _says("the issuer with a slash", "its iss", iss=f"{ISSUER}/"),
    _says("the issuer in another case", "its iss", iss=ISSUER.upper()),
    _says("issuers in a list", "its iss", iss=[ISSUER]),
    _says("no issuer", "its iss", iss=ABSENT),
    _says("another audience", "its aud", aud="https://other.example"),
    _says("other audiences", "its aud", aud=["https://other.example", f"{AUDIENCE}/"]),
    _says("an audience that begins alike", "its aud", aud=f"{AUDIENCE}.evil"),
    _says("no audience", "its aud", aud=ABSENT),
    _says("an empty list of audiences", "its aud", aud=[]),
    _says("audience is an object", "its aud", aud={AUDIENCE: 1}),
    _says("a number among the audiences", "its aud", aud=[AUDIENCE, 1]),
    Row("expired", "it has expired", times={"exp": -LEEWAY - 1}),
    _says("no exp", "it has no exp", exp=ABSENT),
    _says("exp is null", "its exp is no time", exp=None),
    _says("exp is text", "its exp is no time", exp=str(int(time.time()) + 300)),
    _says("exp is true", "its exp is no time", exp=True),
    _says("exp is infinite", "its exp is no time", exp=float("inf")),
    _says("exp is no number", "its exp is no time", exp=float("nan")),
    _says("exp has 400 digits", "its exp is no time", exp=10**400),
    _says("exp is below zero", "its exp is no time", exp=-1),
    Row("not valid yet", "it is not valid yet", times={"nbf": 3600}),
    _says("nbf is text", "its nbf is no time", nbf="0"),
    Row("issued in the future", "it is not valid yet", times={"iat": 3600}),
    _says("iat is a list", "its iat is no time", iat=[0]),
    _says("scope is a number", "its scope", scope=1),
    _says("scope is an object", "its scope", scope={"orders:read": True}),
    _says("a number among the scopes", "its scope", scope=["orders:read", 1]),
    _says("201 scopes", "more than 200 scopes", scope=" ".join(map(str, range(201)))),
]
_BINDING = [
    _says("bound to nothing", _NOT_BOUND, cnf=ABSENT),
    _bound("cnf is empty", _NOT_BOUND, {}),
    _bound("cnf is text", _NOT_BOUND, X5T),
    _bound("bound to a key", _NOT_BOUND, {"jkt": X5T}),
    _bound("bound by SHA-1", _NOT_BOUND, {"x5t": X5T}),
    _bound("bound to a list", _NOT_BOUND, {"x5t#S256": [X5T]}),
    _bound("bound to null", _NOT_BOUND, {"x5t#S256": None}),
    _bound("stolen", "bound to another certificate", {"x5t#S256": thumbprint(OTHER)}),
    _bound("bound, with padding", _NO_DIGEST, {"x5t#S256": X5T + "="}),
    _bound("bound, with a blank", _NO_DIGEST, {"x5t#S256": X5T + " "}),
    _bound("bound to half of it", _NO_DIGEST, {"x5t#S256": X5T[:22]}),
    _bound("bound to a lone surrogate", _NO_DIGEST, {"x5t#S256": "\ud800" * 43}),
]
BAD = [*_FORGED, *_HEADERS, *_CLAIMS, *_BINDING]

VALID = ISSUES.token(CLIENT, exp=int(time.time()) + 3600)
_FIRST, _SECOND, _THIRD = VALID.split(".")
_SAYS = ISSUES.claims(CLIENT)
_DEEP = b"[" * 3000
#: What is no signed JWT: name, what is sent behind "Bearer ", why it is refused.
RAW: list[tuple[str, str, str]] = [
    ("one part", "x", _NO_JWT),
    ("two parts", f"{_FIRST}.{_SECOND}", _NO_JWT),
    ("four parts", f"{VALID}.x", _NO_JWT),
    ("five parts, as JWE has", f"{VALID}.x.x", _NO_JWT),
    ("no signature", f"{_FIRST}.{_SECOND}.", _NO_JWT),
    ("padding", f"{VALID}==", _NO_JWT),
    ("base64 with a plus", f"{_FIRST}.{_SECOND}.+{_THIRD[1:]}", _NO_JWT),
    ("a blank inside", f"{VALID[:20]} {VALID[20:]}", _NO_JWT),
    ("a comma, as of two headers", f"{VALID},Bearer {VALID}", _NO_JWT),
    ("no token", "", _NO_JWT),
    ("longer than the bound", f"{VALID}{'A' * 8192}", "longer than 8192"),
    ("a signature cut short", VALID[:-4], _SIGNATURE),
    ("a signature with bytes more", f"{VALID}AAAA", _SIGNATURE),
    ("a signature that begins as DER", str(Texts(_FIRST, _SECOND, "MEUCIQ")), _SIGNATURE),
    ("a signature of zeros", str(Texts(_FIRST, _SECOND, tokens.b64(bytes(64)))), _SIGNATURE),
    ("another payload", str(Texts(_FIRST, "e30", _THIRD)), _SIGNATURE),
    ("a header of five characters", f"AAAAA.{_SECOND}.{_THIRD}", "its header is not base64url"),
    ("a header that is no JSON", compact(b"{", _SAYS, KEY), "its header is no JSON"),
    ("a header that is a list", compact(b"[]", _SAYS, KEY), "its header is no object"),
    ("a header that is deep", compact(_DEEP, _SAYS, KEY), "its header is no JSON"),
    ("a header that is no UTF-8", compact(b'{"a": "\xff"}', _SAYS, KEY), "its header is no JSON"),
    ("a payload that is no JSON", compact(ISSUES.header(), b"{", KEY), "its payload is no JSON"),
    ("a payload that is a list", compact(ISSUES.header(), [], KEY), "its payload is no object"),
    ("a payload that is text", compact(ISSUES.header(), "x", KEY), "its payload is no object"),
    ("a payload that is deep", compact(ISSUES.header(), _DEEP, KEY), "its payload is no JSON"),
    ("a payload in latin-1", compact(ISSUES.header(), b'"\xe9"', KEY), "its payload is no JSON"),
]
