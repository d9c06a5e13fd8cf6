"""endpoint off: the way around mutual TLS is closed."""

from typing import Unpack

import click

from aws import endpoint
from aws import endpoint_report as reports
from aws.endpoint import Door, Wish
from pki.findings import Finding

from . import context, options
from .options import Changing


class SwitchingOff(Changing):
    """The options of off."""

    stage: str
    redeploy: bool


@click.group("endpoint")
def main() -> None:
    """Close the default endpoint of an API, which asks nobody for a certificate.

    \b
    python -m aws endpoint off a1b2c3d4e5
    """  # noqa: D301


@main.command()
@click.argument("api")
@click.option("--stage", default="", help="The one that is changed or deployed.")
@click.option(
    "--redeploy",
    is_flag=True,
    help="Deploy a REST API, though a change of a stage should be enough; what was changed in it"
    " and not deployed goes live.",
)
@options.changing
def off(api: str, **given: Unpack[SwitchingOff]) -> None:
    """Switch the default endpoint of the REST or HTTP API off, and see that it is closed.

    Exit codes: 0 it is, or could not be asked; 1 it still answers, or AWS refused; 2 wrong usage.
    """
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    account = options.account(given)
    wish = Wish(api, given["stage"], given["redeploy"], context.execute_api())
    plan = endpoint.plan(account, wish, terminal)
    done: tuple[Door, ...] | None = None
    if not plan.is_done and options.is_wanted_as(given, reports.plan(plan)):
        done = endpoint.execute(plan, account, context.now(), options.waiting(given))
    if done is not None or plan.is_done:
        terminal.show(list(reports.unverified(plan.doors if done is None else done)))
    if given["as_json"]:
        click.echo(reports.as_json(plan, done, found))
    else:
        click.echo(reports.text(plan, done))
