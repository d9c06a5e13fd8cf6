"""A new truststore is taken while requests go on; a broken one is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.native import NativeStack
from stack.settings import ROOT
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki, settings, started
from tests.e2e import wire

Keep = Callable[[Holder], Files]


@pytest.fixture(scope="module", params=["verify", "passthrough"])
def own_stack(
    pki: Pki, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[NativeStack]:
    """A stack whose truststore is its own, and which admits every URI below example.org."""
    home = tmp_path_factory.mktemp("own") / "pki"
    shutil.copytree(pki.home, home)
    run_dir = tmp_path_factory.mktemp("run")
    allow = {"ALLOW_URIS": "spiffe://example.org/*"}
    yield from started(settings(Pki(home), run_dir, request.param, **allow))


@pytest.fixture
def truststore(own_stack: NativeStack, keep: Keep) -> Iterator[Path]:
    """The truststore of the running stack; afterwards what it was is in force again."""
    path = own_stack.settings.pki_home / "truststore.pem"
    was = path.read_text()
    yield path
    # Workers take it up when they like: a marker shows that all of them have.
    marker = builders.authority(subject="CN=Marker,O=Test")
    path.write_text(was + marker.pem)
    own_stack.reload()
    client = keep(builders.leaf(issuer=marker))
    wait_until(lambda: is_admitted(own_stack, client))
    path.write_text(was)


def is_admitted(stack: NativeStack, client: Files) -> bool:
    """Asked over a connection of its own."""
    ca = stack.settings.pki_home / "ca.pem"
    answer = wire.ask(stack.settings.alb_port, wire.tls(ca, client))
    assert answer is None or answer.status in {200, 403}
    return answer is not None and answer.status == 200


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until it is, and stays: an old worker of nginx takes connections a little longer."""
    deadline = time.monotonic() + wire.PATIENCE
    in_a_row = 0
    while in_a_row < 20:
        in_a_row = in_a_row + 1 if true() else 0
        assert time.monotonic() < deadline


def test_a_new_authority_is_trusted_after_a_reload_and_no_more_after_its_removal(
    own_stack: NativeStack, truststore: Path, billing: Files, keep: Keep
) -> None:
    partner = builders.authority(subject="CN=Partner,O=Partner")
    client = keep(builders.leaf(issuer=partner, uri="spiffe://example.org/partner"))
    was = truststore.read_text()
    assert not is_admitted(own_stack, client)
    truststore.write_text(was + partner.pem)
    assert not is_admitted(own_stack, client)
    own_stack.reload()
    wait_until(lambda: is_admitted(own_stack, client))
    assert is_admitted(own_stack, billing)
    truststore.write_text(was)
    own_stack.reload()
    wait_until(lambda: not is_admitted(own_stack, client))
    assert is_admitted(own_stack, billing)


def test_an_authority_can_replace_the_other(
    own_stack: NativeStack, truststore: Path, billing: Files, keep: Keep
) -> None:
    successor = builders.authority(subject="CN=Successor,O=Example")
    client = keep(builders.leaf(issuer=successor))
    truststore.write_text(successor.pem)
    own_stack.reload()
    wait_until(lambda: is_admitted(own_stack, client))
    wait_until(lambda: not is_admitted(own_stack, billing))


def test_a_request_in_flight_ends_well(
    own_stack: NativeStack, truststore: Path, billing: Files
) -> None:
    """Its body comes bit by bit, while its very authority is taken out of the truststore."""
    context = wire.tls(own_stack.settings.pki_home / "ca.pem", billing)
    with closing(wire.connect(own_stack.settings.alb_port, context)) as connection:
        connection.sendall(
            b"GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Length: 300000\r\n\r\n"
        )
        connection.sendall(b"x" * 100_000)
        truststore.write_text(builders.authority().pem)
        own_stack.reload()
        wait_until(lambda: not is_admitted(own_stack, billing))
        connection.sendall(b"x" * 200_000)
        received = b""
        while more := connection.recv(65536):
            received += more
    (answer,) = wire.answers(received)
    in_passthrough_the_service_decides = own_stack.settings.mtls_mode == "passthrough"
    assert answer.status == (403 if in_passthrough_the_service_decides else 200)


