"""import and export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from service.contract.i_json import NotIJson, parse

from . import context, options, table
from .draft import written
from .importing import Found, Import, read_all
from .refusing import PROGRAM, Refused

_FORMATS = ("json", "csv")
_LARGEST = 256 * 1024 * 1024  # octets


@click.command("import")
@click.argument("path", metavar="FILE")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="By default, as FILE ends.")
@click.option("--replace", is_flag=True, help="Clients that are there, and otherwise, as well.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@options.for_programs
def import_(path: str, *, form: str | None, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Register the clients of FILE, JSON or CSV, as `export` writes them; - is what is typed.

    Those that are there already, and the same, are passed over: after an interruption, say it
    again. If anything is wrong with FILE, all of it is said and nothing is written.
    """
    store = context.store()
    found = read_all(_records(path, form or _format(path)))
    plan = Import(store, found, context.actor(), replace=replace)
    if not dry_run:
        plan.run(context.now)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(plan.told())).decode())
        return
    would = "would be " if dry_run else ""
    counts = {name: len(ids) for name, ids in plan.told().items()}
    click.echo(
        f"{would}added: {counts['added']}, {would}updated: {counts['updated']}, "
        f"as they were: {counts['unchanged']}"
    )


@click.command()
@click.option("--format", "form", type=click.Choice(_FORMATS), default="json", help="json or csv.")
@click.option("--organization", default="", help="Those of this organization alone.")
def export(*, form: str, organization: str) -> None:
    """Print all clients so that `import` reads them; with the hashes of API keys, without dates."""
    found = [written(one) for one in context.registrations(context.store(), organization)]
    if form == "csv":
        click.echo(table.text(found), nl=False)
    else:
        click.echo(msgspec.json.format(msgspec.json.encode({"clients": found})).decode())


def _format(path: str) -> str:
    ending = path.rpartition(".")[2].lower()
    if ending not in _FORMATS:
        raise click.UsageError(f"{path!r} ends neither in .json nor in .csv: say --format")
    return ending


def _records(path: str, form: str) -> list[Found]:
    """What is in the file: where each client is, and what it says of it."""
    with click.open_file(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Refused(f"{path!r} is larger than {_LARGEST} octets", "import it in parts")
    try:
        return list(table.rows(_text(data))) if form == "csv" else _clients(parse(data))
    except (NotIJson, table.NoTable) as error:
        hint = f"what is expected: {PROGRAM} export --format {form}"
        raise Refused(f"{path!r}: {error}", hint) from error


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as error:
        raise table.NoTable(f"byte {error.start} is not UTF-8") from error


def _clients(value: object) -> list[Found]:
    clients: Any = value.get("clients") if isinstance(value, Mapping) else None
    if not isinstance(clients, list) or not isinstance(value, Mapping) or len(value) != 1:
        raise NotIJson('expected {"clients": [...]}')
    return [(f"clients/{number}", client) for number, client in enumerate(clients)]
