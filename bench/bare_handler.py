"""The least that a Flask function on Lambda can be which reads certificates: imports, one view."""

from __future__ import annotations

from typing import Any

import awsgi
import cryptography.x509  # noqa: F401
from flask import Flask

app = Flask(__name__, static_folder=None)


@app.get("/whoami")
def whoami() -> dict[str, object]:
    """Return a constant."""
    return {"subject": "CN=billing,O=Example"}


def handler(event: dict[str, Any], context: object) -> Any:  # noqa: ANN401
    """Answer one event of a REST API."""
    return awsgi.response(app, event, context)
