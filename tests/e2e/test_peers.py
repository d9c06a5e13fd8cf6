"""The service's own socket: who may speak for the terminator, and what may be said."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.native import NativeStack
from stack.programs import VENV
from stack.settings import ROOT
from tests.e2e import vectors, wire
from tests.e2e.vectors import Cast, Vector
from tests.e2e.wire import Answer

TRUSTED, UNTRUSTED = vectors.load("trusted_peer"), vectors.load("untrusted_peer")
HONEST = next(vector for vector in TRUSTED if vector.name == "honest")


@pytest.fixture(scope="module")
def trusting(stack: NativeStack) -> Path:
    """The socket of a service that trusts whoever reaches it."""
    return stack.settings.run_dir / "service.sock"


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a service that trusts one address, and no socket."""
    folder = tmp_path_factory.mktemp("wary")
    path = folder / "service.sock"
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [VENV / "bin/gunicorn", "-c", ROOT / "service/gunicorn.conf.py"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "WORKERS": "1",
                "BIND": f"unix:{path}",
                "CLIENT_CERT_SOURCE": "alb-verify",
                "TRUSTED_PROXIES": vectors.TRUSTED_PROXY,
                "ALLOW_URIS": "spiffe://example.org/*",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + wire.PATIENCE
        while not path.exists():
            assert process.poll() is None, (folder / "service.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield path
    finally:
        process.terminate()
        process.wait(wire.PATIENCE)


def asked(path: Path, vector: Vector, cast: Cast) -> Answer:
    (answer,) = wire.answers(wire.exchange_unix(path, vector.as_bytes(cast.values)))
    return answer


def outcome(answer: Answer) -> str:
    if answer.headers["content-type"] != "application/problem+json":
        return str(answer.status)
    return f"{answer.status} {answer.problem}"


@pytest.mark.parametrize("vector", TRUSTED, ids=lambda vector: vector.name)
def test_a_trusted_peer_hands_over_exactly_one_certificate(
    trusting: Path, cast: Cast, vector: Vector
) -> None:
    answer = asked(trusting, vector, cast)
    assert outcome(answer) in vector.expect
    if answer.status == 200:
        assert answer.json()["subject"] == "CN=alice,O=Example"
    else:
        assert b"alice" not in answer.body
    assert asked(trusting, HONEST, cast).status == 200


@pytest.mark.parametrize("vector", UNTRUSTED, ids=lambda vector: vector.name)
def test_the_word_of_an_untrusted_peer_does_not_count(
    wary: Path, trusting: Path, cast: Cast, vector: Vector
) -> None:
    assert outcome(asked(wary, vector, cast)) in vector.expect
    assert outcome(asked(wary, HONEST, cast)) == "403 certificate-required"
    assert asked(trusting, HONEST, cast).status == 200


def test_no_other_user_reaches_the_socket(trusting: Path) -> None:
    assert stat.S_IMODE(trusting.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(trusting.stat().st_mode) & 0o077 == 0
