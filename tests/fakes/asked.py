"""Which operation of which service a request is, read with botocore's own models."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.exceptions
import botocore.loaders
import botocore.model

from tests.fakes import query
from tests.unit.aws.publisher_servers import Request

_SCOPE = re.compile(r"/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
#: Names in a signature's scope that differ from boto3's names.
_SERVICES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
UNKNOWN = "?"


@dataclass(frozen=True)
class Asked:
    """A request as boto3 would have it: client *service*, method *operation*, its *parameters*."""

    service: str
    operation: str
    parameters: dict[str, Any]
    protocol: str = "rest-json"
    region: str = ""
    invocation: str = ""  #: shared by the attempts that botocore makes of one call
    method: str = ""
    path: str = ""
    #: Names in the body that the model does not know.
    unknown: tuple[str, ...] = ()


@functools.cache
def model(service: str) -> Any:
    """botocore's model of boto3's *service*."""
    return botocore.model.ServiceModel(
        botocore.loaders.create_loader().load_service_model(service, "service-2"), service
    )


def read(request: Request) -> Asked:
    """Return what is asked; an operation that botocore does not know is UNKNOWN."""
    service, region = _scope(request)
    url = urlsplit(request.target)
    asked = Asked(
        service,
        UNKNOWN,
        {},
        region=region,
        invocation=request.headers.get("amz-sdk-invocation-id", ""),
        method=request.method,
        path=unquote(url.path),
    )
    try:
        asked = replace(asked, protocol=str(model(service).metadata["protocol"]))
    except botocore.exceptions.UnknownServiceError:
        return asked
    if "x-amz-target" in request.headers:
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        return replace(asked, operation=operation, parameters=_body(request), protocol="json")
    if asked.protocol.startswith("rest"):
        return _rest(asked, request)
    flat = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return _query(asked, flat | dict(parse_qsl(url.query, keep_blank_values=True)))


def _scope(request: Request) -> tuple[str, str]:
    # A presigned URL has it in the query; what is not signed at all can only be a public object.
    signed = request.headers.get("authorization", "") + unquote(request.target)
    found = _SCOPE.search(signed)
    region, name = found.groups() if found else ("", "s3")
    if name == "apigateway" and request.target.startswith("/v2/"):
        name = "apigatewayv2"
    return _SERVICES.get(name, name), region


def _body(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _query(asked: Asked, flat: dict[str, str]) -> Asked:
    operation = flat.pop("Action", UNKNOWN)
    flat.pop("Version", None)
    asked = replace(asked, protocol="query")
    if operation not in model(asked.service).operation_names:
        return replace(asked, parameters={**flat})
    shape = model(asked.service).operation_model(operation).input_shape
    parameters, unknown = query.read(shape, flat)
    return replace(asked, operation=operation, parameters=parameters, unknown=unknown)


def _rest(asked: Asked, request: Request) -> Asked:
    url = urlsplit(request.target)
    given = dict(parse_qsl(url.query, keep_blank_values=True))
    how = (request.method, url.path, given, request.headers)
    found = [match for route in _routes(asked.service) if (match := route.match(*how))]
    if not found:
        return asked
    _, operation, labels = max(found, key=lambda one: one[0])
    shape = model(asked.service).operation_model(operation).input_shape
    parameters, unknown = _members(shape, labels, given, request)
    return replace(asked, operation=operation, parameters=parameters, unknown=unknown)


@dataclass(frozen=True)
class _Route:
    """How a REST service tells an operation from others."""

    operation: str
    method: str
    path: re.Pattern[str]
    literal: int  #: characters of the path that are fixed
    fixed: tuple[tuple[str, str], ...]  #: in the query
    query: tuple[str, ...]  #: that must be there
    headers: tuple[str, ...]  #: likewise

    def match(
        self, method: str, path: str, given: dict[str, str], headers: dict[str, str]
    ) -> tuple[tuple[int, int], str, dict[str, str]] | None:
        """Return how well it fits, the operation and what the path says; None: not at all."""
        found = self.path.fullmatch(path)
        fits = (
            method == self.method
            and all(given.get(name) == value for name, value in self.fixed)
            and all(name in given for name in self.query)
            and all(name in headers for name in self.headers)
        )
        if not found or not fits:
            return None
        rank = (len(self.fixed) + len(self.query) + len(self.headers), self.literal)
        return rank, self.operation, {k: unquote(v) for k, v in found.groupdict().items()}


@functools.cache
def _routes(service: str) -> tuple[_Route, ...]:
    return tuple(_route(model(service).operation_model(n)) for n in model(service).operation_names)


def _route(operation: Any) -> _Route:
    path, _, fixed = operation.http["requestUri"].partition("?")
    # botocore's S3 client takes the bucket out of the model that it works with, and keeps it here.
    path = operation.http.get("authPath", path)
    parts = re.split(r"\{([^}]+)\}", path)
    pattern = "".join(
        re.escape(part)
        if not index % 2
        else f"(?P<{_group(part)}>{'.+' if part.endswith('+') else '[^/]+'})"
        for index, part in enumerate(parts)
    )
    shape = operation.input_shape
    required = [
        (member.serialization.get("location"), member.serialization.get("name", name))
        for name, member in (shape.members if shape else {}).items()
        if name in shape.required_members
    ]
    return _Route(
        operation.name,
        operation.http["method"],
        re.compile(pattern.rstrip("/") + "/?"),
        sum(len(part) for part in parts[::2]),
        tuple(parse_qsl(fixed, keep_blank_values=True)),
        tuple(name for where, name in required if where == "querystring"),
        tuple(name.lower() for where, name in required if where == "header"),
    )


def _group(label: str) -> str:
    # A group's name takes no hyphen; labels such as {function-name} exist.
    return label.rstrip("+").replace("-", "_")


def _members(
    shape: Any, labels: dict[str, str], given: dict[str, str], request: Request
) -> tuple[dict[str, Any], tuple[str, ...]]:
    if shape is None:
        return {}, ()
    parameters = dict(_placed(shape, labels, given, request.headers))
    if "payload" in shape.serialization or b"<" in request.body[:1]:  # a body of its own, or XML
        return parameters, ()
    inner = {
        member.serialization.get("name", name): name
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    body = _body(request)
    parameters |= {
        name: named(shape.members[name], body[wire]) for wire, name in inner.items() if wire in body
    }
    return parameters, tuple(sorted(set(body) - set(inner)))


def _placed(
    shape: Any, labels: dict[str, str], given: dict[str, str], headers: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        value = {
            "uri": labels.get(_group(wire)),
            "querystring": given.get(wire),
            "header": headers.get(wire.lower()),
        }.get(member.serialization.get("location", ""))
        if value is not None:
            yield name, query.scalar(member, value)


def named(shape: Any, value: Any) -> Any:
    """Return *value* from JSON with the members' names in the place of those on the wire.

    What the model does not know keeps its name, for the check of shapes to find.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        wire = {m.serialization.get("name", name): name for name, m in shape.members.items()}
        return {
            wire.get(k, k): named(shape.members[wire[k]], v) if k in wire else v
            for k, v in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [named(shape.member, one) for one in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: named(shape.value, one) for key, one in value.items()}
    return value
