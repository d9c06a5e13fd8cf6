"""add, update, suspend, resume, delete, add-key, remove-key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from service.registry import api_keys
from service.registry.registration import Registration, Status
from service.registry.store import Store, VersionConflict

from . import context, options, rate, report
from .certificate_file import Named
from .draft import read, written
from .refusing import PROGRAM, refusing

_TRIES = 5


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--organization", help="Whose it is; by default, what its --certificate says.")
@options.recognised
@click.option("--scope", multiple=True, help="What it may, such as orders:read; repeatable.")
@options.limited
@click.option("--note", default="", help="For people.")
@options.for_programs
def add(id_: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Register the client ID, and how its certificates are recognised."""
    matchers = options.matchers(given)
    if not matchers:
        raise click.UsageError("say how its certificates are recognised: --uri or --certificate")
    value = {
        "id": id_,
        "organization": given["organization"] or _organization(given["certificate"]),
        "matchers": matchers,
        "scopes": list(given["scope"]),
        "note": given["note"],
        "rate": rate.chosen(given["steady"], given["burst"], None),
    }
    store = context.store()
    with refusing(id_, f"{PROGRAM} add --help"):
        stored = store.create(read(value), context.actor(), context.now())
    _tell(stored, "added", as_json=as_json)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--organization", help="Whose it is.")
@options.recognised
@options.forgotten
@click.option("--scope", multiple=True, help="What it may as well; repeatable.")
@click.option("--remove-scope", multiple=True, help="What it may no longer; repeatable.")
@options.limited
@click.option("--remove-rate", is_flag=True, help="No limit of its own.")
@click.option("--note", help="For people; instead of the one it has.")
@options.for_programs
def update(id_: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Change what is known of the client ID; what is not named stays as it is."""
    added = options.matchers(given)
    if given["remove_rate"] and (given["steady"] or given["burst"]):
        raise click.UsageError("--remove-rate excludes --rate and --burst")
    if all(value in (None, (), False) for name, value in given.items() if name != "issuer"):
        raise click.UsageError("say what is to be changed")

    def make(old: Registration) -> Registration:
        gone = options.unwanted(old.matchers, given)
        kept = written(replace(old, matchers=tuple(m for m in old.matchers if m not in gone)))
        scopes = options.scopes(old.scopes, given["scope"], given["remove_scope"])
        steady = rate.chosen(given["steady"], given["burst"], old.rate)
        named = {n: given[n] for n in ("organization", "note") if given[n] is not None}
        matchers = [*kept["matchers"], *added]
        changed = {"matchers": matchers, "scopes": scopes, **named}
        return read({**kept, **changed, "rate": None if given["remove_rate"] else steady}, old)

    _tell(_changed(id_, make), "updated", as_json=as_json)


@click.command()
@click.argument("id_", metavar="ID")
@options.for_programs
def suspend(id_: str, *, as_json: bool) -> None:
    """Refuse whatever the client ID asks, everywhere within REGISTRY_TTL."""
    stored = _changed(id_, lambda old: replace(old, status=Status.SUSPENDED), "suspend")
    within = f"{context.settings().ttl:g}"
    _tell(stored, f"suspended, in force everywhere within {within} s:", as_json=as_json)


@click.command()
@click.argument("id_", metavar="ID")
@options.for_programs
def resume(id_: str, *, as_json: bool) -> None:
    """Let the suspended client ID in again."""
    stored = _changed(id_, lambda old: replace(old, status=Status.ACTIVE), "resume")
    _tell(stored, "resumed", as_json=as_json)


@click.command()
@click.argument("id_", metavar="ID")
def delete(id_: str) -> None:
    """Forget the client ID; its audit trail stays."""
    store = context.store()
    for tries_left in reversed(range(_TRIES)):
        try:
            store.delete(id_, store.get(id_).version, context.actor(), context.now())
        except VersionConflict:
            if not tries_left:
                raise
        else:
            break
    click.echo(f"deleted {id_}")


@click.command()
@click.argument("id_", metavar="ID")
def add_key(id_: str) -> None:
    """Give the client ID an API key, and print it: it is nowhere else."""
    with refusing(id_):
        click.echo(api_keys.add_key(context.store(), id_, context.actor(), context.now()))


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("name")
def remove_key(id_: str, name: str) -> None:
    """Take the API key away whose name, the beginning of its hash, is NAME."""
    with refusing(id_):
        removed = api_keys.remove_key(context.store(), id_, name, context.actor(), context.now())
    click.echo(f"removed the API key {removed} of {id_}")


def _changed(
    id_: str, make: Callable[[Registration], Registration], action: str = "update"
) -> Registration:
    """Store what *make* makes of the client; if it is the same, nothing. Return what is stored."""
    store = context.store()
    for tries_left in reversed(range(_TRIES)):
        with refusing(id_):
            try:
                return _stored(store, store.get(id_), make, action)
            except VersionConflict:
                if not tries_left:
                    raise
    raise AssertionError  # the last try returns or raises


def _stored(
    store: Store, old: Registration, make: Callable[[Registration], Registration], action: str
) -> Registration:
    new = make(old)
    return old if new == old else store.update(new, context.actor(), context.now(), action)


def _organization(certificates: tuple[Named, ...]) -> str:
    for named in certificates:
        if found := named.leaf.organization:
            return found
    raise click.UsageError("say whose it is: --organization")


def _tell(stored: Registration, done: str, *, as_json: bool) -> None:
    click.echo(report.one_json(stored) if as_json else f"{done} {stored.id}\n{report.one(stored)}")
