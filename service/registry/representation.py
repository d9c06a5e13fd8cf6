"""A registered client as /clients reads and writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, convert, structs

from service.contract.constraints import LINES, text
from service.rate import LEAST
from service.rate import Rate as Limit

from . import matcher, registration
from .registration import Registration, Status
from .store import Entry

FASTEST = 10_000  #: requests a second; as many at once

Id = Annotated[
    str, text(registration.ID.pattern, at_most=63, about="of a client", examples=("shipping",))
]
Scope = Annotated[
    str, text(registration.SCOPE.pattern, at_most=65, examples=("orders:read", "orders:write"))
]
Moment = Annotated[datetime, Meta(tz=True)]


class Matcher(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to recognise a client's certificates.

    uri-prefix ends in "/", and everything below it is recognised; subject is a name as RFC 4514
    text; fingerprint is SHA-256 over DER, as hex. issuer is the name of the only authority whose
    certificates count, empty = any.
    """

    kind: Literal["dns", "fingerprint", "subject", "uri", "uri-prefix"]
    value: Annotated[str, text(at_least=1, at_most=matcher.LONGEST)]
    issuer: Annotated[str, text(at_most=matcher.LONGEST)] = ""

    def __post_init__(self) -> None:
        """Raise ValueError unless there can be such a one."""
        self.parsed()

    def parsed(self) -> matcher.Matcher:
        """Return it as the registry has it."""
        return matcher.Matcher.of(self.kind, self.value, self.issuer)


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """So many requests a second in the long run, and so many at once."""

    per_second: Annotated[float, Meta(ge=LEAST, le=FASTEST)]
    burst: Annotated[int, Meta(ge=1, le=FASTEST)]


_MATCHERS = [
    [{"kind": "uri", "value": "spiffe://example.org/shipping"}],
    [{"kind": "dns", "value": "shipping.example.org", "issuer": "CN=Example Issuing CA,O=Example"}],
]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of a client can be set: all of it at once."""

    organization: Annotated[
        str, text(at_least=1, at_most=registration.ORGANIZATION, examples=("Example",))
    ]
    matchers: Annotated[
        list[Matcher], Meta(max_length=registration.MOST_MATCHERS, examples=_MATCHERS)
    ] = []
    scopes: Annotated[list[Scope], Meta(max_length=registration.MOST_SCOPES)] = []
    rate: Rate | None = None
    note: Annotated[str, text(LINES, at_most=registration.NOTE)] = ""

    def applied(self, old: Registration) -> Registration:
        """Return *old* with these settings; its status and its keys stay."""
        return replace(
            old,
            organization=self.organization,
            matchers=tuple(dict.fromkeys(one.parsed() for one in self.matchers)),
            scopes=frozenset(self.scopes),
            rate=Limit(*structs.astuple(self.rate)) if self.rate else None,
            note=self.note,
        )


class NewClient(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A client to be registered, under an id that stays."""

    id: Id


class Client(Struct, frozen=True):
    """A registered client. version: also in its ETag; last_seen: to the hour, null = never."""

    id: str
    organization: str
    status: Status
    matchers: Sequence[Matcher]
    scopes: Sequence[str]
    rate: Rate | None
    note: str
    version: int
    created: Moment
    updated: Moment
    last_seen: Moment | None


class Change(Struct, frozen=True):
    """One entry of the audit trail. before, after: null = the client was not there."""

    at: Moment
    actor: str
    action: str
    before: Client | None
    after: Client | None


def shown(stored: Registration) -> Client:
    """Return *stored* as it is shown: never with its keys."""
    client = convert(stored, Client, from_attributes=True)
    return structs.replace(client, scopes=sorted(client.scopes))


def change(entry: Entry) -> Change:
    """Return *entry* as it is shown."""
    before, after = (shown(one) if one else None for one in (entry.before, entry.after))
    return Change(entry.at, entry.actor, entry.action, before, after)
