"""What the layers share: a PKI made by our own tools, a running stack, and the rule for tools."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from pki.cli import main as pki_command
from stack.native import NativeStack
from stack.settings import Settings

os.environ["PATH"] += ":/usr/sbin:/usr/local/sbin"

pytest_plugins = ["tests.fakes.fixture", "tests.dynamodb.fixture"]


def require(tool: str) -> str:
    """The path of *tool*. Missing: the test is skipped on a laptop and fails in CI."""
    path = shutil.which(tool)
    if path is None:
        missing(f"{tool} is not installed")
    return path or ""


def missing(what: str) -> None:
    """Skip on a laptop, fail where REQUIRE_ALL_TESTS=1."""
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        pytest.fail(what)
    pytest.skip(what)


_LONGEST_ID = 60  #: characters of a text, or octets, in a test's name


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its argument and not by long content, which may be another in each process."""
    return argname if isinstance(val, str | bytes) and len(val) > _LONGEST_ID else None


#: Folders whose tests share what is slow to start, or of which there is one on a machine.
_TOGETHER = ("containers", "e2e", "packaging", "parity", "registry")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what runs in one process where there are several (pytest-xdist): a file, or a folder."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).parts
        group = place[0] if place[0] in _TOGETHER else "/".join(place)
        item.add_marker(pytest.mark.xdist_group({"containers": "packaging"}.get(group, group)))


_given: set[int] = set()
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = 3_000  #: of each of up to four processes


def free_port() -> int:
    """A loopback port that nobody listens on, and that was not given before.

    Below 32768, from where on Linux takes ports for connections that go out; of this process alone.
    """
    first = 20_000 + _PORTS * (_WORKER % 4)
    while True:
        port = random.randrange(first, first + _PORTS)  # noqa: S311
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


@dataclass(frozen=True)
class Pki:
    """The folder of a PKI, and `python -m pki` over it, in this process."""

    home: Path

    def run(self, *words: str) -> str:
        """The output of `python -m pki *words*`, which must succeed."""
        result = CliRunner().invoke(pki_command, words, env={"PKI_HOME": str(self.home)})
        assert result.exit_code == 0, result.output
        return result.output

    def client(self, name: str, *options: str) -> tuple[Path, Path]:
        """Certificate and key of the client *name*, issued if it is not there."""
        pem, key = (self.home / f"clients/{name}.{ending}" for ending in ("pem", "key"))
        if not pem.exists():
            self.run("issue", "client", name, *options)
        return pem, key

    @property
    def ca(self) -> Path:
        return self.home / "ca.pem"

    @property
    def truststore(self) -> Path:
        return self.home / "truststore.pem"


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Root, issuing CA, server leaf for localhost, client `billing`."""
    made = Pki(tmp_path_factory.mktemp("pki"))
    made.run("init")
    made.run("issue", "server", "localhost", "127.0.0.1", "::1")
    made.client("billing")
    return made


def settings(pki: Pki, run_dir: Path, mtls_mode: str = "verify", **allow: str) -> Settings:
    """Settings of a stack of its own, on a free port."""
    return Settings(
        alb_port=free_port(),
        api_gateway_port=free_port(),
        pki_port=free_port(),
        mtls_mode=mtls_mode,
        pki_home=pki.home,
        run_dir=run_dir,
        # Most tests bring CAs that have no CRL; those on revocation set the variable.
        inherited={"PATH": os.environ["PATH"], "WORKERS": "1", "REVOCATION_CRLS": "", **allow},
    )


@pytest.fixture(scope="session")
def stack(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """The stack as `make up` starts it without Docker: real gunicorn, real nginx, verify mode."""
    yield from started(settings(pki, tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="session")
def passthrough_stack(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """The same with MTLS_MODE=passthrough."""
    yield from started(settings(pki, tmp_path_factory.mktemp("run"), "passthrough"))


def started(wanted: Settings) -> Iterator[NativeStack]:
    """A running stack; ended by its pids when the generator is closed."""
    require("nginx")
    running = NativeStack(wanted)
    running.up(lambda _line: None)
    try:
        yield running
    finally:
        running.down()
