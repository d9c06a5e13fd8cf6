"""/clients: who is registered, and what they may; for administrators (scope clients:admin).

Nobody suspends, deletes or disarms the client that they call as: another administrator can, or
`flask --app service.wsgi clients`, so that there is always one who can undo it. Whoever changes
something is looked up anew: within REGISTRY_TTL of their suspension they could undo that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Blueprint, current_app, url_for

from service.access_log import note_change
from service.authorization import requires
from service.client import Client as Caller
from service.contract.conditional import IfMatch, etag, require
from service.contract.constraints import text
from service.contract.declared import Answer, declared
from service.contract.fault import Fault
from service.contract.paging import Page, Paging
from service.identity import current_client
from service.problems import (
    CertificateNotAllowed,
    ClientSuspended,
    Conflict,
    InsufficientScope,
    NotFound,
    PreconditionFailed,
    RegistryUnavailable,
)
from service.registry.admission import RETRY_AFTER
from service.registry.matcher import looked_for
from service.registry.registration import ORGANIZATION, Registration, Status
from service.registry.representation import (
    Change,
    Client,
    Id,
    NewClient,
    Settings,
    change,
    shown,
)
from service.registry.store import (
    Actor,
    Ambiguous,
    IdTaken,
    MatchesOverlap,
    Store,
    StoreUnavailable,
    UnknownRegistration,
    VersionConflict,
)
from service.registry.usage import Part, Usage, counted

ADMIN = "clients:admin"
_AT_ONCE = 500  # registrations, of one question to the store
bp = Blueprint("clients", __name__, url_prefix="/clients")


class Filter(Paging, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which clients: of an organization, of a status."""

    organization: Annotated[str, text(at_most=ORGANIZATION)] = ""
    status: Literal["active", "suspended", ""] = ""


@bp.get("")
@requires(ADMIN)
@declared(problems=(RegistryUnavailable,))
def listing(query: Filter) -> Page[Client]:
    """List clients, in the order of their ids."""
    with _refusing():
        page = _store().list(after=query.cursor, limit=query.limit, organization=query.organization)
    items = [shown(one) for one in page.items if query.status in {"", one.status}]
    return Page(items, page.next or None)


@bp.post("")
@requires(ADMIN)
@declared(status=201, headers=("Location", "ETag"), problems=(Conflict, RegistryUnavailable))
def create(body: NewClient) -> Answer[Client]:
    """Register a client; it is active at once."""
    with _refusing(body):
        _require_administrator()
        stored = _store().create(body.applied(Registration(body.id, "")), _actor(), _now())
    _note("create", stored)
    answer = _answer(stored)
    location = url_for("clients.read", client_id=stored.id)
    return replace(answer, headers={**answer.headers, "Location": location})


@bp.get("/<client_id>")
@requires(ADMIN)
@declared(headers=("ETag",), problems=(NotFound, RegistryUnavailable))
def read(client_id: Id) -> Answer[Client]:
    """Read a client."""
    with _refusing():
        return _answer(_store().get(client_id))


@bp.put("/<client_id>")
@requires(ADMIN)
@declared(headers=("ETag",), problems=(NotFound, Conflict, PreconditionFailed, RegistryUnavailable))
def update(client_id: Id, body: Settings, if_match: IfMatch) -> Answer[Client]:
    """Set all that can be set; what is left out becomes its default."""
    return _changed(client_id, if_match, body.applied, "update", body)


@bp.post("/<client_id>/suspend")
@requires(ADMIN)
@declared(headers=("ETag",), problems=(NotFound, Conflict, PreconditionFailed, RegistryUnavailable))
def suspend(client_id: Id, if_match: IfMatch) -> Answer[Client]:
    """Refuse whatever the client asks, in every process within REGISTRY_TTL."""

    def suspended(old: Registration) -> Registration:
        return replace(old, status=Status.SUSPENDED)

    return _changed(client_id, if_match, suspended, "suspend")


@bp.post("/<client_id>/resume")
@requires(ADMIN)
@declared(headers=("ETag",), problems=(NotFound, Conflict, PreconditionFailed, RegistryUnavailable))
def resume(client_id: Id, if_match: IfMatch) -> Answer[Client]:
    """Let a suspended client in again."""

    def resumed(old: Registration) -> Registration:
        return replace(old, status=Status.ACTIVE)

    return _changed(client_id, if_match, resumed, "resume")


