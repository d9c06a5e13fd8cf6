"""What a push would do, found out without changing anything."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pki.findings import Finding, Severity

from . import domain as domains
from . import lock_out, truststore
from .account import Account
from .domain import Domain
from .errors import AwsRefused
from .lock_out import Clients, LockOut
from .pin import Pin, Place
from .terminal import Terminal
from .truststore import Checked
from .versions import UNVERSIONED, Detail, Version, Versions

_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants, and what they know of it.

    version: the one that has the *content*, for a rollback; "" = found, or added;
    take_over: leave behind what another push has uploaded and not put in force.
    """

    content: bytes
    domain: str
    clients: Clients = field(default_factory=Clients)
    version: str = ""
    take_over: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: *content* in force at *domain*, and *back* to it where that goes wrong.

    existing: the version that has the content already, "" if it is to be added after *newest*;
    left: versions of other pushes that it leaves behind; is_done: nothing is to be done.
    """

    domain: Domain
    content: bytes
    existing: str
    newest: Version | None
    back: Pin
    lock_out: LockOut
    left: tuple[str, ...] = ()
    is_done: bool = False

    @property
    def place(self) -> Place:
        """Return where the truststore is."""
        return Place.of(self.domain.truststore_uri)

    @property
    def sha256(self) -> str:
        """Return SHA-256 over the content, as sha256sum prints it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_in_force(self) -> bool:
        """Whether the domain is on it, and only the end of a push is missing."""
        return self.domain.pin == Pin(self.domain.truststore_uri, self.existing)


def plan(account: Account, wish: Wish, now: datetime, terminal: Terminal) -> Plan:
    """Return what is to be done for *wish* at *now*; nothing is changed.

    AwsRefused if the truststore has errors, the domain cannot take it, its bucket keeps no
    versions, or another push is under way.
    """
    checked = _checked(wish.content, now, terminal)
    found = _domain(account, wish.domain, terminal)
    versions = Versions(account, Place.of(found.truststore_uri))
    terminal.say(f"looking at the versions of {versions.place.uri}")
    versions.require_kept()
    all_ = versions.all()
    newest = all_[0] if all_ else None
    existing = wish.version or _same(versions, all_, wish.content, first=found.truststore_version)
    pending = _pending(versions, all_, found, existing)
    if pending and not wish.take_over:
        raise _under_way(found, pending[0])
    is_there = existing != "" and existing == found.truststore_version
    detail = versions.detail(existing) if is_there else Detail()
    in_force = wish.content if is_there else versions.read(found.truststore_version)
    before = truststore.check(in_force, now)
    terminal.show(list(_drift(found)))
    return Plan(
        domain=found,
        content=wish.content,
        existing=existing,
        newest=newest,
        back=_back(found, newest, detail if is_there else None),
        lock_out=lock_out.judge(before.certificates, checked.certificates, wish.clients, now),
        left=tuple(one.version.id for one in pending),
        is_done=is_there and not detail.is_pending(found.name) and found.status == "AVAILABLE",
    )


def _checked(content: bytes, now: datetime, terminal: Terminal) -> Checked:
    checked = truststore.check(content, now)
    state = "nothing was changed, such a truststore is not put in force"
    terminal.stop_at_errors(checked.findings, state, "correct it, and type it again")
    return checked


def _domain(account: Account, name: str, terminal: Terminal) -> Domain:
    terminal.say(f"asking API Gateway about {name}")
    found = domains.find(account.client("apigateway"), name, str(account))
    unfit = [*domains.requirements(found), *domains.locks(found)]
    if not found.has_mutual_tls:
        said = f"{name} has no mutual TLS: anybody may connect"
        hint = f"python -m aws mtls on {name} --truststore s3://BUCKET/KEY"
        unfit.append(Finding(Severity.ERROR, "domain.mutual-tls-off", said, hint, name))
    terminal.stop_at_errors(unfit, f"{name} takes no truststore as it is", "see above")
    return found


def _same(versions: Versions, all_: Sequence[Version], content: bytes, *, first: str) -> str:
    """Return the version with *content*, *first* if that has it, else the newest; "" if none."""
    wanted = hashlib.sha256(content).hexdigest()
    as_long = [one for one in all_ if one.size == len(content) and one.id not in UNVERSIONED]
    as_long.sort(key=lambda one: one.id != first)
    for one in as_long[:_COMPARED]:
        kept = versions.detail(one.id).sha256 or hashlib.sha256(versions.read(one.id)).hexdigest()
        if kept == wanted:
            return one.id
    return ""


@dataclass(frozen=True, slots=True)
class _Pending:
    """What another push has put there, and nobody knows what became of it."""

    version: Version
    detail: Detail


def _pending(
    versions: Versions, all_: Sequence[Version], found: Domain, existing: str
) -> list[_Pending]:
    """Return those that are in the newest version, or on their way into force."""
    newest = all_[:1]
    in_force = [one for one in all_[1:] if one.id == found.truststore_version]
    traces = [
        _Pending(one, versions.detail(one.id))
        for one in (*newest, *in_force)
        if one.etag is not None and one.id != existing and _may_be_on_its_way(one, found)
    ]
    return [one for one in traces if one.detail.is_pending(found.name)]


def _may_be_on_its_way(one: Version, found: Domain) -> bool:
    # What is in force and settled is nobody's hurry, be it marked or not.
    return one.id != found.truststore_version or domains.is_passing(found.status)


def _under_way(found: Domain, pending: _Pending) -> AwsRefused:
    at = f"{pending.version.at:%Y-%m-%dT%H:%M:%SZ}"
    return AwsRefused(
        f"another push to {found.name} is under way, or was interrupted:"
        f" {pending.detail.push.by} put version {pending.version.id} there at {at}",
        "have it typed again there, or go on without it: --take-over",
    )


def _back(found: Domain, newest: Version | None, unfinished: Detail | None) -> Pin:
    """Return what to go back to: what is in force, or was before an unfinished push."""
    version = found.truststore_version
    if unfinished is not None:
        version = unfinished.push.before or version
    elif not version and newest is not None:
        # The domain took what was there once; what is the newest is the best that can be known.
        version = newest.id
    return Pin(found.truststore_uri, version)


def _drift(found: Domain) -> Iterator[Finding]:
    if found.stack_name:
        said = f"the stack {found.stack_name} made this domain: its next change of it brings back"
        said += " the truststore that is packed"
        hint = "pack the same one too: make truststore TRUSTSTORE=FILE"
        yield Finding(Severity.WARNING, "domain.of-a-stack", said, hint, found.name)
