"""crl push: what was revoked is told to those who ask."""

from pathlib import Path
from typing import Unpack

import click

from aws import crl_push
from aws import crl_report as report
from aws.crl_push import Pushed, Wish
from pki.findings import Finding

from . import context, options
from .options import Changing


class Pushing(Changing):
    """The options of push."""

    uri: str
    stack: str
    trust_store: str
    truststore: str | None


@click.group("crl")
def main() -> None:
    """Put CRLs in force: in S3, where the service looks, and in a trust store of ALB.

    \b
    python -m aws crl push .pki/crl.pem --stack mtls-api
    python -m aws crl push .pki/crl.pem --trust-store partners --uri s3://BUCKET/partners.pem
    """  # noqa: D301


@main.command()
@click.argument("file")
@click.option("--uri", default="", metavar="s3://BUCKET/KEY", help="Where it goes.")
@click.option("--stack", default="", metavar="NAME", help="Where this stack's function looks.")
@click.option(
    "--trust-store",
    default="",
    metavar="NAME|ARN",
    help="Of ALB, which copies it from --uri; older ones of the same CA are removed after.",
)
@click.option(
    "--truststore",
    metavar="FILE",
    help="The CAs whose CRLs count; by default those in force at the stack's domain.",
)
@options.changing
def push(file: str, **given: Unpack[Pushing]) -> None:
    """Put the CRL FILE in force, PEM or DER.

    It is checked first: who signed it, whether it holds, and that it is not older than the one
    that is there. CRLs of other CAs at the same place stay.
    """
    _refuse_nonsense(given)
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    account, now = options.account(given), context.now()
    wish = Wish(
        file=Path(file),
        uri=given["uri"],
        stack=given["stack"],
        trust_store=given["trust_store"],
        truststore=Path(given["truststore"]) if given["truststore"] else None,
    )
    plan = crl_push.plan(account, wish, now, terminal)
    done: Pushed | None = None
    if not plan.is_done and options.is_wanted_as(given, report.plan(plan, now)):
        done = crl_push.execute(plan, account, options.waiting(given))
    if given["as_json"]:
        click.echo(report.as_json(plan, done, found))
    else:
        click.echo(report.text(plan, done))


def _refuse_nonsense(given: Pushing) -> None:
    if bool(given["uri"]) == bool(given["stack"]):
        raise click.UsageError("say where to: --uri or --stack")
    if given["trust_store"] and given["truststore"]:
        raise click.UsageError("a trust store has its own CAs: not with --truststore")
    if given["uri"] and not given["trust_store"] and not given["truststore"]:
        raise click.UsageError("--uri takes --truststore, with the CAs whose CRLs count")
