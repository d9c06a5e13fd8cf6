"""The issuer's keys change, or cannot be had, while the service runs; over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.tokens import Issuer, issuer
from tests.unit.service.token_issuer import Site, reply, site
from tests.unit.service.token_rows import CLIENT, KEY
from tests.unit.service.token_views import INVALID, application, ask, config, created, refused

OLD = issuer(old=KEY)
NEW = issuer(new=builders.p256())
BOTH = Issuer({**OLD.keys, **NEW.keys})


class Clock:
    """What time.time() says to the part that keeps the keys: it is set forward by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        import time

        real = time.time
        monkeypatch.setattr("service.app.time.time", lambda: real() + self.ahead)


@pytest.fixture
def jwks() -> Iterator[Site]:
    with site() as found:
        found.answer = reply(OLD.jwks())
        yield found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def by(one: Issuer, **changed: Any) -> str:
    return f"Bearer {one.token(CLIENT, **{'exp': 1 << 33, **changed})}"


UNAVAILABLE = (503, "token-keys-unavailable", "")


def test_a_new_key_counts_as_soon_as_a_token_names_it(
    tmp_path: Path, jwks: Site, clock: Clock
) -> None:
    app = application(tmp_path, TOKEN_JWKS=jwks.url)
    assert ask(app, by(OLD)).status_code == 200
    clock.ahead += 10
    assert refused(ask(app, by(NEW))) == INVALID
    jwks.answer = reply(BOTH.jwks())
    clock.ahead += 10
    assert ask(app, by(NEW)).status_code == 200
    assert ask(app, by(OLD)).status_code == 200
    assert len(jwks.asked) == 3


def test_invented_kids_do_not_make_us_ask_the_issuer_more_than_once_in_ten_seconds(
    tmp_path: Path, jwks: Site, clock: Clock
) -> None:
    app = application(tmp_path, TOKEN_JWKS=jwks.url)
    clock.ahead += 10
    for number in range(50):
        assert refused(ask(app, by(OLD, header={"kid": f"x{number}"}))) == INVALID
    assert len(jwks.asked) == 2


def test_a_key_that_was_taken_back_takes_its_tokens_along(tmp_path: Path, clock: Clock) -> None:
    """One that was checked a moment ago, too."""
    file = tmp_path / "jwks.json"
    file.write_bytes(BOTH.jwks())
    app, token = application(tmp_path), by(OLD)
    assert ask(app, token).status_code == 200
    file.write_bytes(NEW.jwks())
    clock.ahead += 1
    assert refused(ask(app, token)) == INVALID
    assert ask(app, by(NEW)).status_code == 200


def test_an_issuer_that_is_down_from_the_start_closes_the_views_that_need_it_alone(
    tmp_path: Path, jwks: Site, clock: Clock
) -> None:
    jwks.answer = reply(status=500)
    app = application(tmp_path, TOKEN_JWKS=jwks.url)
    response = ask(app, by(OLD))
    assert refused(response) == UNAVAILABLE
    assert response.headers["Retry-After"] == "5"
    assert ask(app, None, "/whoami").status_code == 200
    # Whatever the issuer's keys are, this is none of its tokens.
    assert refused(ask(app, "Bearer x")) == INVALID
    jwks.answer = reply(OLD.jwks())
    clock.ahead += 10
    assert ask(app, by(OLD)).status_code == 200


def test_while_it_is_down_known_keys_go_on_and_nobody_can_tell_of_others(
    tmp_path: Path, jwks: Site, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    app = application(tmp_path, TOKEN_JWKS=jwks.url)
    jwks.answer = reply(status=500)
    clock.ahead += 10
    assert ask(app, by(OLD)).status_code == 200
    assert refused(ask(app, by(NEW))) == UNAVAILABLE
    assert "it answered 500" in capsys.readouterr().err
    clock.ahead += 2 * 3600
    assert refused(ask(app, by(OLD))) == UNAVAILABLE


def test_in_lambda_the_first_request_that_needs_keys_fetches_them(
    tmp_path: Path, jwks: Site, clock: Clock
) -> None:
    """Not the start, which a snapshot would keep; and the one that finds them old waits."""
    app = created(config(tmp_path, TOKEN_JWKS=jwks.url), stands_still=True)
    assert ask(app, None, "/whoami").status_code == 200
    assert jwks.asked == []
    assert ask(app, by(OLD)).status_code == 200
    jwks.answer = reply(BOTH.jwks())
    clock.ahead += 300
    assert ask(app, by(NEW)).status_code == 200
    assert len(jwks.asked) == 2


def test_health_says_whether_there_are_keys_and_takes_no_target_out(
    tmp_path: Path, jwks: Site, clock: Clock
) -> None:
    app = application(tmp_path, TOKEN_JWKS=jwks.url)

    def said() -> tuple[str, str]:
        response = app.test_client().get("/health")
        assert response.status_code == 200
        assert response.json is not None
        return response.json["status"], response.json["token_keys"]["state"]

    assert said() == ("ok", "fresh")
    jwks.answer = reply(status=500)
    clock.ahead += 10
    ask(app, by(NEW))
    assert said() == ("degraded", "stale")
    clock.ahead += 2 * 3600
    ask(app, by(OLD))
    assert said() == ("degraded", "unavailable")
    jwks.answer = reply(OLD.jwks())
    clock.ahead += 10
    ask(app, by(OLD))
    assert said() == ("ok", "fresh")


def test_health_says_nothing_of_keys_where_no_token_is_wanted(tmp_path: Path) -> None:
    off = {"TOKEN_ISSUER": "", "TOKEN_AUDIENCE": "", "TOKEN_JWKS": ""}
    response = application(tmp_path, **off).test_client().get("/health")
    assert response.json is not None
    assert set(response.json) == {"status", "revocation", "registry"}
