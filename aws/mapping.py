"""What a custom domain leads to: its mappings, and the APIs and stages behind them."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .account import Account
from .errors import AwsRefused, asking

#: So many pages of mappings are read; a domain may have 200 mappings.
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Mapping:
    """A base path, "" for the root, and the stage of the API that it leads to."""

    path: str
    api: str
    stage: str


@dataclass(frozen=True, slots=True)
class Api:
    """A REST or HTTP API. *stages*: of those that are mapped, when each was last changed."""

    id: str
    kind: str  #: REST, HTTP or WEBSOCKET
    name: str
    is_default_endpoint_off: bool
    stages: Table[str, datetime | None]


def read(account: Account, domain: str) -> list[Mapping]:
    """Return the mappings of *domain*, those of REST and of HTTP APIs."""
    client, token = account.client("apigatewayv2"), ""
    found: list[Mapping] = []
    for _ in range(_PAGES):
        more = {"NextToken": token} if token else {}
        with asking(f"list the mappings of {domain!r}", "apigateway:GET"):
            page = client.get_api_mappings(DomainName=domain, **more)
        found += map(_mapping, page.get("Items", ()))
        token = page.get("NextToken", "")
        if not token:
            break
    return sorted(found, key=lambda one: one.path)


def _mapping(one: Table[str, str]) -> Mapping:
    return Mapping(one.get("ApiMappingKey", ""), one["ApiId"], one["Stage"])


def api(account: Account, id_: str, stages: Sequence[str]) -> Api | None:
    """Return the API with its *stages*, as far as these are there; None if it is not there."""
    try:
        return _rest(account.client("apigateway"), id_, stages)
    except AwsRefused as refused:
        if refused.code != "NotFoundException":
            raise
    try:
        return _http(account.client("apigatewayv2"), id_, stages)
    except AwsRefused as refused:
        if refused.code != "NotFoundException":
            raise
        return None


def _rest(client: Any, id_: str, stages: Sequence[str]) -> Api:  # noqa: ANN401  (of botocore)
    with asking(f"read the REST API {id_!r}", "apigateway:GET"):
        said = client.get_rest_api(restApiId=id_)
    found = {}
    for stage in stages:
        try:
            with asking(f"read the stage {stage!r} of {id_!r}", "apigateway:GET"):
                answer = client.get_stage(restApiId=id_, stageName=stage)
        except AwsRefused as refused:
            if refused.code != "NotFoundException":
                raise
            continue
        found[stage] = answer.get("lastUpdatedDate")
    is_off = bool(said.get("disableExecuteApiEndpoint"))
    return Api(id_, "REST", said.get("name", ""), is_off, found)


def _http(client: Any, id_: str, stages: Sequence[str]) -> Api:  # noqa: ANN401
    with asking(f"read the API {id_!r}", "apigateway:GET"):
        said = client.get_api(ApiId=id_)
    found = {}
    for stage in stages:
        try:
            with asking(f"read the stage {stage!r} of {id_!r}", "apigateway:GET"):
                answer = client.get_stage(ApiId=id_, StageName=stage)
        except AwsRefused as refused:
            if refused.code != "NotFoundException":
                raise
            continue
        found[stage] = answer.get("LastUpdatedDate")
    is_off = bool(said.get("DisableExecuteApiEndpoint"))
    return Api(id_, said.get("ProtocolType", "HTTP"), said.get("Name", ""), is_off, found)
