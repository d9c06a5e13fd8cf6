"""docs/tokens.md and examples/issue_token.py, held against what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.unit.service.certs import HEADER, as_alb_sends, leaf, pem
from tests.unit.service.registered import Registered, registration

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/tokens.md").read_text()
BILLING = leaf()
ALICE = leaf(names=(x509.UniformResourceIdentifier("spiffe://example.org/alice"),))


@dataclass(frozen=True)
class World:
    """The document's views, behind the example's issuer."""

    api: Registered
    token: str


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / ".pki/clients").mkdir(parents=True)
    (tmp_path / ".pki/clients/billing.pem").write_text(pem(BILLING))
    token = issued(tmp_path)
    (exported,) = re.findall(r"(?m)^\$ export (TOKEN_.*)$", DOCUMENT)
    env = dict(pair.split("=") for pair in exported.split())
    env["TOKEN_JWKS"] = str(tmp_path / env["TOKEN_JWKS"])
    made = Registered.at(tmp_path / "clients.sqlite", env)
    made.add(registration("alice"))
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    names: dict[str, Any] = {"__name__": "service.blueprints"}
    exec(compile(code, "hello.py", "exec"), names)  # noqa: S102
    made.app.register_blueprint(names["bp"])
    return World(made, token)


def issued(folder: Path) -> str:
    (words,) = re.findall(r"(?m)^\$ \.venv/bin/python (examples/issue_token\.py .*?) >", DOCUMENT)
    script, *arguments = words.split()
    return subprocess.run(
        [sys.executable, ROOT / script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def shown(world: World, certificate: x509.Certificate, *, token: bool = True) -> str:
    """As the transcript has it."""
    headers = {"Authorization": f"Bearer {world.token}"} if token else {}
    sent = {HEADER: as_alb_sends(certificate), **headers}
    response = world.api.ask("GET", "/hello", headers=sent)
    said = response.headers.get("WWW-Authenticate")
    challenge = f"www-authenticate: {said}\n" if said else ""
    return f"HTTP/2 {response.status_code}\n{challenge}{response.text}"


def test_the_transcript_is_what_happens(world: World) -> None:
    told = shown(world, BILLING), shown(world, BILLING, token=False), shown(world, ALICE)
    transcript = DOCUMENT.partition("```console")[2].partition("```")[0]
    assert "".join(told) == re.sub(r"(?m)^\$.*\n", "", transcript).lstrip("\n")
    assert f'"because": "{world.api.lines[-1]["because"]}"' in DOCUMENT


def test_the_documents_other_view_wants_the_scope_of_both(world: World) -> None:
    bearer = {"Authorization": f"Bearer {world.token}"}
    none: dict[str, str] = {}
    leaves = ((BILLING, bearer, 200), (BILLING, none, 401), (ALICE, bearer, 403))
    for certificate, headers, status in leaves:
        sent = {HEADER: as_alb_sends(certificate), **headers}
        assert world.api.ask("GET", "/orders-of-today", headers=sent).status_code == status


def test_every_problem_of_the_document_is_one() -> None:
    problems = (ROOT / "docs/problems.md").read_text()
    named = re.findall(r"\| (\d{3}) `([a-z-]+)`", DOCUMENT)
    assert len(named) == 5
    for status, slug in named:
        assert f"`{slug}` | {status}" in problems
