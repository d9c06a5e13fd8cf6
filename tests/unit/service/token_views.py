"""An application with views that want a token, a scope, or both; and who asks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography import x509
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.authorization import requires, requires_token
from service.config import Config
from service.identity import current_client
from tests.tokens import AUDIENCE, ISSUER
from tests.unit.service.certs import HEADER, as_alb_sends
from tests.unit.service.token_rows import CLIENT, ISSUES

CHALLENGE = 'Bearer realm="api"'
WRONG = f'{CHALLENGE}, error="invalid_token"'
INSUFFICIENT = f'{CHALLENGE}, error="insufficient_scope"'
INVALID = (401, "invalid-token", WRONG)
MISSING = (401, "invalid-token", CHALLENGE)

bp = Blueprint("tokens", __name__)


@bp.route("/bound", methods=["GET", "POST"])
@requires_token
def bound() -> dict[str, Any]:
    return {"scopes": sorted(current_client().scopes)}


@bp.get("/read")
@requires_token
@requires("orders:read")
def read() -> dict[str, Any]:
    return {"scopes": sorted(current_client().scopes)}


@bp.get("/write")
@requires("orders:write")
@requires_token
def write() -> dict[str, Any]:
    return {}


@bp.get("/admin")
@requires("clients:admin")
@requires_token
def admin() -> dict[str, Any]:
    return {}


def application(folder: Path, **env: str) -> Flask:
    """*env*: what differs; without it any client of example.org may call."""
    return created(config(folder, **env))


def created(config: Config, *, stands_still: bool = False) -> Flask:
    """*stands_still*: as in Lambda."""
    app = create_app(config, stands_still=stands_still)
    app.register_blueprint(bp)
    return app


def config(folder: Path, **env: str) -> Config:
    jwks = folder / "jwks.json"
    if not jwks.exists():
        jwks.write_bytes(ISSUES.jwks())
    base = {
        "CLIENT_CERT_SOURCE": "alb-verify",
        "TRUSTED_PROXIES": "127.0.0.1",
        "ALLOW_URIS": "spiffe://example.org/*",
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        "TOKEN_JWKS": str(jwks),
    }
    return Config.from_env({**base, **env})


def ask(
    app: Flask,
    authorization: str | None,
    path: str = "/bound",
    *,
    certificate: x509.Certificate = CLIENT,
    **more: Any,
) -> TestResponse:
    headers = {HEADER: as_alb_sends(certificate), **more.pop("headers", {})}
    if authorization is not None:
        headers["Authorization"] = authorization
    return app.test_client().open(path, headers=headers, **more)


def problem(response: TestResponse) -> str:
    body = json.loads(response.text)
    assert set(body) == {"type", "title", "status"}
    return str(body["type"]).removeprefix("urn:problem-type:")


def refused(response: TestResponse) -> tuple[int, str, str]:
    return response.status_code, problem(response), response.headers.get("WWW-Authenticate", "")
