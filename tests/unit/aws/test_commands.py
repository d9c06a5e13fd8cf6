"""The manners of `python -m aws`: quick help, two lines for a refusal, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography import x509

from aws import truststore
from aws.cli import main
from stack.settings import ROOT
from tests import builders
from tests.unit.aws.project import Project

COMMANDS = (
    *(("truststore",), ("truststore", "pack"), ("build",), ("deploy",), ("doctor",)),
    *(("watch-expiry",), ("mtls",), ("mtls", "off"), ("mtls", "on"), ("endpoint", "off")),
    *(("certificate", "request"), ("certificate", "import"), ("crl", "push")),
)


def run(*words: str) -> click.testing.Result:
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("command", [(), *COMMANDS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(command: tuple[str, ...], option: str) -> None:
    done = run(*command, option)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: python -m aws")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no command given"),
        (("nonsense",), "no such command 'nonsense'"),
        (("truststore",), "no command given"),
        (("truststore", "pack", "a", "b"), "got unexpected extra argument (b)"),
        (("build", "--set", "Architecture"), "'Architecture' is no NAME=VALUE"),
        (("build", "--set", "=x"), "'=x' is no NAME=VALUE"),
        (("build", "--set", "A=1", "--set", "A=2"), "--set A is given twice"),
        (("deploy", "--wait", "-1"), "-1 is not in the range"),
        (("deploy", "--yes", "--json"), "--json is for --check-only"),
        (("deploy",), "nobody could be asked here: give --yes"),
        (("deploy", "--nonsense"), "no such option"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...], message: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second.startswith("  hint: python -m aws")
    assert second.endswith("--help")


def test_the_same_value_twice_is_no_contradiction(tmp_path: Path) -> None:
    project = Project(tmp_path, "mtls-api")
    words = ("--set", "Architecture=arm64")
    assert project.run("build", *words, *words).exit_code == 0


@pytest.mark.parametrize("missing", ["template.yaml", "samconfig.toml"])
def test_a_folder_that_is_not_the_repository_is_told(tmp_path: Path, missing: str) -> None:
    project = Project(tmp_path, "mtls-api")
    (project.home / missing).unlink()
    done = project.run("build")
    if missing == "samconfig.toml":
        assert done.exit_code == 0
    else:
        assert done.exit_code == 1
        assert done.stderr.startswith("error: there is no template.yaml here\n  hint: cd ")


@pytest.mark.parametrize(
    ("error", "code", "stderr"),
    [
        (KeyboardInterrupt(), 130, "\n"),
        (
            PermissionError(13, "Permission denied", "x"),
            1,
            "error: cannot use 'x': permission denied\n",
        ),
    ],
)
def test_what_the_system_says_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, stderr: str
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(truststore, "pack", fails)
    done = run("truststore", "pack")
    assert done.exit_code == code
    assert done.stderr.startswith(stderr)


def test_what_a_stranger_wrote_is_escaped(tmp_path: Path) -> None:
    """A subject may hold anything, a terminal's control characters too."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x\x1b[2Jy")])
    source = tmp_path / "leaf.pem"
    source.write_text(builders.leaf(issuer=None, subject=name).pem)
    done = run("truststore", "pack", str(source))
    assert done.exit_code == 1
    assert "\x1b" not in done.stderr
    assert "error: truststore.root-missing" in done.stderr


def imported(*words: str) -> set[str]:
    """What `python -m aws *words*` imports."""
    code = (
        "import runpy, sys, contextlib, io\n"
        f"sys.argv = ['aws', *{words!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('aws', run_name='__main__')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("deploy", "--help"),
        ("truststore", "pack", "/no"),
        ("watch-expiry", "--help"),
        ("watch-expiry", "--truststore", "tests/vectors/truststores/renewed-in-time.pem"),
    ],
)
def test_what_does_not_ask_aws_does_not_import_boto3(words: tuple[str, ...]) -> None:
    found = imported(*words)
    assert {"click", "aws"} <= found
    assert found & {"boto3", "botocore", "urllib3"} == set()


def test_the_list_of_commands_imports_none_of_them() -> None:
    assert "yaml" not in imported("--help")
    assert "yaml" in imported("deploy", "--help")  # its teeth


def test_the_list_of_commands_says_what_their_own_help_does() -> None:
    assert isinstance(main, click.Group)
    ctx = click.Context(main)
    listed = run("--help").stdout.partition("Commands:")[2].splitlines()
    for name in main.list_commands(ctx):
        command = main.get_command(ctx, name)
        assert command
        (line,) = [line for line in listed if line.split()[:1] == [name]]
        said = line.partition(name)[2].strip().removesuffix("...").rstrip()
        assert len(said) > 20
        assert command.get_short_help_str(200).startswith(said)


def test_a_command_that_asks_aws_does() -> None:
    """The teeth of the test above."""
    assert "botocore" in imported("deploy", "--check-only", "--region", "eu-central-1")
