"""GET /openapi.json and GET /docs: the API, as its views declare it; for admitted clients."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from service.contract.declared import declared

bp = Blueprint("description", __name__)


@bp.get("/openapi.json")
@declared(returns=dict[str, object])
def openapi() -> Response:
    """Describe the API, for programs: OpenAPI 3.1."""
    return Response(_made()[0], mimetype="application/json")


@bp.get("/docs")
@declared(media_type="text/html; charset=utf-8", headers=("Content-Security-Policy",))
def docs() -> Response:
    """Describe the API, for people: one page that needs nothing from elsewhere."""
    from service.contract.reference_page import POLICY  # noqa: PLC0415

    response = Response(_made()[1], mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _made() -> tuple[str, str]:
    """The document and the page, made at the first request: the function starts without."""
    made: dict[str, tuple[str, str]] = current_app.extensions.setdefault("description", {})
    server = request.script_root or "/"
    if server not in made:
        from service.contract.openapi import document  # noqa: PLC0415
        from service.contract.reference_page import page  # noqa: PLC0415

        found = document(current_app, server)
        made[server] = (current_app.json.dumps(found) + "\n", page(found))
    return made[server]
