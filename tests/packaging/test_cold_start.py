"""What the function imports in a fresh interpreter: it has to start fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENV = {"CLIENT_CERT_SOURCE": "api-gateway", "ALLOW_SUBJECTS": "CN=billing"}
NEVER = {"boto3", "botocore", "gunicorn", "requests", "urllib3", "pki", "proxy", "stack", "tests"}


#: Nobody listens there: the first fetch fails, and the function starts all the same.
TOKENS = {
    "TOKEN_ISSUER": "https://issuer.example",
    "TOKEN_AUDIENCE": "https://api.example",
    "TOKEN_JWKS": "http://127.0.0.1:9/jwks.json",
}


def loaded(code: str, env: dict[str, str]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def imported(code: str) -> set[str]:
    return loaded(f"{code}; import sys; print(*{{n.partition('.')[0] for n in sys.modules}})", ENV)


def test_the_function_imports_nothing_that_it_does_not_need() -> None:
    """click comes with flask, which imports it for its own command line."""
    ours = imported("import service.lambda_handler")
    assert {"service", "flask", "awsgi", "cryptography"} <= ours
    assert ours & NEVER == set()
    assert ("click" in ours) == ("click" in imported("import flask"))


def test_revocation_costs_nothing_where_it_is_off() -> None:
    code = "import service.lambda_handler, sys; print(*(n for n in sys.modules if 'revoc' in n))"
    assert loaded(code, ENV) == {"service.revocation", "service.revocation.settings"}
    assert "subprocess" not in imported("import service.lambda_handler")


def test_tokens_and_api_keys_cost_nothing_where_they_are_off() -> None:
    """What refuses a view without them is there: the header's grammar, and no more of it."""
    code = "import service.lambda_handler, sys; print(*sys.modules)"
    off, on = loaded(code, ENV), loaded(code, {**ENV, **TOKENS})
    ours = {name for name in on if name.startswith("service.tokens")}
    assert {name for name in off if name in ours} == {"service.tokens", "service.tokens.bearer"}
    assert ours > {"service.tokens.bearer", "service.tokens.verification"}
    assert "service.registry.api_keys" not in off | on
    assert "jwt" in on - off


def test_orders_cost_nothing_where_there_is_no_registry(tmp_path: Path) -> None:
    code = "import service.lambda_handler, sys; print(*(n for n in sys.modules if 'orders' in n))"
    assert loaded(code, ENV) == set()
    there = loaded(code, {**ENV, "CLIENT_REGISTRY": f"sqlite:///{tmp_path}/clients.sqlite"})
    assert {"service.blueprints.orders", "service.orders.sqlite"} <= there
    assert "service.orders.dynamodb" not in there


def test_what_is_declared_costs_nothing_before_it_is_needed(tmp_path: Path) -> None:
    """msgspec holds bodies against types, and makes the document: of that nothing at the start."""
    code = "import service.lambda_handler, sys; print(*sys.modules)"
    clients = {"msgspec", "service.contract.inputs", "service.blueprints.clients"}
    described = {"service.contract.openapi", "service.contract.reference_page"}
    off = loaded(code, ENV)
    assert off & (clients | described) == set()
    assert {"service.blueprints.description", "service.blueprints.unregistered"} <= off
    on = loaded(code, {**ENV, "CLIENT_REGISTRY": f"sqlite:///{tmp_path}/clients.sqlite"})
    assert clients <= on
    assert on & described == set()


def test_throttling_costs_nothing_where_it_is_off() -> None:
    code = "import service.lambda_handler, sys; print(*(n for n in sys.modules if 'thrott' in n))"
    settings = {"service.throttle_settings"}
    assert loaded(code, ENV) == settings
    limited = {**ENV, "CLIENT_RATE": "20/s", "CLIENT_BURST": "40"}
    assert loaded(code, limited) == {*settings, "service.throttle"}


@pytest.mark.parametrize("module", ["gunicorn", "requests"])
def test_an_import_too_many_would_be_seen(module: str) -> None:
    assert imported(f"import service.lambda_handler, {module}") & NEVER
