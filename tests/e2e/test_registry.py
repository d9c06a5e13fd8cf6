"""Who is registered, while the stack runs: four workers and a function, and one file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Self
from urllib.parse import quote

import pytest

from stack import cli
from stack.native import NativeStack
from stack.settings import ROOT
from tests.builders import Files
from tests.conftest import Pki, require, settings, started
from tests.e2e import wire
from tests.e2e.wire import Answer
from tests.unit.service.certs import HEADER

TTL = 1.0
WORKERS = 4
SUSPENDED = "client-suspended"


@pytest.fixture(scope="module")
def running(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    wanted = settings(pki, tmp_path_factory.mktemp("run"))
    asked = {"WORKERS": str(WORKERS), "REGISTRY_TTL": f"{TTL:g}s"}
    yield from started(replace(wanted, inherited={**wanted.inherited, **asked}))


def clients(stack: NativeStack, *words: str) -> str:
    """What `flask clients` says over the registry of *stack*; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "service.wsgi", "clients", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **stack.settings.registry},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(stack: NativeStack, client: Files, front: str = "alb", path: str = "/whoami") -> Answer:
    port = {"alb": stack.settings.alb_port, "api-gateway": stack.settings.api_gateway_port}[front]
    request = wire.WHOAMI.replace(b"/whoami", path.encode())
    answer = wire.ask(port, wire.tls(stack.settings.pki_home / "ca.pem", client), request)
    assert answer is not None
    return answer


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3 * wire.PATIENCE
    while not true():
        assert time.monotonic() < deadline


def told(
    status: int, stack: NativeStack, client: Files, front: str, *, path: str = "/whoami"
) -> Answer:
    """The first answer with *status*: the next one may be of a worker that does not know it yet."""
    deadline = time.monotonic() + 3 * wire.PATIENCE
    while (answer := ask(stack, client, front, path)).status != status:
        assert time.monotonic() < deadline
    return answer


@pytest.mark.parametrize("front", ["alb", "api-gateway"])
def test_whoever_is_on_the_lists_needs_no_registration(
    running: NativeStack, billing: Files, outsider: Files, front: str
) -> None:
    answer = ask(running, billing, front)
    assert answer.status == 200
    assert "client" not in answer.json()
    assert ask(running, outsider, front).problem == "certificate-not-allowed"


def test_both_fronts_have_one_registry(running: NativeStack, pki: Pki) -> None:
    carol = Files(*pki.client("carol", "--uri", "spiffe://elsewhere.example/carol"))
    fronts = ("alb", "api-gateway")
    assert [ask(running, carol, front).status for front in fronts] == [403, 403]
    words = ("--organization", "Carol Ltd", "--scope", "orders:read")
    clients(running, "add", "carol", "--certificate", str(carol.pem), *words)
    for front in fronts:
        said = told(200, running, carol, front).json()["client"]
        assert (said["id"], said["organization"]) == ("carol", "Carol Ltd")
    clients(running, "suspend", "carol")
    for front in fronts:
        assert told(403, running, carol, front).problem == SUSPENDED


