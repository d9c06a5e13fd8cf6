"""rotate plan and next: a CA is replaced, and nobody is locked out over it."""

import shlex
from pathlib import Path
from typing import Unpack, cast

import click

from aws import rotate as rotating
from aws import rotate_report, truststore
from aws.account import Account
from aws.errors import AwsRefused
from aws.in_force import in_force
from aws.push_plan import Wish
from aws.rotate import Standing, Wanted
from aws.rotation import Step
from pki.truststore import read

from . import context, options, pushing
from .options import Changing, Knowing, Reading
from .pushing import Pushing


class Planning(Reading, Knowing):
    """The options of plan."""

    replaces: str


class Stepping(Changing, Knowing):
    """The options of next."""

    replaces: str


_REPLACES = click.option(
    "--replaces",
    default="",
    metavar="NAME|SHA-256",
    help="The CA that goes; not needed where only one can.",
)


@click.group("rotate")
def main() -> None:
    """Replace a CA without locking anybody out: old, then both, then new.

    \b
    python -m aws rotate plan new-ca.pem api.example.com --seen access.log
    python -m aws rotate next new-ca.pem api.example.com --seen access.log
    """  # noqa: D301


@main.command()
@click.argument("new_ca", metavar="NEW_CA")
@click.argument("domain")
@_REPLACES
@options.knowing
@options.reading
def plan(new_ca: str, domain: str, **given: Unpack[Planning]) -> None:
    """Say which step is next, and who still uses the old CA; nothing is changed.

    NEW_CA holds the new CA, with its chain up to the root.
    """
    found = _standing(options.account(given), new_ca, domain, given)
    if given["as_json"]:
        click.echo(rotate_report.as_json(found, is_changed=False))
    else:
        click.echo(rotate_report.plan(found, _command(new_ca, domain, given)))


@main.command("next")
@click.argument("new_ca", metavar="NEW_CA")
@click.argument("domain")
@_REPLACES
@options.knowing
@options.changing
def next_(new_ca: str, domain: str, **given: Unpack[Stepping]) -> None:
    """Take the next step, if it locks nobody out.

    Exit codes: 0 taken, or all is done; 1 somebody still uses the old CA, or AWS refused.
    """
    account = options.account(given)
    found = _standing(account, new_ca, domain, given)
    if found.step is Step.DONE:
        _say_done(found, given)
        return
    if found.step is Step.WAIT:
        raise AwsRefused(
            rotate_report.waiting(found),
            f"give them certificates of the new CA, then: {_command(new_ca, domain, given)}",
        )
    rotating.require_known(found)
    wish = Wish(found.content(context.now()), domain, found.lock_out.clients)
    pushing.run(account, wish, _as_push(given))


def _standing(account: Account, new_ca: str, domain: str, given: Planning | Stepping) -> Standing:
    new = read(truststore.content(Path(new_ca)))
    wanted = Wanted(new, given["replaces"], options.clients(given))
    return rotating.standing(in_force(account, domain), wanted, context.now())


def _as_push(given: Stepping) -> Pushing:
    """A rotation accepts neither a lock-out nor warnings."""
    keys = Changing.__annotations__ | Knowing.__annotations__
    taken = {key: value for key, value in given.items() if key in keys}
    return cast("Pushing", {**taken, "lock_out": None, "accept_warnings": False})


def _say_done(found: Standing, given: Stepping) -> None:
    if given["as_json"]:
        click.echo(rotate_report.as_json(found, is_changed=False))
    else:
        click.echo(rotate_report.plan(found, ""))


def _command(new_ca: str, domain: str, given: Planning | Stepping) -> str:
    words = ["python", "-m", "aws", "rotate", "next", new_ca, domain]
    words += ["--replaces", given["replaces"]] if given["replaces"] else []
    for place in given["issued"]:
        words += ["--issued", place]
    words += ["--seen", given["seen"]] if given["seen"] else []
    return shlex.join(words)
