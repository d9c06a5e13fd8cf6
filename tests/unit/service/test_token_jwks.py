"""Which of an issuer's keys count, for which signatures."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from service.token_settings import DEFAULT_ALGORITHMS
from service.tokens.jwks import MOST_KEYS, InvalidJwks, KeySet, read
from tests import builders
from tests.tokens import ABSENT, b64, jwks, public_jwk
from tests.unit.service.token_rows import ED, KEY, P384, RSA

GOOD = public_jwk(KEY, kid="one")
OTHER = public_jwk(P384, kid="two")
SMALL = builders.rsa_key(1024)


def found(*keys: dict[str, object]) -> KeySet:
    return read(jwks(*keys), DEFAULT_ALGORITHMS)


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (GOOD, {"ES256"}),
        (OTHER, {"ES384"}),
        (public_jwk(RSA, kid="rsa"), {"RS256", "PS256"}),
        (public_jwk(RSA, kid="rsa", alg="PS256"), {"PS256"}),
        (public_jwk(ED, kid="ed"), {"EdDSA", "Ed25519"}),
        (public_jwk(ED, kid="ed", alg="Ed25519"), {"Ed25519"}),
        ({**GOOD, "use": "sig", "key_ops": ["verify"], "x5c": ["x"], "more": {}}, {"ES256"}),
        (public_jwk(KEY, kid="one", use=ABSENT), {"ES256"}),
    ],
    ids=["P-256", "P-384", "RSA", "RSA, PS256", "Ed25519", "Ed25519, alg", "members", "no use"],
)
def test_a_key_checks_what_its_type_and_its_issuer_say(
    key: dict[str, object], algorithms: set[str]
) -> None:
    (one,) = found(key).keys
    assert one.algorithms == algorithms
    assert one.kid == key["kid"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({**GOOD, "use": "enc"}, "use"),
        ({**GOOD, "key_ops": ["sign"]}, "key_ops"),
        ({**GOOD, "key_ops": "verify"}, "key_ops"),
        ({**GOOD, "kid": 1}, "no text"),
        ({**GOOD, "kty": None}, "no text"),
        ({**GOOD, "crv": ["P-256"]}, "no text"),
        ({**GOOD, "crv": "P-384"}, "cannot be read"),
        ({**GOOD, "crv": "secp256k1"}, "no algorithm"),
        ({**GOOD, "alg": "ES384"}, "no algorithm"),
        ({**GOOD, "alg": "HS256"}, "no algorithm"),
        ({**GOOD, "alg": "none"}, "no algorithm"),
        ({**GOOD, "kty": "RSA"}, "cannot be read"),
        ({**GOOD, "kty": "AKP"}, "no algorithm"),
        ({**GOOD, "x": b64(bytes(32))}, "cannot be read"),
        ({**GOOD, "x": "!"}, "cannot be read"),
        ({**GOOD, "x": 1}, "cannot be read"),
        ({**GOOD, "x": GOOD["y"], "y": GOOD["x"]}, "cannot be read"),
        ({"kty": "EC", "crv": "P-256", "kid": "one"}, "cannot be read"),
        (public_jwk(SMALL, kid="small"), "RSA of 1024 bits"),
        (public_jwk(ec.generate_private_key(ec.SECP521R1()), kid="x"), "no algorithm"),
    ],
    ids=lambda value: "key" if isinstance(value, dict) else value,
)
def test_a_key_that_does_not_count_is_left_out_and_takes_no_other_along(
    key: dict[str, object], why: str
) -> None:
    read_ = found(key, OTHER)
    assert [one.kid for one in read_.keys] == ["two"]
    (said,) = read_.left_out
    assert why in said
    with pytest.raises(InvalidJwks, match="no key that counts"):
        found(key)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({"kty": "oct", "k": b64(b"secret")}, "symmetric"),
        ({**GOOD, "d": b64(bytes(32))}, "private"),
        ({**public_jwk(RSA), "p": "x"}, "private"),
    ],
    ids=["oct", "d", "p"],
)
def test_a_set_with_a_secret_in_it_is_refused_whole(key: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidJwks, match=why):
        found(GOOD, key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b'{"keys": []}',
        json.dumps(GOOD).encode(),
        b"[" * 100_000,
        jwks(*[GOOD] * (MOST_KEYS + 1)),
    ],
    ids=range(12),
)
def test_what_is_no_key_set_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidJwks):
        read(data, DEFAULT_ALGORITHMS)


def test_a_kid_finds_its_key_and_two_of_one_name_find_none() -> None:
    keys = found(GOOD, OTHER)
    one = keys.find("one", "ES256")
    assert one is not None
    assert one.public.public_numbers() == KEY.public_key().public_numbers()
    assert keys.find(None, "ES256") is one
    assert keys.find("two", "ES256") is None
    assert keys.find("three", "ES256") is None
    twice = found(GOOD, public_jwk(builders.p256(), kid="one"), OTHER)
    assert twice.find("one", "ES256") is None
    assert twice.find(None, "ES256") is None
    assert twice.find(None, "ES384") is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid", "key_ops"])


@given(
    start=st.sampled_from([GOOD, public_jwk(RSA), public_jwk(ED)]),
    changed=st.dictionaries(_MEMBERS, _JSON, min_size=1),
)
def test_whatever_is_in_a_key_it_counts_or_is_left_out_and_never_a_crash(
    start: dict[str, object], changed: dict[str, object]
) -> None:
    assert "two" in {key.kid for key in found({**start, **changed}, OTHER).keys}
