"""What the function imports in a fresh interpreter: it has to start fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENV = {"CLIENT_CERT_SOURCE": "api-gateway", "ALLOW_SUBJECTS": "CN=billing"}
NEVER = {"boto3", "botocore", "gunicorn", "requests", "urllib3", "pki", "proxy", "stack", "tests"}


def imported(code: str) -> set[str]:
    code += "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENV, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_function_imports_nothing_that_it_does_not_need() -> None:
    """click comes with flask, which imports it for its own command line."""
    ours = imported("import service.lambda_handler")
    assert {"service", "flask", "awsgi", "cryptography"} <= ours
    assert ours & NEVER == set()
    assert ("click" in ours) == ("click" in imported("import flask"))


def test_revocation_costs_nothing_where_it_is_off() -> None:
    code = "import service.lambda_handler, sys; print(*(n for n in sys.modules if 'revoc' in n))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENV, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["service.revocation_settings"]
    assert "subprocess" not in imported("import service.lambda_handler")


@pytest.mark.parametrize("module", ["gunicorn", "requests"])
def test_an_import_too_many_would_be_seen(module: str) -> None:
    assert imported(f"import service.lambda_handler, {module}") & NEVER