def test_no_request_fails_while_the_truststore_changes(
    own_stack: NativeStack, truststore: Path, billing: Files, keep: Keep
) -> None:
    context = wire.tls(own_stack.settings.pki_home / "ca.pem", billing)
    statuses: list[int | None] = []
    done = threading.Event()

    def ask_on_and_on() -> None:
        while not done.is_set():
            answer = wire.ask(own_stack.settings.alb_port, context)
            statuses.append(answer.status if answer else None)

    asking = threading.Thread(target=ask_on_and_on)
    asking.start()
    was = truststore.read_text()
    try:
        for number in range(4):
            extra = builders.authority(subject=f"CN=Extra {number},O=Test")
            client = keep(builders.leaf(issuer=extra))
            truststore.write_text(was + extra.pem)
            own_stack.reload()
            wait_until(lambda newest=client: is_admitted(own_stack, newest))  # type: ignore[misc]
    finally:
        done.set()
        asking.join()
    assert set(statuses) == {200}


def _truncated(good: str) -> str:
    return good[: len(good) - 200]


BROKEN: dict[str, Callable[[str], str]] = {
    "cut in its last certificate": _truncated,
    "cut in its first certificate": lambda good: good[:300],
    "words": lambda _: "hello\n",
    "empty": lambda _: "",
    "a key instead": lambda _: "-----BEGIN {0}-----\nMC4CAQAw\n-----END {0}-----\n".format(
        "PRIVATE " + "KEY"
    ),
    "base64 of something else": lambda _: (
        "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"
    ),
}


# What nginx would take, and nobody could come in by.
UNFIT: dict[str, Callable[[str], str]] = {
    "without its root": lambda good: good[: good.index("-----END") + 26],
    "a leaf alone": lambda _: builders.pem(builders.leaf(issuer=None).certificate),
    "a key in it": lambda good: good + BROKEN["a key instead"](""),
}


@pytest.mark.parametrize("kind", [*BROKEN, *UNFIT])
def test_a_broken_truststore_is_refused_and_the_old_one_stays(
    own_stack: NativeStack,
    truststore: Path,
    billing: Files,
    stranger: Files,
    kind: str,
) -> None:
    truststore.write_text((BROKEN | UNFIT)[kind](truststore.read_text()))
    with pytest.raises(StackError) as refused:
        own_stack.reload()
    assert refused.value.message
    assert refused.value.hint
    for _ in range(5):
        assert is_admitted(own_stack, billing)
        assert not is_admitted(own_stack, stranger)


@pytest.mark.parametrize("kind", BROKEN)
def test_the_proxys_own_reload_says_what_is_wrong_and_what_to_do(
    stack: NativeStack, billing: Files, tmp_path: Path, kind: str
) -> None:
    home = stack.settings.pki_home
    broken = tmp_path / "truststore.pem"

    def reload() -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": os.environ["PATH"],
            "ALB_LISTEN": f"127.0.0.1:{stack.settings.alb_port}",
            "RUN_DIR": str(stack.settings.run_dir / "proxy"),
            "SERVICE": f"unix:{stack.settings.run_dir}/service.sock",
            "TRUSTSTORE": str(broken),
            "SERVER_PEM": str(home / "server/localhost.pem"),
            "SERVER_KEY": str(home / "server/localhost.key"),
        }
        words = [str(ROOT / "proxy/run"), "reload"]
        return subprocess.run(words, env=env, capture_output=True, text=True, check=False)

    good = (home / "truststore.pem").read_text()
    broken.write_text(BROKEN[kind](good))
    refused = reload()
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert "\n  hint: " in refused.stderr
    assert is_admitted(stack, billing)
    broken.write_text(good)
    assert reload().returncode == 0
    stack.reload()
    wait_until(lambda: is_admitted(stack, billing))
