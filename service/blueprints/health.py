"""GET /health: for load balancers, which have no client certificate."""

from datetime import UTC, datetime
from typing import Literal, NotRequired, TypedDict

from flask import Blueprint, current_app

from service.contract.declared import declared
from service.identity import public

bp = Blueprint("health", __name__)


class Revocation(TypedDict):
    """Whether it can be told who is revoked; age: seconds, of the oldest CRL in force."""

    state: Literal["off", "fresh", "stale", "none"]
    age: NotRequired[int]


class Registry(TypedDict):
    """Whether it can be told who is registered; since: when not."""

    state: Literal["off", "ok", "unavailable"]
    since: NotRequired[str]


class TokenKeys(TypedDict):
    """Whether there are keys of the token issuer, and could be renewed."""

    state: Literal["fresh", "stale", "unavailable"]


class Health(TypedDict):
    """Whether everything is as it should be; degraded is 200 as well."""

    status: Literal["ok", "degraded"]
    revocation: Revocation
    registry: Registry
    token_keys: NotRequired[TokenKeys]


@bp.get("/health")
@public
@declared(returns=Health)
def health() -> dict[str, object]:
    """Say that the process answers, and whether it can tell who is revoked and registered.

    "degraded" is 200 as well: a load balancer would take out every target at once, for a CRL, a
    store or an issuer that none of them gets.
    """
    parts = {"revocation": _revocation(), "registry": _registry(), **_token_keys()}
    is_well = all(part["state"] in {"off", "ok", "fresh"} for part in parts.values())
    return {"status": "ok" if is_well else "degraded", **parts}


def _revocation() -> dict[str, object]:
    keeper = current_app.extensions.get("revocation")
    if keeper is None:
        return {"state": "off"}
    return dict(keeper.refresher.revocation.health(datetime.now(UTC)).as_dict())


def _registry() -> dict[str, object]:
    known = current_app.extensions.get("registry")
    return {"state": "off"} if known is None else dict(known.health())


def _token_keys() -> dict[str, dict[str, object]]:
    """Where tokens are wanted; the rest of the API goes on without."""
    keys = current_app.extensions.get("tokens")
    return {} if keys is None else {"token_keys": dict(keys.health())}
