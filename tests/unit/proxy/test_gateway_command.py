"""python -m proxy gateway, as a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.proxy.front import Connection, as_nginx
from tests.unit.proxy.requests_made import truststore

ROOT = Path(__file__).resolve().parents[3]
FUNCTION = "tests.unit.proxy.front:echo"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="gw"))
    truststore(made)
    yield made
    shutil.rmtree(made)


def command(folder: Path, *more: str, invoke: str = FUNCTION) -> list[str]:
    words = [sys.executable, "-m", "proxy", "gateway", "--socket", str(folder / "s")]
    words += ["--truststore", str(folder / "truststore.pem"), "--invoke", invoke]
    return [*words, *more]


def start(words: list[str], path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            Connection(path).close()
        except OSError:
            time.sleep(0.01)
            continue
        return process
    process.kill()
    raise AssertionError(process.communicate()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(folder: Path, number: signal.Signals) -> None:
    words = command(folder, "--payload", "2.0", "--base-path", "/v1/", "--domain-name", "A.b")
    process = start(words, folder / "s")
    connection = Connection(folder / "s")
    event = connection.ask(as_nginx("GET /v1/x")).json()
    assert event["rawPath"] == "/x"
    assert event["requestContext"]["stage"] == "$default"
    assert event["requestContext"]["domainName"] == "a.b"
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    connection.close()
    assert process.returncode == 0
    assert "Traceback" not in said
    assert '"httpMethod": "GET"' in said
    assert not (folder / "s").exists()


def test_an_old_socket_gives_way(folder: Path) -> None:
    first = start(command(folder), folder / "s")
    first.kill()
    first.communicate()
    assert (folder / "s").exists()
    second = start(command(folder, "--binary-media-types", "*/*"), folder / "s")
    connection = Connection(folder / "s")
    event = connection.ask(as_nginx("POST /x", body=b"hi")).json()
    connection.close()
    second.terminate()
    second.communicate(timeout=20)
    assert event["body"] == "aGk="
    assert event["requestContext"]["stage"] == "prod"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--truststore", "nowhere.pem"), "cannot read 'nowhere.pem'"),
        (("--truststore", "README.md"), "holds no PEM certificate"),
        (("--invoke", "nope:handler"), "cannot import 'nope:handler'"),
        (("--invoke", "ftp://x"), "expected module:function or a URL"),
        (("--socket", "README.md"), "is no socket"),
        (("--socket", "/nowhere/s"), "cannot listen on '/nowhere/s'"),
        (("--socket", "/tmp/" + "x" * 200), "cannot listen on"),  # noqa: S108
        (("--base-path", "a b"), "--base-path is 'a b'"),
        (("--client-rate", "20"), "--client-rate is '20', expected so many a second or minute"),
        (("--client-rate", "20/s"), "--client-burst is '', expected so many at once"),
        (("--domain-name", "a/b"), "--domain-name is 'a/b'"),
    ],
)
def test_a_mistake_is_an_error_and_a_hint(
    folder: Path, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from proxy.cli import main

    with pytest.raises(SystemExit) as caught:
        main(command(folder, *more)[3:])
    assert caught.value.code == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert hint.startswith("  hint: ")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["gateway"],
        ["nope"],
        *(
            ["gateway", "--socket", "s", "--truststore", "t", "--invoke", "i", *more]
            for more in (["--rate", "0"], ["--burst", "x"], ["--timeout", "-1"])
        ),
        ["gateway", "--socket", "s", "--truststore", "t", "--invoke", "i", "--payload", "3.0"],
    ],
)
def test_wrong_usage_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from proxy.cli import main

    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: python -m proxy" in capsys.readouterr().err


def test_help_shows_a_command_that_could_be_typed() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "proxy", "gateway", "--help"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--invoke service.lambda_handler:handler" in shown
