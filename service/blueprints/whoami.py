"""GET /whoami: who the caller is, as the certificate says, and as it is registered."""

from flask import Blueprint

from service.identity import current_client

bp = Blueprint("whoami", __name__)


@bp.get("/whoami")
def whoami() -> dict[str, object]:
    """Return what the caller's certificate says, and who that is, if it is registered."""
    client = current_client()
    said = client.certificate.as_dict()
    if client.id:
        registered = {"id": client.id, "organization": client.organization}
        said["client"] = {**registered, "scopes": sorted(client.scopes)}
    return said
