"""Lists come in pages; who does not ask for the next one does not see all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.refusal import bad_request

#: [D:api GetDomainNames]: v1's default; that of v2 is not documented, and taken to be the same.
DEFAULT = 25


def of_rest(items: Sequence[Any], given: dict[str, Any]) -> dict[str, Any]:
    """v1: limit and position."""
    page, following = _cut(items, given.get("limit", DEFAULT), given.get("position"))
    return {"items": page, "position": following}


def of_http(items: Sequence[Any], given: dict[str, Any]) -> dict[str, Any]:
    """v2: MaxResults, which is text, and NextToken."""
    page, following = _cut(items, given.get("MaxResults", DEFAULT), given.get("NextToken"))
    return {"Items": page, "NextToken": following}


def of_load_balancing(name: str, items: Sequence[Any], given: dict[str, Any]) -> dict[str, Any]:
    """ELBv2: PageSize and Marker."""
    page, following = _cut(items, given.get("PageSize", 400), given.get("Marker"))
    return {name: page, "NextMarker": following}


def _cut(
    items: Sequence[Any], limit: int | str, begins: str | None
) -> tuple[list[Any], str | None]:
    try:
        first, size = int(begins or 0), int(limit)
    except ValueError as error:
        raise bad_request("Invalid position parameter") from error  # words not known
    end = first + size
    return list(items[first:end]), str(end) if end < len(items) else None
