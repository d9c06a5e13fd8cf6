"""The options that several commands have, and what they stand for."""

import sys
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TypedDict, TypeVar

import click

from aws import account as accounts
from aws.account import Account
from aws.domain import Patience
from aws.lock_out import Clients
from aws.move import Waiting
from pki.inventory import Inventory, lines

from . import context

_Command = TypeVar("_Command", bound=Callable[..., None])
_POLL = 5.0  # seconds


class Reading(TypedDict):
    """What every command that asks AWS takes."""

    profile: str
    region: str
    as_json: bool


class Changing(Reading):
    """What every command that changes something takes."""

    yes: bool
    dry_run: bool
    wait: int


class Knowing(TypedDict):
    """Who the clients are."""

    issued: tuple[str, ...]
    seen: str | None


_PROFILE = click.option("--profile", default="", help="Whose credentials; as in the AWS CLI.")
_REGION = click.option("--region", default="", help="Where; as in the AWS CLI by default.")
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
_YES = click.option("--yes", is_flag=True, help="Do not ask.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
_WAIT = click.option(
    "--wait", type=click.IntRange(0), default=1200, help="Seconds for AWS; 1200 by default."
)
_ISSUED = click.option(
    "--issued",
    multiple=True,
    metavar="INDEX|FOLDER",
    help="Whose access counts: an index, or a folder of certificates; repeatable. By default our"
    " own index, if there is one.",
)
_SEEN = click.option(
    "--seen", metavar="FILE", help="Of those only who is in FILE: SHA-256 fingerprints, or our log."
)


def _with(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def reading(command: _Command) -> _Command:
    """Give *command* the options of Reading."""
    return _with(_JSON, _PROFILE, _REGION)(command)


def changing(command: _Command) -> _Command:
    """Give *command* the options of Changing."""
    return _with(_DRY_RUN, _YES, _WAIT, _JSON, _PROFILE, _REGION)(command)


def knowing(command: _Command) -> _Command:
    """Give *command* the options of Knowing."""
    return _with(_ISSUED, _SEEN)(command)


def account(options: Reading) -> Account:
    """Sign in as the options say."""
    return accounts.sign_in(options["profile"], options["region"] or context.region())


def where(options: Reading) -> list[str]:
    """Return the words that name the same account again."""
    names = (("--profile", options["profile"]), ("--region", options["region"]))
    return [word for name, value in names if value for word in (name, value)]


def waiting(options: Changing) -> Waiting:
    """Return how long to wait, telling it to the terminal."""
    patience = Patience(options["wait"], _POLL, time.sleep, time.monotonic)
    return Waiting(patience, context.say)


def clients(options: Knowing) -> Clients:
    """Return those whose access counts; PkiError if they cannot be read."""
    inventory = Inventory()
    places = [Path(place) for place in options["issued"]] or context.own_index()
    for place in places:
        inventory.add(place)
    seen = options["seen"]
    known = inventory.seen(lines(Path(seen))) if seen else list(inventory.clients.values())
    origin = ", ".join([*map(str, places), *([seen] if seen else [])])
    return Clients(known, inventory.unknown, origin)


def show(options: Changing, plan: str) -> None:
    """Show what is to be done, to people."""
    if not options["as_json"]:
        click.echo(plan)


def is_wanted(options: Changing) -> bool:
    """Ask whether to go on, where it was not said; False for a dry run."""
    if options["dry_run"]:
        return False
    if not options["yes"]:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody could be asked here: give --yes")
        click.confirm("Do it?", abort=True, err=True)
    return True


def is_wanted_as(options: Changing, plan: str) -> bool:
    """Show *plan*, then ask."""
    show(options, plan)
    return is_wanted(options)
