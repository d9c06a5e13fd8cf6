"""An API and its default endpoint: REST and HTTP APIs, read and changed by the same words."""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .account import Account
from .errors import AwsRefused, asking

_NOTE = " [default endpoint off: "
_READS, _CHANGES, _DEPLOYS = "apigateway:GET", "apigateway:PATCH", "apigateway:POST"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; takes_itself: what is changed in the API is deployed there at once."""

    name: str
    description: str = ""
    takes_itself: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """A REST or HTTP API. route: a path that it has, without a stage; "" if none is known."""

    id: str
    kind: str  #: REST or HTTP
    name: str
    is_off: bool
    stages: tuple[Stage, ...]
    stack_name: str = ""
    route: str = ""

    def path(self, stage: str) -> str:
        """Return the path of its route at *stage*."""
        return self.route if stage == "$default" else f"/{stage}{self.route}"


def read(account: Account, id_: str) -> Api:
    """Return the API *id_*; AwsRefused if there is none, or it has no public default endpoint."""
    for reader in (_rest, _http):
        try:
            return reader(account, id_)
        except AwsRefused as refused:
            if refused.code != "NotFoundException":
                raise
    raise AwsRefused(
        f"there is no API {id_!r} in {account}",
        "see: aws apigateway get-rest-apis; aws apigatewayv2 get-apis",
    )


def switch_off(account: Account, api: Api) -> None:
    """Switch the default endpoint of *api* off; it stays open until something is deployed."""
    with asking(f"switch the default endpoint of {api.id} off", _CHANGES):
        if api.kind == "REST":
            account.client("apigateway").update_rest_api(
                restApiId=api.id,
                patchOperations=[_replace("/disableExecuteApiEndpoint", "True")],
            )
        else:
            account.client("apigatewayv2").update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)


def touch(account: Account, api: Api, stage: Stage, now: datetime) -> None:
    """Change the description of *stage* of a REST API, and nothing that anybody meets."""
    note = f"{_NOTE}{now:%Y-%m-%dT%H:%M:%SZ}]"
    description = stage.description.partition(_NOTE)[0] + note
    with asking(f"change the description of the stage {stage.name!r} of {api.id}", _CHANGES):
        account.client("apigateway").update_stage(
            restApiId=api.id,
            stageName=stage.name,
            patchOperations=[_replace("/description", description.strip())],
        )


def deploy(account: Account, api: Api, stage: Stage) -> None:
    """Deploy *api* to *stage*, with all that was changed in it since it was deployed last."""
    what = "default endpoint off"
    with asking(f"deploy {api.id} to the stage {stage.name!r}", _DEPLOYS):
        if api.kind == "REST":
            account.client("apigateway").create_deployment(
                restApiId=api.id, stageName=stage.name, description=what
            )
        else:
            account.client("apigatewayv2").create_deployment(
                ApiId=api.id, StageName=stage.name, Description=what
            )


def _rest(account: Account, id_: str) -> Api:
    client = account.client("apigateway")
    with asking(f"read the REST API {id_!r}", _READS):
        said = client.get_rest_api(restApiId=id_)
    if "PRIVATE" in said.get("endpointConfiguration", {}).get("types", ()):
        raise AwsRefused(
            f"the API {id_} is private: its endpoint is reached from within the VPC alone, and"
            " mutual TLS is not for private APIs",
            "see its resource policy: aws apigateway get-rest-api --rest-api-id " + id_,
        )
    with asking(f"list the stages of {id_!r}", _READS):
        stages = client.get_stages(restApiId=id_).get("item", ())
    return Api(
        id=id_,
        kind="REST",
        name=said.get("name", ""),
        is_off=bool(said.get("disableExecuteApiEndpoint")),
        stages=_sorted(Stage(one["stageName"], one.get("description", "")) for one in stages),
        stack_name=_stack_name(said.get("tags")),
        route="/",  # that which a REST API does not have is told from a closed endpoint
    )


def _http(account: Account, id_: str) -> Api:
    client = account.client("apigatewayv2")
    with asking(f"read the API {id_!r}", _READS):
        said = client.get_api(ApiId=id_)
    if said.get("ProtocolType") != "HTTP":
        raise AwsRefused(
            f"the API {id_} is a {said.get('ProtocolType')} API, expected a REST or HTTP one",
            "see: aws apigatewayv2 get-apis",
        )
    with asking(f"list the stages of {id_!r}", _READS):
        pages = list(client.get_paginator("get_stages").paginate(ApiId=id_))
    stages = [one for page in pages for one in page.get("Items", ())]
    return Api(
        id=id_,
        kind="HTTP",
        name=said.get("Name", ""),
        is_off=bool(said.get("DisableExecuteApiEndpoint")),
        stages=_sorted(
            Stage(one["StageName"], one.get("Description", ""), bool(one.get("AutoDeploy")))
            for one in stages
        ),
        stack_name=_stack_name(said.get("Tags")),
        route=_route(client, id_),
    )


def _route(client: Any, id_: str) -> str:  # noqa: ANN401
    """Return a path that a GET finds; "" if there is none, or nobody may look."""
    try:
        with asking(f"list the routes of {id_!r}", _READS):
            found = client.get_routes(ApiId=id_).get("Items", ())
    except AwsRefused as refused:
        if refused.is_denied:
            return ""
        raise
    return _path([one.get("RouteKey", "") for one in found])


def _path(keys: list[str]) -> str:
    if "$default" in keys:
        return "/"
    for key in sorted(keys):
        method, _, path = key.partition(" ")
        if method in {"GET", "ANY"} and path.startswith("/"):
            return "/".join("x" if part.startswith("{") else part for part in path.split("/"))
    return ""


def _sorted(stages: Any) -> tuple[Stage, ...]:  # noqa: ANN401
    return tuple(sorted(stages, key=lambda one: one.name))


def _stack_name(tags: Table[str, str] | None) -> str:
    return (tags or {}).get("aws:cloudformation:stack-name", "")


def _replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}
