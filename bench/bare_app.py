"""A Flask application with one view and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask


def create_app(answer_file: str) -> Flask:
    """Answer GET /whoami with the JSON in *answer_file*, always."""
    answer: dict[str, object] = json.loads(Path(answer_file).read_text())
    app = Flask(__name__, static_folder=None)

    @app.get("/whoami")
    def whoami() -> dict[str, object]:
        return answer

    return app
