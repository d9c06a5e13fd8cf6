"""Whoever sends nothing does not keep a thread from the others."""

import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki import delegate, patience
from pki.responder import Responder
from pki.store import Store
from tests.unit.pki.folder import made
from tests.unit.pki.test_responder import REQUEST, Answer, request


def asked_over(app: Responder, sent: bytes) -> list[str]:
    """The status of a POST of which *sent* arrives and no more, though the client stays."""
    ours, theirs = socket.socketpair()
    found: list[str] = []
    with ours, theirs, ours.makefile("rb") as body:
        theirs.sendall(sent)
        more = {
            "CONTENT_TYPE": REQUEST, "CONTENT_LENGTH": str(len(sent) + 1),
            "gunicorn.socket": ours, "wsgi.input": body,
        }  # fmt: skip
        answers = threading.Thread(
            target=lambda: found.append(Answer(app, "POST", "/ocsp", **more).status_of), daemon=True
        )
        answers.start()
        answers.join(30)  # without an end nobody would wait for it
        assert ours.gettimeout() == patience.ANSWER
    return found


def test_a_client_that_does_not_send_its_body_does_not_keep_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    delegate.renew(Store(pki.home), bytes, datetime.now(UTC))
    app = Responder(Store(pki.home))
    monkeypatch.setattr(patience, "BODY", 0.05)
    assert asked_over(app, b"0") == ["MALFORMED_REQUEST"]
    assert asked_over(app, request(pki, "a")) == ["GOOD"]
