"""TOKEN_…: together or not at all, and nothing that could be changed on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.token_settings import DEFAULT_ALGORITHMS, TokenSettings, read
from tests.tokens import AUDIENCE, ISSUER, issuer

GOOD = {
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": AUDIENCE,
    "TOKEN_JWKS": "https://issuer.example.org/jwks",
}


def faults(**changed: str) -> list[str]:
    told: list[str] = []
    read({**GOOD, **changed}, told)
    return told


def test_nothing_said_is_nothing_wanted() -> None:
    told: list[str] = []
    assert read({}, told) is None
    assert read({"TOKEN_ISSUER": " ", "TOKEN_JWKS": ""}, told) is None
    assert told == []


def test_a_good_environment_is_read() -> None:
    told: list[str] = []
    assert read(GOOD, told) == TokenSettings(ISSUER, AUDIENCE, GOOD["TOKEN_JWKS"])
    found = read({**GOOD, "TOKEN_ALGORITHMS": "ES256, PS256"}, told)
    assert found is not None
    assert found.algorithms == {"ES256", "PS256"}
    assert found.is_url
    assert told == []


def test_no_algorithm_by_default_can_be_made_with_a_public_key() -> None:
    assert not {name for name in DEFAULT_ALGORITHMS if name.startswith(("HS", "none"))}


@pytest.mark.parametrize("left", ["TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_JWKS"])
def test_one_that_is_missing_is_told(left: str) -> None:
    (told,) = faults(**{left: ""})
    assert told.startswith(f"{left} is missing")
    assert faults(TOKEN_ISSUER="", TOKEN_AUDIENCE="", TOKEN_JWKS="", TOKEN_ALGORITHMS="ES256")


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example.org",
        "HTTPS://issuer.example.org:8443/keys?v=1",
        "https://[2001:db8::1]/keys",
        "http://127.0.0.1:8080/keys",
        "http://[::1]/keys",
        "http://localhost/keys",
    ],
)
def test_a_place_of_keys_that_nobody_on_the_way_can_change_is_taken(url: str) -> None:
    assert faults(TOKEN_JWKS=url) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example.org/keys",
        "http://127.0.0.1.example.org/keys",
        "http://localhost.example.org/keys",
        "http://127.0.0.1@issuer.example.org/keys",
        "http://10.0.0.1/keys",
        "http://0.0.0.0/keys",
        "https://user:password@issuer.example.org/keys",
        "https:///keys",
        "https://issuer.example.org/keys#one",
        "https://issuer.example.org/ke ys",
        "https://issuer.example.org/k\u00e9ys",
        "https://issuer.example.org:99999/keys",
        "https://issuer.example.org:x/keys",
        "ftp://issuer.example.org/keys",
        "file:///etc/jwks.json",
        "s3://bucket/jwks.json",
    ],
)
def test_another_place_is_refused_with_its_value(url: str) -> None:
    (told,) = faults(TOKEN_JWKS=url)
    assert told.startswith(f"TOKEN_JWKS is {url!r}; ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TOKEN_ISSUER", "issuer"),
        ("TOKEN_ISSUER", "https://a b"),
        ("TOKEN_ISSUER", "https://" + "x" * 2000),
        ("TOKEN_AUDIENCE", "a b"),
        ("TOKEN_AUDIENCE", "\u00e9"),
        ("TOKEN_ALGORITHMS", "none"),
        ("TOKEN_ALGORITHMS", "HS256"),
        ("TOKEN_ALGORITHMS", "ES256 HS256"),
        ("TOKEN_ALGORITHMS", "es256"),
        ("TOKEN_ALGORITHMS", ","),
    ],
    ids=range(10),
)
def test_a_fault_names_its_variable_and_value(variable: str, value: str) -> None:
    (told,) = faults(**{variable: value})
    assert told.startswith(f"{variable} is {value!r}; ")


def test_a_file_without_keys_that_count_is_refused_at_start(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    (told,) = faults(TOKEN_JWKS=str(path))
    assert "No such file" in told
    path.write_bytes(issuer().jwks(use="enc"))
    (told,) = faults(TOKEN_JWKS=str(path))
    assert "its use is not sig" in told
    path.write_bytes(issuer().jwks())
    assert faults(TOKEN_JWKS=str(path)) == []
    (told,) = faults(TOKEN_JWKS=str(path), TOKEN_ALGORITHMS="RS256")
    assert "no algorithm that counts fits it" in told
