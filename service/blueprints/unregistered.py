"""What stands in for /clients where there is no client registry."""

from typing import NoReturn

from flask import Blueprint

from service.contract.declared import undocumented
from service.problems import NotFound

bp = Blueprint("unregistered", __name__)


@bp.route("/clients", methods=["GET", "POST"])
@bp.route("/clients/<path:_rest>", methods=["GET", "POST", "PUT", "DELETE"])
@undocumented
def unregistered(_rest: str = "") -> NoReturn:
    """Say why there is nothing."""
    raise NotFound("there is no client registry: CLIENT_REGISTRY is not set")
