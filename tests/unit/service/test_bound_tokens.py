"""Bearer tokens that are bound to the caller's certificate: one good one, and what is not it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import tokens
from tests.tokens import compact
from tests.unit.service.token_rows import BAD, CLIENT, GOOD, ISSUES, KEY, OTHER, RAW, VALID, Row
from tests.unit.service.token_views import INVALID, MISSING, application, ask, refused


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return application(tmp_path_factory.mktemp("tokens"))


def test_the_good_token_is_let_in(app: Flask) -> None:
    response = ask(app, f"Bearer {ISSUES.token(CLIENT)}")
    assert response.status_code == 200, response.text
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_may_be_spelled_in_any_case(app: Flask, scheme: str) -> None:
    assert ask(app, f"{scheme} {ISSUES.token(CLIENT)}").status_code == 200


def test_the_tables_are_large_and_names_are_unique() -> None:
    names = [*(row.name for row in [*GOOD, *BAD]), *(row[0] for row in RAW)]
    assert len(set(names)) == len(names)
    assert len(BAD) + len(RAW) >= 80


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.name)
def test_what_differs_and_does_not_matter_is_let_in(app: Flask, row: Row) -> None:
    response = ask(app, f"Bearer {row.token}")
    assert response.status_code == 200, response.text


def because(capsys: pytest.CaptureFixture[str]) -> str:
    """What the one line of the log says of the verdict."""
    (text,) = [line for line in capsys.readouterr().err.splitlines() if '"path"' in line]
    line = json.loads(text)
    assert line["verdict"] == "denied"
    return str(line["because"])


@pytest.mark.parametrize("row", BAD, ids=lambda row: row.name)
def test_one_thing_wrong_is_refused(
    app: Flask, row: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(ask(app, f"Bearer {row.token}")) == INVALID
    assert row.why
    assert row.why in because(capsys)


@pytest.mark.parametrize(("token", "why"), [row[1:] for row in RAW], ids=[row[0] for row in RAW])
def test_what_is_no_signed_jwt_is_refused(
    app: Flask, token: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(ask(app, f"Bearer {token}")) == INVALID
    assert why in because(capsys)
    assert ask(app, f"Bearer {VALID}").status_code == 200


@pytest.mark.parametrize("sent", [None, "", " ", "Basic YTpi", "DPoP x.y.z", f"JWT {VALID}", VALID])
def test_a_request_without_a_bearer_token_is_told_of_no_error(app: Flask, sent: str | None) -> None:
    """RFC 6750, 3.1: whoever did not know that one is needed gets no error code."""
    assert refused(ask(app, sent)) == MISSING


def test_a_token_elsewhere_than_in_the_header_does_not_count(app: Flask) -> None:
    for more in (
        {"path": f"/bound?access_token={VALID}"},
        {"path": "/bound", "method": "POST", "data": {"access_token": VALID}},
    ):
        assert refused(ask(app, None, **more)) == MISSING


def test_a_view_that_wants_none_does_not_look(app: Flask) -> None:
    for sent in (None, "Bearer x", f"Bearer {VALID}"):
        assert ask(app, sent, "/whoami").status_code == 200


def test_the_log_has_the_reason_and_the_caller_and_the_log_have_no_token(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    row = next(row for row in BAD if row.name == "stolen")
    response = ask(app, f"Bearer {row.token}")
    text = capsys.readouterr().err
    assert "the token: it is bound to another certificate" in text
    assert "another certificate" not in response.text
    for part in row.token.split("."):
        assert part not in text


def test_a_long_kid_does_not_fill_the_log(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(app, f"Bearer {ISSUES.token(CLIENT, header={'kid': 'k' * 3000})}")
    assert "k" * 65 not in capsys.readouterr().err


def test_without_an_issuer_no_token_is_right(tmp_path: Path) -> None:
    off = {"TOKEN_ISSUER": "", "TOKEN_AUDIENCE": "", "TOKEN_JWKS": ""}
    app = application(tmp_path, **off)
    assert refused(ask(app, f"Bearer {VALID}")) == MISSING
    assert ask(app, None, "/whoami").status_code == 200


def test_what_was_checked_once_is_still_held_against_time_and_caller(app: Flask) -> None:
    stolen = f"Bearer {VALID}"
    assert ask(app, stolen).status_code == 200
    assert refused(ask(app, stolen, certificate=OTHER)) == INVALID
    assert ask(app, stolen).status_code == 200


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=300))
@example("Bearer ..")
@example("Bearer e30.e30.e30")
@example("Bearer " + tokens.b64(b'{"alg":"ES256","kid":"\\ud800"}') + ".e30.e30")
@example("Bearer " + tokens.b64(b'{"alg":"ES256","typ":1e999}') + ".e30.e30")
def test_garbage_in_the_header_is_refused_and_never_a_crash(app: Flask, sent: str) -> None:
    for authorization in (sent, f"Bearer {sent}"):
        assert ask(app, authorization).status_code == 401


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
_NAMES = st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "cnf", "scope", "sub", "x5t#S256"])
_HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "cty"])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.dictionaries(_HEADERS, _JSON, max_size=2),
    claims=st.dictionaries(_NAMES, _JSON, max_size=3),
)
def test_whatever_a_signed_token_says_is_let_in_or_refused_and_never_a_crash(
    app: Flask, header: dict[str, object], claims: dict[str, object]
) -> None:
    made = compact(ISSUES.header(**header), ISSUES.claims(CLIENT, **claims), KEY)
    assert ask(app, f"Bearer {made}").status_code in {200, 401}
