"""GET /whoami: who the caller is, as the certificate says."""

from flask import Blueprint

from service.identity import current_client

bp = Blueprint("whoami", __name__)


@bp.get("/whoami")
def whoami() -> dict[str, object]:
    """Return what the caller's certificate says."""
    return current_client().as_dict()
