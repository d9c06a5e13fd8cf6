"""Patch operations on REST APIs and their stages: [D:api patch-operations]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fakes.apis import Api, Stage
from tests.fakes.patch import ALL, wrong_op, wrong_path
from tests.fakes.refusal import bad_request

_REPLACE = ("replace",)
REST_API: Mapping[str, tuple[str, ...]] = {
    "/name": _REPLACE,
    "/description": ALL,
    "/policy": _REPLACE,
    "/disableExecuteApiEndpoint": _REPLACE,
    "/endpointConfiguration/types/{type}": _REPLACE,
    "/endpointAccessMode": _REPLACE,
    "/securityPolicy": _REPLACE,
}
STAGE: Mapping[str, tuple[str, ...]] = {
    "/deploymentId": ("replace", "copy"),
    "/description": _REPLACE,
    "/tracingEnabled": _REPLACE,
    "/accessLogSettings": ("remove",),
    "/accessLogSettings/destinationArn": ALL,
    "/accessLogSettings/format": ALL,
    "/variables/{name}": ("replace", "remove"),
    "/{resource}/{method}/logging/loglevel": _REPLACE,
    "/{resource}/{method}/logging/dataTrace": _REPLACE,
    "/{resource}/{method}/metrics/enabled": _REPLACE,
}
MAPPING: Mapping[str, tuple[str, ...]] = {
    "/basePath": _REPLACE,
    "/restapiId": _REPLACE,
    "/stage": _REPLACE,
}
ACCOUNT: Mapping[str, tuple[str, ...]] = {"/cloudwatchRoleArn": _REPLACE}
_METHOD_SETTINGS = {
    "logging/loglevel": "loggingLevel",
    "logging/dataTrace": "dataTraceEnabled",
    "metrics/enabled": "metricsEnabled",
}


def checked(
    operations: Sequence[Mapping[str, Any]], table: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str, str]]:
    """Yield op, path and value of all, once none of them is wrong."""
    ready = []
    for one in operations:
        op, path, value = one.get("op", ""), one.get("path", ""), one.get("value")
        pattern = next((p for p in table if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path)), "")
        if not pattern:
            raise wrong_path(path, op, list(table))
        if op not in table[pattern]:
            raise wrong_op(path, op)
        if value is None and op != "remove":
            raise bad_request(f"{path} Invalid request input")
        ready.append((op, path, str(value or "")))
    yield from ready


def truth(path: str, value: str) -> bool:
    """True and False as the CLI's examples write them, in any case."""
    if value.lower() not in {"true", "false"}:
        raise bad_request(f"{path} Invalid request input")
    return value.lower() == "true"


def rest_api(api: Api, operations: Sequence[Mapping[str, Any]]) -> None:
    """Change *api*."""
    for _, path, value in checked(operations, REST_API):
        if path == "/disableExecuteApiEndpoint":
            api.is_disabled = truth(path, value)
        elif path == "/name":
            api.name = value
        elif path.startswith("/endpointConfiguration/types/"):
            if not path.endswith(f"/{api.endpoint_type}"):
                raise bad_request(f"{path} Invalid request input")
            api.endpoint_type = value
        else:
            api.more[path[1:]] = value


def stage(api: Api, changed: Stage, operations: Sequence[Mapping[str, Any]]) -> None:
    """Change a stage of *api*."""
    for op, path, value in checked(operations, STAGE):
        parts = path[1:].split("/")
        if path == "/deploymentId":
            if value not in api.deployments:
                raise bad_request("Invalid deployment identifier specified")
            changed.deployment = value
        elif path == "/tracingEnabled":
            changed.more["tracingEnabled"] = truth(path, value)
        elif parts[0] in {"accessLogSettings", "variables"}:
            _below(changed.more, parts, "" if op == "remove" else value)
        elif len(parts) == 4:
            # In a patch path ~1 is the slash; /*/* means all methods.
            method = "/".join(part.replace("~1", "/").lstrip("/") for part in parts[:2])
            name = _METHOD_SETTINGS["/".join(parts[2:])]
            setting = value if name == "loggingLevel" else truth(path, value)
            changed.more.setdefault("methodSettings", {}).setdefault(method, {})[name] = setting
        else:
            changed.more[parts[0]] = value


def _below(more: dict[str, Any], parts: list[str], value: str) -> None:
    if len(parts) == 1:
        more.pop(parts[0], None)
        return
    inner = more.setdefault(parts[0], {})
    if value:
        inner[parts[1]] = value
    else:
        inner.pop(parts[1], None)
