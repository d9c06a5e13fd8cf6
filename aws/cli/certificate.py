"""certificate request and import: the server certificate of a domain, in ACM."""

import shlex
from pathlib import Path
from typing import Unpack

import click

from aws import certificate_import, certificate_request
from aws import certificate_report as report
from aws.certificate_import import Imported
from aws.certificate_request import KEY_TYPES, Request
from pki.findings import Finding

from . import context, options
from .options import Changing


class Requesting(Changing):
    """The options of request."""

    zone: str
    key_type: str


class Importing(Changing):
    """The options of import."""

    key: str
    chain: str | None
    arn: str
    domain: str
    ownership: str
    may_lock_domains: bool


@click.group("certificate")
def main() -> None:
    """Have a server certificate in ACM, for a domain with mutual TLS.

    \b
    python -m aws certificate request api.example.com --zone Z0123456789ABCDEFGHIJ
    python -m aws certificate import server.pem --key server.key --chain chain.pem
    """  # noqa: D301


@main.command()
@click.argument("name")
@click.option("--zone", default="", metavar="ID", help="The hosted zone that the record goes into.")
@click.option("--key-type", type=click.Choice([*KEY_TYPES]), default="rsa-2048", show_default=True)
@options.changing
def request(name: str, **given: Unpack[Requesting]) -> None:
    """Ask ACM for a public certificate for NAME, and prove through DNS whose the name is.

    With --zone the record is written to Route 53, and the certificate waited for; else the record
    is said. The same command typed again goes on with the same certificate.
    """
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    account = options.account(given)
    wish = certificate_request.Wish(name, given["key_type"], given["zone"])
    plan = certificate_request.plan(account, wish, terminal)
    done: Request | None = None
    if plan.only_looks or (
        not plan.is_done and options.is_wanted_as(given, report.request_plan(plan))
    ):
        done = certificate_request.execute(plan, account, options.waiting(given))
    if given["as_json"]:
        click.echo(report.request_json(plan, done, found))
    else:
        click.echo(report.request(plan, done, _again(name, given)))


@main.command("import")
@click.argument("certificate", metavar="CERT")
@click.option("--key", required=True, metavar="FILE", help="Its private key; it goes to ACM alone.")
@click.option("--chain", metavar="FILE", help="The CAs that are presented after it.")
@click.option("--arn", default="", help="The one in ACM that it takes the place of.")
@click.option("--domain", default="", help="Put it in use there.")
@click.option("--ownership", default="", metavar="ARN", help="What proves whose the name is.")
@click.option(
    "--may-lock-domains",
    is_flag=True,
    help="Though its names or issuer are others than those of --arn: domains that have it may take"
    " no change then, until it is imported once more.",
)
@options.changing
def import_(certificate: str, **given: Unpack[Importing]) -> None:
    """Put the certificate CERT into ACM with its key, and in use at a domain.

    CERT has the leaf first, and may have its CAs after it. API Gateway wants an imported one beside
    another that ACM issued, as proof: --ownership.
    """
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    wish = certificate_import.Wish(
        certificate=Path(certificate),
        key=Path(given["key"]),
        chain=Path(given["chain"]) if given["chain"] else None,
        arn=given["arn"],
        domain=given["domain"],
        ownership=given["ownership"],
        may_lock=given["may_lock_domains"],
    )
    if wish.ownership and not wish.domain:
        raise click.UsageError("--ownership is for --domain")
    account, now = options.account(given), context.now()
    plan = certificate_import.plan(account, wish, now, terminal)
    done: Imported | None = None
    if not plan.is_done and options.is_wanted_as(given, report.import_plan(plan, now)):
        done = certificate_import.execute(plan, account, options.waiting(given))
    if given["as_json"]:
        click.echo(report.imported_json(plan, done, found))
    else:
        click.echo(report.imported(plan, done))


def _again(name: str, given: Requesting) -> str:
    words = ["python", "-m", "aws", "certificate", "request", name]
    words += ["--key-type", given["key_type"]] if given["key_type"] != "rsa-2048" else []
    return shlex.join([*words, *options.where(given)])
