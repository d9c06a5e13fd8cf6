"""A registered client, as one frozen value. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.rate import Rate

from .matcher import Matcher

MOST_MATCHERS = 20
MOST_SCOPES = 50
#: RFC 6749, 3.3: scope-token, of which ours are shorter.
SCOPE = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}(:[a-z0-9][a-z0-9._-]{0,31})?")
ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ORGANIZATION = 200  #: characters at most, as NOTE
NOTE = 2000


class Status(StrEnum):
    """Whether a registered client may call at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of a client.

    version: grows by one with every change, from 1; created, updated: aware, UTC; last_seen: to
    the hour, None = never. api_keys: SHA-256 of each, hex.
    """

    id: str
    organization: str
    matchers: tuple[Matcher, ...] = ()
    scopes: frozenset[str] = frozenset()
    status: Status = Status.ACTIVE
    rate: Rate | None = None
    note: str = ""
    api_keys: tuple[str, ...] = ()
    version: int = 0  #: 0 = not stored yet
    created: datetime | None = None
    updated: datetime | None = None
    last_seen: datetime | None = None
