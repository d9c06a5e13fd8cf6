"""truststore diff: who loses or gains access; no private key is ever in reach."""

from datetime import datetime
from pathlib import Path

import click

from pki import difference_report, truststore
from pki.difference import Client, difference
from pki.difference_report import Heading
from pki.explain import FRONTS
from pki.inventory import Inventory, lines
from pki.verdict import Front

from . import context
from .moment import Moment

_ISSUED = "An index, or a folder of certificates; repeatable. By default our own index."
_SEEN = "Judge only those whose SHA-256 fingerprints are in FILE, a list or our access log."


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--issued", multiple=True, metavar="INDEX|FOLDER", help=_ISSUED)
@click.option("--seen", metavar="FILE", help=_SEEN)
@click.option("--front", multiple=True, type=click.Choice(FRONTS), help="Both by default.")
@click.option("--at", type=Moment(), help="At another time than now, such as 2027-01-31.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def main(
    ctx: click.Context,
    old: str,
    new: str,
    *,
    issued: tuple[str, ...],
    seen: str | None,
    front: tuple[Front, ...],
    at: datetime | None,
    as_json: bool,
) -> None:
    """Say which CAs come and go from OLD to NEW, and which clients lose or gain access.

    \b
    python -m pki truststore diff .pki/truststore.pem new.pem
    python -m pki truststore diff old.pem new.pem --issued partners/ --seen access.log

    Revocation is not looked at. Exit codes: 0 nobody loses access, 1 somebody does on a front that
    was asked (or the files cannot be compared), 2 wrong usage.
    """  # noqa: D301
    before, after = truststore.read(Path(old)), truststore.read(Path(new))
    inventory = Inventory()
    places = issued or _own()
    for place in places:
        inventory.add(Path(place))
    clients = _clients(inventory, seen)
    heading = Heading(old, new, at or context.now(), ", ".join(places) or "nowhere")
    found = difference(before, after, clients, fronts=front or FRONTS, now=heading.at)
    said = difference_report.as_json if as_json else difference_report.text
    click.echo(said(found, inventory.unknown, heading))
    ctx.exit(1 if found.somebody_loses else 0)


def _own() -> list[str]:
    index = context.store().index
    return [str(index.path)] if index.exists() else []


def _clients(inventory: Inventory, seen: str | None) -> list[Client]:
    if seen is None:
        return list(inventory.clients.values())
    return inventory.seen(lines(Path(seen)))
