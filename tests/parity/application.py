"""The product's own application, and the echo beside it: under gunicorn, in Lambda, in a test."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Flask

from service.app import create_app
from service.config import Config
from tests.parity import echo

#: Who may call: as stack/settings.py has it.
ALLOW = {
    "ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
    "ALLOW_URIS": "spiffe://example.org/*",
}


def created(env: Mapping[str, str]) -> Flask:
    """The application as *env* asks for it."""
    app = create_app(Config.from_env(env))
    app.register_blueprint(echo.bp)
    return app


@cache
def wsgi() -> Flask:
    """Where gunicorn comes in: 'tests.parity.application:wsgi()'."""
    return created(os.environ)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Where Lambda comes in."""
    # It reads the environment as it is imported.
    from service.lambda_handler import respond

    return respond(wsgi(), event, context, base_path=Config.from_env(os.environ).base_path)