@bp.delete("/<client_id>")
@requires(ADMIN)
@declared(problems=(NotFound, Conflict, PreconditionFailed, RegistryUnavailable))
def delete(client_id: Id, if_match: IfMatch) -> None:
    """Forget a client; its audit trail stays."""
    with _refusing():
        _require_administrator()
        found = _store().get(client_id)
        require(if_match, found.version)
        _keep_admin(current_client(), found, None)
        _store().delete(client_id, found.version, _actor(), _now())
    _note("delete", found)


@bp.get("/-/usage")
@requires(ADMIN)
@declared(problems=(RegistryUnavailable,))
def usage(query: Part) -> Usage:
    """Count clients, by organization and by the issuers of their certificates, a part at a time.

    "-" can be no client's id. How often each has called is in the access log alone.
    """
    found: list[Registration] = []
    cursor = query.cursor
    with _refusing():
        while len(found) < query.limit:
            page = _store().list(after=cursor, limit=min(query.limit - len(found), _AT_ONCE))
            found += page.items
            cursor = page.next
            if not cursor:
                break
    return counted(found, cursor or None)


@bp.get("/<client_id>/audit")
@requires(ADMIN)
@declared(problems=(NotFound, RegistryUnavailable))
def audit(client_id: Id, query: Paging) -> Page[Change]:
    """List the changes of a client, also of one that is gone, the latest first."""
    with _refusing():
        page = _store().audit(client_id, before=query.cursor, limit=query.limit)
    if not page.items and not query.cursor:
        raise NotFound("there has never been a client of that id")
    return Page([change(entry) for entry in page.items], page.next or None)


def _changed(
    client_id: str,
    if_match: frozenset[str],
    make: Callable[[Registration], Registration],
    action: str,
    body: Settings | None = None,
) -> Answer[Client]:
    """Store what *make* makes of the client, if it has one of the versions in *if_match*."""
    with _refusing(body):
        _require_administrator()
        found = _store().get(client_id)
        require(if_match, found.version)
        changed = make(found)
        _keep_admin(current_client(), found, changed)
        stored = _store().update(changed, _actor(), _now(), action)
    _note(action, stored)
    return _answer(stored)


def _require_administrator() -> None:
    """Raise a Problem unless the store says now what identity has said: it may be remembered."""
    caller = current_client()
    found = _store().recognise(caller.certificate)
    if found is None or found.id != caller.id:
        raise CertificateNotAllowed
    if found.status is not Status.ACTIVE:
        raise ClientSuspended
    if ADMIN not in found.scopes:
        raise InsufficientScope


def _keep_admin(caller: Caller, old: Registration, new: Registration | None) -> None:
    """Raise Conflict where *new* would be in the way of the very caller; None = deleted."""
    if old.id != caller.id:
        return
    keys = {matcher.key for matcher in new.matchers} if new else set()
    stays = (
        new is not None
        and new.status is Status.ACTIVE
        and ADMIN in new.scopes
        and not keys.isdisjoint(looked_for(caller.certificate))
    )
    if not stays:
        raise Conflict(f"you call as {old.id!r} yourself: another administrator can do that to it")


@contextmanager
def _refusing(body: Settings | None = None) -> Iterator[None]:
    """Make problems of what the store raises; *body*: what was to be stored."""
    try:
        yield
    except StoreUnavailable as error:
        current_app.logger.error("the registry cannot be asked: %s", error)  # noqa: TRY400  (told)
        raise RegistryUnavailable(headers={"Retry-After": str(RETRY_AFTER)}) from error
    except Ambiguous as error:
        raise CertificateNotAllowed from error
    except UnknownRegistration as error:
        raise NotFound("there is no client of that id") from error
    except VersionConflict as error:
        raise PreconditionFailed("it was changed just now, read it again") from error
    except IdTaken as error:
        raise Conflict(errors=[Fault("body", ("id",), str(error)).as_dict()]) from error
    except MatchesOverlap as error:
        keys = [one.parsed().key for one in body.matchers] if body else []
        place = ("matchers", str(keys.index(error.mine.key))) if error.mine.key in keys else ()
        raise Conflict(errors=[Fault("body", place, str(error)).as_dict()]) from error


def _answer(stored: Registration) -> Answer[Client]:
    return Answer(shown(stored), {"ETag": etag(stored.version)})


def _note(action: str, stored: Registration) -> None:
    note_change(action, client=stored.id, version=stored.version)


def _actor() -> Actor:
    return Actor(f"client:{current_client().id}")


def _now() -> datetime:
    return datetime.now(UTC)


def _store() -> Store:
    store: Store = current_app.extensions["registry"].store
    return store
