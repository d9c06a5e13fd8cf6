"""`python -m aws doctor` as it is typed: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import pytest
from click.testing import CliRunner

from aws.cli import main
from tests.conftest import free_port
from tests.unit.aws.doctor import peers
from tests.unit.aws.doctor.peers import OK, Tls, answering, listening, response, speaking
from tests.unit.aws.doctor.world import World


def run(*words: str) -> click.testing.Result:
    return CliRunner().invoke(main, ["doctor", *words])


def words(world: World, port: int) -> list[str]:
    client = ["--cert", str(world.client.pem), "--key", str(world.client.key)]
    return [f"https://localhost:{port}", "--ca", str(world.ca), *client]


def test_a_healthy_api_is_told_in_lines(world: World) -> None:
    tls = Tls(world.server, world.clients, alpn=("h2", "http/1.1"))
    with listening(speaking(tls, answering(OK))) as port:
        done = run(*words(world, port), "--truststore", str(world.clients))
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"https://localhost:{port}"
    # The server sends no Date.
    assert [line.split()[:2] for line in lines[1:11]] == [
        [{"clock": "-"}.get(what, "ok"), what]
        for what in "url dns tcp tls clock server asks client anonymous http".split()  # noqa: SIM905
    ]
    assert "TLSv1.3 and TLSv1.2, with HTTP/2" in done.stdout
    assert "GET /whoami: 200 application/json, GET /health: 200 application/json" in done.stdout
    assert lines[-1] == "nothing is wrong, as far as can be seen from here"


def test_a_finding_is_an_error_with_its_hint(world: World) -> None:
    port = free_port()
    done = run(*words(world, port))
    assert (done.exit_code, done.stderr) == (1, "")
    error, hint = done.stdout.splitlines()[-2:]
    assert error.startswith(f"error: doctor.tcp.refused: nobody answers on port {port}: ")
    assert hint.startswith("  hint: start it (on a laptop: make up)")
    assert "  NO  tcp" in done.stdout
    assert "  -   tls        not looked at" in done.stdout


def test_a_warning_does_not_fail(world: World) -> None:
    missing = response("404 Not Found")
    tls = Tls(world.server, world.clients, is_optional=True)
    with listening(speaking(tls, answering(OK, anonymous=missing))) as port:
        done = run(*words(world, port))
    assert done.exit_code == 0
    assert "\nwarning: doctor.anonymous.answered: " in done.stdout
    assert "  !!  anonymous  404" in done.stdout


def test_json_has_all_of_it(world: World) -> None:
    with listening(speaking(Tls(world.server), answering(OK, anonymous=OK))) as port:
        done = run(*words(world, port), "--json")
    value = json.loads(done.stdout)
    assert (done.exit_code, value["is_healthy"]) == (1, False)
    assert value["url"] == f"https://localhost:{port}"
    assert [one["code"] for one in value["findings"]] == [
        "doctor.asks.nothing",
        "doctor.anonymous.accepted",
    ]
    assert set(value["findings"][0]) >= {"severity", "code", "message", "hint", "about", "source"}
    states = {one["what"]: one["state"] for one in value["looked_at"]}
    assert (states["asks"], states["anonymous"], states["server"]) == ("NO", "NO", "ok")


def test_the_hint_has_what_was_typed(world: World, tmp_path: Path) -> None:
    """A path with a blank is quoted, so that the command can be typed."""
    strange = tmp_path / "my clients.pem"
    strange.write_text(world.ca.read_text())
    forbidden = peers.gateway("403 Forbidden", b'{"message":"Forbidden"}', "ForbiddenException")
    with listening(speaking(Tls(world.server, world.clients), answering(forbidden))) as port:
        done = run(*words(world, port), "--truststore", str(strange))
    assert "  NO  http       GET /whoami: 403 application/json" in done.stdout
    assert "error: doctor.client.would-be-refused: 'CN=billing,O=Example'" in done.stdout
    assert f"python -m pki explain {world.client.pem} --truststore '{strange}'" in done.stdout


def test_what_a_stranger_says_is_escaped(world: World) -> None:
    body = b'{"message": "\\u001b[2Jgone"}'
    answer = answering(response("403 Forbidden", body, "Content-Type: a\x07b"))
    with listening(speaking(Tls(world.server, world.clients), answer)) as port:
        for option in ((), ("--json",)):
            done = run(*words(world, port), *option)
            assert "gone" in done.stdout
            # Of ANSI's codes click would strip some; nobody strips a bell.
            assert not {"\x1b", "\x07"} & set(done.stdout)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "missing argument 'URL'"),
        (("ftp://x",), "the scheme is 'ftp', expected https"),
        (("https://x:0",), "the port is 0"),
        (("https://me@x",), "a URL with a user in it"),
        (("https://x", "--cert", "a"), "--cert and --key go together"),
        (("https://x", "--key", "a"), "--cert and --key go together"),
        (("https://x", "--no-such", "x"), "no such option"),
    ],
)
def test_wrong_usage_is_exit_code_2(given: tuple[str, ...], message: str) -> None:
    done = run(*given)
    assert (done.exit_code, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second == "  hint: python -m aws doctor --help"


@pytest.mark.parametrize("option", ["--ca", "--truststore"])
def test_a_file_that_cannot_be_read_is_two_lines(world: World, tmp_path: Path, option: str) -> None:
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        for content in (None, b"", b"nonsense"):
            file = tmp_path / "file"
            if content is not None:
                file.write_bytes(content)
            done = run(f"https://localhost:{port}", option, str(file))
            assert (done.exit_code, done.stdout) == (1, "")
            assert done.stderr.startswith("error: ")
            assert "\n  hint: " in done.stderr
