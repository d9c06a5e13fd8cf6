"""GET /health: for load balancers, which have no client certificate."""

from flask import Blueprint

from service.identity import public

bp = Blueprint("health", __name__)


@bp.get("/health")
@public
def health() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}
