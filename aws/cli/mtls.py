"""mtls off and on: whether a domain asks its clients for a certificate at all."""

from typing import Unpack

import click

from aws import mutual_tls
from aws import mutual_tls_report as report
from aws.domain import Domain
from aws.mutual_tls import On, Wish
from pki.findings import Finding

from . import context, options
from .options import Changing


class SwitchingOn(Changing):
    """The options of on."""

    truststore: str
    version: str


@click.group("mtls")
def main() -> None:
    """Switch mutual TLS of a domain off, and on again.

    \b
    python -m aws mtls off api.example.com
    python -m aws mtls on api.example.com --truststore s3://BUCKET/truststore.pem
    """  # noqa: D301


@main.command()
@click.argument("domain")
@options.changing
def off(domain: str, **given: Unpack[Changing]) -> None:
    """Let anybody connect to DOMAIN, until mutual TLS is on again.

    It says what to type for that, with the truststore that was in force, before it does anything.
    """
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    account = options.account(given)
    before = mutual_tls.plan_off(account, domain, terminal)
    again = report.on_again(before, options.where(given))
    done: Domain | None = None
    plan = report.off_plan(before, again)
    if not mutual_tls.is_off(before) and options.is_wanted_as(given, plan):
        done = mutual_tls.switch_off(account, before, options.waiting(given))
    if given["as_json"]:
        click.echo(report.off_json(before, done, again, found))
    else:
        click.echo(report.off(before, done, again))


@main.command()
@click.argument("domain")
@click.option(
    "--truststore",
    default="",
    metavar="s3://BUCKET/KEY",
    help="By default that of the stack that made DOMAIN.",
)
@click.option("--version", default="", help="Its version; by default the stack's, or the newest.")
@options.changing
def on(domain: str, **given: Unpack[SwitchingOn]) -> None:
    """Ask every client of DOMAIN for a certificate.

    The truststore and the domain are checked first. Exit codes: 0 it is on, 1 it is not, or API
    Gateway warns of the truststore, 2 wrong usage.
    """
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    account = options.account(given)
    wish = Wish(domain, given["truststore"], given["version"])
    plan: On = mutual_tls.plan_on(account, wish, context.now(), terminal)
    done: Domain | None = None
    if not plan.is_done and options.is_wanted_as(given, report.on_plan(plan)):
        done = mutual_tls.switch_on(account, plan, options.waiting(given))
    if given["as_json"]:
        click.echo(report.on_json(plan, done, found))
    else:
        click.echo(report.on(plan, done))
