"""truststore lint: what a front would have against a truststore."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from pki import truststore
from pki.findings import errors
from pki.lint import lint, report
from pki.lint.rule import FRONTS
from pki.verdict import Front

from . import context
from .moment import Moment


@click.command("lint")
@click.argument("file", required=False)
@click.option("--front", type=click.Choice(FRONTS), help="Both by default.")
@click.option("--at", type=Moment(), help="At another time than now, such as 2027-01-31.")
@click.option("--within", type=click.IntRange(0, 36500), default=30, help="Days that are soon; 30.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def main(
    ctx: click.Context,
    file: str | None,
    *,
    front: Front | None,
    at: datetime | None,
    within: int,
    as_json: bool,
) -> None:
    """Say what API Gateway and ALB would have against FILE, .pki/truststore.pem by default.

    \b
    python -m pki truststore lint partners.pem
    python -m pki truststore lint partners.pem --front alb --at 2027-01-31

    - is standard input. Every rule is in docs/lint.md. Exit codes: 0 no errors, 1 errors, 2 wrong
    usage.
    """  # noqa: D301
    name = str(context.store().truststore) if file is None else file
    found = lint(read(name), front=front, now=at or context.now(), within=timedelta(days=within))
    click.echo(report.as_json(found) if as_json else report.text(found, name))
    ctx.exit(1 if errors(found) else 0)


def read(name: str) -> bytes:
    """Return what is in the file *name*, or on standard input for "-"."""
    if name == "-":
        return sys.stdin.buffer.read(truststore.LARGEST + 1)
    return truststore.content(Path(name))
