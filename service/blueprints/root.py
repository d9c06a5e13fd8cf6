"""GET /: what this is."""

from flask import Blueprint, url_for

bp = Blueprint("root", __name__)


@bp.get("/")
def root() -> dict[str, object]:
    """Name the API and where to go."""
    return {
        "name": "an API for holders of a trusted client certificate",
        "links": {"self": url_for("root.root"), "whoami": url_for("whoami.whoami")},
    }
