"""status: what AWS says of a custom domain; nothing is changed."""

from typing import Unpack

import click

from aws import report, status_findings, status_report
from aws import status as statuses
from pki.findings import errors

from . import context, options
from .options import Reading


@click.command()
@click.argument("domain")
@options.reading
@click.pass_context
def status(ctx: click.Context, domain: str, **given: Unpack[Reading]) -> None:
    """Say what AWS has at DOMAIN: status, certificates, truststore, mappings, and what is wrong.

    Exit codes: 0 nothing is, 1 an error was found, 2 wrong usage.
    """
    now = context.now()
    read = statuses.read(options.account(given), domain, now, context.execute_api())
    found = status_findings.findings(read, now)
    if given["as_json"]:
        click.echo(status_report.as_json(read, found))
    else:
        click.echo(status_report.text(read, found, now))
        if found:
            click.echo(report.findings(found))
    ctx.exit(1 if errors(found) else 0)
