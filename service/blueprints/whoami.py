"""GET /whoami: who the caller is, as the certificate says, and as it is registered."""

from typing import NotRequired, TypedDict

from flask import Blueprint

from service.contract.declared import declared
from service.identity import current_client

bp = Blueprint("whoami", __name__)


class Registered(TypedDict):
    """Who the caller is in the client registry, and what they may."""

    id: str
    organization: str
    scopes: list[str]


class Whoami(TypedDict):
    """What the caller's certificate says; client: only of one who is registered."""

    subject: str
    issuer: str
    serial_number: str
    fingerprint: str
    not_before: str
    not_after: str
    dns_names: list[str]
    uris: list[str]
    emails: list[str]
    ip_addresses: list[str]
    client: NotRequired[Registered]


@bp.get("/whoami")
@declared(returns=Whoami)
def whoami() -> dict[str, object]:
    """Return what the caller's certificate says, and who that is, if it is registered."""
    client = current_client()
    said = client.certificate.as_dict()
    if client.id:
        registered = {"id": client.id, "organization": client.organization}
        said["client"] = {**registered, "scopes": sorted(client.scopes)}
    return said
