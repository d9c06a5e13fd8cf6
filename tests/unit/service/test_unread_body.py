from __future__ import annotations

import io
import socket
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service import unread_body
from service.app import create_app
from service.config import Config
from tests.unit.service.certs import HEADER, as_alb_sends, leaf

ENV = {
    "CLIENT_CERT_SOURCE": "alb-verify",
    "TRUSTED_PROXIES": "127.0.0.1",
    "ALLOW_URIS": "spiffe://example.org/*",
}
ADMITTED, STRANGER = as_alb_sends(leaf()), "stranger"
PIECES = 5


class Body(io.BytesIO):
    """Some pieces, and how much of them was not read; an error instead of the first, if given."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(b"x" * PIECES * 65536)
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        if self.error:
            raise self.error
        return super().read(size)

    @property
    def unread(self) -> int:
        return len(self.getvalue()) - self.tell()


def ask(header: str, body: Any, **environ: Any) -> TestResponse:
    """The answer of GET /whoami, with the body and environ of a server."""
    framed = {"CONTENT_LENGTH": str(PIECES * 65536), "wsgi.input": body, **environ}
    given = {name: value for name, value in framed.items() if value is not None}
    client = create_app(Config.from_env(ENV)).test_client()
    return client.get("/whoami", headers={HEADER: header}, environ_overrides=given)


CHUNKED = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


@pytest.mark.parametrize("environ", [{}, CHUNKED], ids=["content-length", "chunked"])
@pytest.mark.parametrize(("header", "status"), [(ADMITTED, 200), (STRANGER, 400)])
def test_the_body_is_read_to_its_end(header: str, status: int, environ: dict[str, Any]) -> None:
    body = Body()
    assert ask(header, body, **environ).status_code == status
    assert body.unread == 0


def test_a_chunked_body_is_not_read_from_a_server_that_does_not_know_its_end() -> None:
    body = Body()
    ask(ADMITTED, body, **{**CHUNKED, "wsgi.input_terminated": None})
    assert body.unread == PIECES * 65536


def test_what_follows_the_body_is_left() -> None:
    body = Body()
    ask(ADMITTED, body, CONTENT_LENGTH="100000")
    assert body.unread == PIECES * 65536 - 100_000


@pytest.mark.parametrize("header", [ADMITTED, STRANGER])
def test_a_body_without_end_is_read_up_to_a_limit(
    header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_body, "MOST", 65536)
    body = Body()
    ask(header, body)
    assert body.unread == (PIECES - 1) * 65536


def test_only_an_admitted_client_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "PATIENCE", 0.0)
    body = Body()
    assert ask(STRANGER, body).status_code == 400
    assert body.unread == PIECES * 65536
    assert ask(ADMITTED, body).status_code == 200
    assert body.unread == 0


def test_a_read_that_waits_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "PATIENCE", 0.01)
    ours, theirs = socket.socketpair()
    # So that the test ends where the product would not.
    ours.settimeout(10)
    with ours, theirs, ours.makefile("rb", buffering=0) as body:
        theirs.sendall(b"x")
        assert ask(STRANGER, body, **{"gunicorn.socket": ours}).status_code == 400
        with pytest.raises(BrokenPipeError):
            theirs.sendall(b"x")


def test_a_connection_whose_body_came_stays_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        body = Body()
        assert ask(STRANGER, body, **{"gunicorn.socket": ours}).status_code == 400
        theirs.sendall(b"x")
        assert ours.recv(2) == b"x"


@pytest.mark.parametrize(("header", "status"), [(ADMITTED, 200), (STRANGER, 400)])
@pytest.mark.parametrize("error", [ConnectionResetError(), ValueError("no chunk")])
def test_a_body_that_cannot_be_read_changes_no_answer(
    header: str, status: int, error: Exception
) -> None:
    body = Body(error)
    assert ask(header, body).status_code == status
    assert body.unread == PIECES * 65536
