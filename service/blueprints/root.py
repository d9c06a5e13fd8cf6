"""GET /: what this is."""

from typing import TypedDict

from flask import Blueprint, url_for

from service.contract.declared import declared

bp = Blueprint("root", __name__)


class Root(TypedDict):
    """What this is, and where to go."""

    name: str
    links: dict[str, str]


@bp.get("/")
@declared()
def root() -> Root:
    """Name the API and where to go."""
    return {
        "name": "an API for holders of a trusted client certificate",
        "links": {
            "self": url_for("root.root"),
            "whoami": url_for("whoami.whoami"),
            "openapi": url_for("description.openapi"),
            "docs": url_for("description.docs"),
        },
    }
