"""What the README and the Makefile say, held against what is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from cryptography import x509

from pki.cli import main as pki_command
from service.app import create_app
from service.config import Config
from service.registry.cli import clients
from tests.conftest import require
from tests.unit.service.certs import HEADER, as_alb_sends, leaf, pem

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def make(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [require("make"), *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_bare_make_lists_every_command() -> None:
    listed = make().stdout
    targets = re.findall(r"(?m)^([a-z]+):.*##", (ROOT / "Makefile").read_text())
    assert {"up", "down", "logs", "reload", "test", "check", "bench", "help"} <= set(targets)
    for target in targets:
        assert f"make {target}" in listed


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_pki_command_in_the_readme_exists() -> None:
    assert isinstance(pki_command, click.Group)
    commands = pki_command.list_commands(click.Context(pki_command))
    named = re.findall(r"python -m pki (\w+)|run --rm pki (\w+)", README)
    assert named
    for words in named:
        assert set(words) & set(commands), words


def test_the_example_blueprint_of_the_readme_works(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, Any] = {"__name__": "service.blueprints"}
    exec(compile(code, "hello.py", "exec"), names)  # noqa: S102
    registry = {"CLIENT_REGISTRY": f"sqlite:///{tmp_path}/registry.sqlite"}
    words = ("--organization", "Example Ltd", "--uri", "spiffe://example.org/billing")
    add = ("add", "billing", "--scope", "orders:read", *words)
    assert CliRunner().invoke(clients, add, env=registry).exit_code == 0
    env = {"CLIENT_CERT_SOURCE": "alb-verify", "TRUSTED_PROXIES": "127.0.0.1", **registry}
    app = create_app(Config.from_env({**env, "ALLOW_SUBJECTS": "CN=alice"}))
    app.register_blueprint(names["bp"])

    def ask(*certificate: x509.Certificate) -> Any:
        headers = {HEADER: as_alb_sends(*certificate)} if certificate else {}
        return app.test_client().get("/hello", headers=headers)

    billing, alice = leaf(), leaf(subject="CN=alice", names=())
    assert ask(billing).json == {"hello": "Example Ltd", "certificate": "CN=billing,O=Example"}
    assert "insufficient-scope" in ask(alice).text
    assert "certificate-required" in ask().text


def test_the_transcript_of_the_clients_command_is_what_it_says(tmp_path: Path) -> None:
    """Each line that begins with `$ clients`, and what it says below, over an empty registry."""
    billing = tmp_path / ".pki/clients/billing.pem"
    billing.parent.mkdir(parents=True)
    billing.write_text(pem(leaf()))
    transcript = next(block for block in consoles() if "$ clients()" in block)
    setup, *typed = re.split(r"(?m)^\$ (?=clients [a-z])", transcript)
    assert setup.count("clients() {") == 2
    flask = f"{sys.executable} -m flask --app service.wsgi clients"
    function = setup.splitlines()[1].removeprefix("$ ").replace(".venv/bin/flask --app", "FLASK")
    assert "CLIENT_REGISTRY=sqlite:///.run/registry.sqlite FLASK service.wsgi clients" in function
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    env["CLIENT_REGISTRY"] = f"sqlite:///{tmp_path}/registry.sqlite"
    for entry in typed:
        command, _, expected = entry.partition("\n")
        done = subprocess.run(
            ["sh", "-c", f'clients() {{ {flask} "$@"; }}; {command}'],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        shown = expected.replace("…\n", "").splitlines()
        assert [dated(line) for line in done.stdout.splitlines()][: len(shown)] == [
            dated(line) for line in shown
        ], command
    assert (tmp_path / "clients.csv").read_text().startswith("id,organization,status,")


def consoles() -> list[str]:
    return re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)


def dated(line: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "DATE", line).rstrip()


def test_every_variable_of_the_readme_is_read_by_the_service() -> None:
    files = [ROOT / "service/config.py", *(ROOT / "service").glob("*_settings.py")]
    read = "".join(file.read_text() for file in files)
    tokens = (ROOT / "docs/tokens.md").read_text()
    for variable in re.findall(r"(?m)^\| `([A-Z_]+)`", README + tokens):
        assert f'"{variable}"' in read, variable


@pytest.mark.parametrize("version", ["2.7", "3.9"])
def test_an_old_python_is_one_clear_error(tmp_path: Path, version: str) -> None:
    """A PATH on which every Python says that it is too old."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"):
        fake = tmp_path / name
        fake.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit 1\n'
        )
        fake.chmod(0o755)
    done = make("up", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 2
    assert f"error: no Python 3.11 or newer was found (Python {version})" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
