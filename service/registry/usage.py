"""How many clients there are, and when they were last seen: by organization, and by issuer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from service.contract.constraints import CURSOR

from .registration import Registration, Status
from .representation import Moment


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many clients are counted at once, from the cursor on."""

    limit: Annotated[int, Meta(ge=1, le=5000, description="how many clients, at most")] = 1000
    cursor: Annotated[str, CURSOR] = ""


class Count(Struct):
    """Clients of one organization, or of one issuer: "" = whoever issued their certificates."""

    name: str
    clients: int = 0
    suspended: int = 0
    last_seen: Moment | None = None


class Usage(Struct, frozen=True):
    """Counts, each in the order of the names; next: the cursor of what was not counted yet."""

    clients: int
    organizations: list[Count]
    issuers: list[Count]
    next: str | None


def counted(registrations: Iterable[Registration], after: str | None) -> Usage:
    """Count *registrations*; a client of two issuers counts for both."""
    organizations: dict[str, Count] = {}
    issuers: dict[str, Count] = {}
    clients = 0
    for one in registrations:
        clients += 1
        _add(organizations.setdefault(one.organization, Count(one.organization)), one)
        for issuer in {matcher.issuer for matcher in one.matchers}:
            _add(issuers.setdefault(issuer, Count(issuer)), one)
    return Usage(clients, _sorted(organizations), _sorted(issuers), after)


def _add(count: Count, one: Registration) -> None:
    count.clients += 1
    count.suspended += one.status is Status.SUSPENDED
    if one.last_seen and (count.last_seen is None or one.last_seen > count.last_seen):
        count.last_seen = one.last_seen


def _sorted(counts: dict[str, Count]) -> list[Count]:
    return [counts[name] for name in sorted(counts)]
