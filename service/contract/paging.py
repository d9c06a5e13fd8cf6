"""Lists that come in pages."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from .constraints import CURSOR

T = TypeVar("T")


class Paging(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Query parameters of a list; make yours a child of it to filter too."""

    limit: Annotated[int, Meta(ge=1, le=100, description="how many items, at most")] = 50
    cursor: Annotated[str, CURSOR] = ""


class Page(Struct, Generic[T], frozen=True):
    """Some of the items, and the cursor of the next page: null if there is none.

    A page may have fewer items than asked for, and even none, and still have a next one.
    """

    items: list[T]
    next: str | None
