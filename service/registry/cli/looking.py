"""list, show, audit."""

from __future__ import annotations

from collections.abc import Iterator

import click

from service.registry.registration import Status
from service.registry.store import Entry, Store, UnknownRegistration

from . import context, options, report

_PAGE = 100


@click.command("list")
@click.option("--organization", default="", help="Those of this organization alone.")
@click.option(
    "--status", type=click.Choice([*map(str, Status)]), help="Those of this status alone."
)
@options.for_programs
def list_(*, organization: str, status: str | None, as_json: bool) -> None:
    """List the clients, in the order of their ids."""
    every = context.registrations(context.store(), organization)
    found = [one for one in every if status in {None, one.status}]
    click.echo(report.table_json(found) if as_json else report.table(found))


@click.command()
@click.argument("id_", metavar="ID")
@options.for_programs
def show(id_: str, *, as_json: bool) -> None:
    """Show the client ID, all that is known of it."""
    found = context.store().get(id_)
    click.echo(report.one_json(found) if as_json else f"{found.id}\n{report.one(found)}")


@click.command()
@click.argument("id_", metavar="ID")
@options.for_programs
def audit(id_: str, *, as_json: bool) -> None:
    """Show who changed the client ID, when and what, also of one that is gone; the latest first."""
    entries = list(_entries(context.store(), id_))
    if not entries:
        raise UnknownRegistration(f"there has never been a client {id_!r}")
    click.echo(report.trail_json(entries) if as_json else report.trail(entries))


def _entries(store: Store, id_: str) -> Iterator[Entry]:
    before = ""
    while True:
        page = store.audit(id_, before=before, limit=_PAGE)
        yield from page.items
        if not page.next:
            return
        before = page.next