def test_the_command_that_make_up_names_makes_an_administrator(
    running: NativeStack, alice: Files
) -> None:
    fronts = ("alb", "api-gateway")
    line = cli._register(running)
    _, _, command = line.partition(": ")
    assert [ask(running, alice, front, "/clients").status for front in fronts] == [403, 403]
    done = subprocess.run(
        ["sh", "-c", command.replace(".venv/bin/flask", f"{sys.executable} -m flask")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert alice.pem.is_relative_to(running.settings.pki_home)
    for front in fronts:
        listed = told(200, running, alice, front, path="/clients").json()["items"]
        ids = [one["id"] for one in listed]
        assert "alice" in ids


class Load:
    """Requests of a client, one after the other in each of some threads, and what came of them."""

    def __init__(self, stack: NativeStack, client: Files) -> None:
        self.answers: list[tuple[float, float, str]] = []  #: asked at, answered at, what
        self._stack, self._client = stack, client
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(WORKERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            asked = time.monotonic()
            answer = ask(self._stack, self._client)
            self.answers.append((asked, time.monotonic(), said(answer)))

    def more(self, count: int) -> None:
        """Wait until so many more have been answered."""
        before = len(self.answers)
        until(lambda: len(self.answers) >= before + count)


class Workers:
    """The workers of a stack's service, asked one by one, over the socket that the proxy has."""

    def __init__(self, stack: NativeStack, client: Files) -> None:
        self._socket = stack.settings.run_dir / "service.sock"
        leaf = quote(client.pem.read_text(), safe="+/=")
        lines = ("GET /whoami HTTP/1.1", "Host: x", "Connection: close", f"{HEADER}: {leaf}")
        self._request = "\r\n".join((*lines, "", "")).encode()
        table = subprocess.run(
            [require("ps"), "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        pairs = [tuple(map(int, line.split())) for line in table.splitlines()]
        self._pids = [pid for pid, parent in pairs if parent == stack.service.pid()]
        assert len(self._pids) == WORKERS

    def answers(self) -> list[str]:
        """What each of them says, while the others stand still."""
        return [self._alone(pid) for pid in self._pids]

    def _alone(self, pid: int) -> str:
        others = [other for other in self._pids if other != pid]
        try:
            for other in others:
                os.kill(other, signal.SIGSTOP)
            until(lambda: all(stands_still(other) for other in others))
            (answer,) = wire.answers(wire.exchange_unix(self._socket, self._request))
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)
        return said(answer)


def stands_still(pid: int) -> bool:
    state = subprocess.run(
        [require("ps"), "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=True
    ).stdout
    return state.strip().startswith("T")


def said(answer: Answer) -> str:
    return "allowed" if answer.status == 200 else answer.problem


def test_a_suspension_is_seen_by_every_worker_within_the_ttl_under_load(
    running: NativeStack, pki: Pki
) -> None:
    """What is asserted is an order: who asks when the TTL is over gets what is in force."""
    dave = Files(*pki.client("dave"))
    workers = Workers(running, dave)
    clients(running, "add", "dave", "--certificate", str(dave.pem))
    phases = []
    with Load(running, dave) as load:
        for change, expected in (("", "allowed"), ("suspend", SUSPENDED), ("resume", "allowed")):
            if change:
                clients(running, change, "dave")
            changed = time.monotonic()
            until(lambda changed=changed: time.monotonic() > changed + TTL)  # type: ignore[misc]
            begin = time.monotonic()
            assert workers.answers() == [expected] * WORKERS
            load.more(20 * WORKERS)
            phases.append((begin, time.monotonic(), expected))
    for begin, end, expected in phases:
        found = [what for asked, done, what in load.answers if begin < asked and done < end]
        assert set(found) == {expected}
        assert len(found) >= WORKERS


@pytest.fixture
def newcomer(running: NativeStack) -> Files:
    """Whom nobody has asked for yet, and the lists admit."""
    return Files(*Pki(running.settings.pki_home).client(f"client-{uuid.uuid4().hex[:8]}"))


@pytest.fixture
def away(running: NativeStack, newcomer: Files) -> Iterator[None]:
    """The registry's file is not where it was; afterwards it is."""
    path = running.settings.run_dir / "registry.sqlite"
    elsewhere = path.with_suffix(".away")
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)
        for front in ("alb", "api-gateway"):
            until(lambda front=front: ask(running, newcomer, front).status == 200)  # type: ignore[misc]


@pytest.mark.parametrize("front", ["alb", "api-gateway"])
@pytest.mark.usefixtures("away")
def test_while_the_registry_is_away_the_unknown_are_told_to_come_again(
    running: NativeStack, newcomer: Files, front: str
) -> None:
    answer = ask(running, newcomer, front)
    assert (answer.status, answer.problem) == (503, "registry-unavailable")
    assert answer.headers["retry-after"] == "5"
    # Of four workers one has found out, and may not be the one that is asked how it is.
    until(lambda: health(running, newcomer, front)["state"] == "unavailable")


def health(stack: NativeStack, client: Files, front: str) -> dict[str, str]:
    said = ask(stack, client, front, "/health").json()
    assert said["status"] == ("ok" if said["registry"]["state"] == "ok" else "degraded")
    return dict(said["registry"])
