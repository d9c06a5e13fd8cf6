"""From an answer with an ETag to the changes that name it (OpenAPI 3.1, Link Object). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def link(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Add to each answer in *paths* that has an ETag what can be done with it, there and below."""
    changes = list(_changes(paths))
    for path, operations in paths.items():
        for operation in operations.values():
            for answer in operation["responses"].values():
                if "ETag" in answer.get("headers", ()):
                    found = {
                        change["operationId"]: _link(change, operation)
                        for below, change in changes
                        if below == path or below.startswith(f"{path}/")
                    }
                    answer.update({"links": found} if found else {})


def _changes(
    paths: Mapping[str, Mapping[str, dict[str, Any]]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in paths.items():
        for operation in operations.values():
            if ("header", "If-Match") in _parameters(operation):
                yield path, operation


def _link(change: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """A path's parameter is that of the request; where it had none, the `id` of what it made."""
    known = _parameters(operation)
    parameters = {
        name: f"$request.path.{name}" if (place, name) in known else "$response.body#/id"
        for place, name in _parameters(change)
        if place == "path"
    }
    parameters["If-Match"] = "$response.header.ETag"
    return {"operationId": change["operationId"], "parameters": parameters}


def _parameters(operation: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["in"], one["name"]) for one in operation.get("parameters", ())]
