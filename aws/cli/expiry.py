"""watch-expiry: what ends soon; no private key is ever in reach."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, Unpack

import click

from aws import account as accounts
from aws import expiry, expiry_bundle, expiry_domain, expiry_issued, expiry_report
from aws.expiry import Asked, Entry, Found
from aws.expiry_issued import Issued
from pki.truststore import content

from . import context

_WITHIN = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_ISSUED = "An index, or a folder of certificates; repeatable. Our own index by default."
_TRUSTSTORE = "A local one instead of that of DOMAIN; nothing is asked of AWS."


class _Span(click.ParamType[timedelta]):
    """A number of hours, days or weeks."""

    name = "30d"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _WITHIN.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no time, expected such as 30d, 12h or 2w", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Options(TypedDict):
    """The options of watch-expiry."""

    within: timedelta
    truststore: str | None
    issued: tuple[str, ...]
    as_json: bool
    profile: str
    region: str


@click.command("watch-expiry")
@click.argument("domain", required=False)
@click.option("--within", type=_Span(), default="30d", help="What counts as soon; 30d by default.")
@click.option("--truststore", metavar="FILE", help=_TRUSTSTORE)
@click.option("--issued", multiple=True, metavar="INDEX|FOLDER", help=_ISSUED)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--profile", default="", help="Whose credentials; as in the AWS CLI by default.")
@click.option("--region", default="", help="Where DOMAIN is; as in the AWS CLI by default.")
@click.pass_context
def main(ctx: click.Context, domain: str | None, **options: Unpack[Options]) -> None:
    """List every certificate that matters by its end: what has expired, what soon will.

    \b
    python -m aws watch-expiry api.example.com
    python -m aws watch-expiry api.example.com --issued partners/ --within 10d
    python -m aws watch-expiry --truststore .pki/truststore.pem

    Of DOMAIN: the CAs of the truststore in force, the server certificate and the ownership
    certificate. Of an index: leaves that are neither replaced nor revoked. What cannot be read
    counts as if it ended soon.

    Exit codes: 0 nothing ends soon, 1 something does or did, or AWS refuses, 2 wrong usage.
    """  # noqa: D301
    asked = Asked(context.now(), options["within"], domain or "")
    issued = expiry_issued.read(_places(domain, options))
    found = _found(asked, options, issued)
    entries = expiry.judge(found, asked)
    said = _as_json if options["as_json"] else _as_text
    click.echo(said(entries, asked, issued))
    ctx.exit(1 if any(entry.needs_attention for entry in entries) else 0)


def _places(domain: str | None, options: Options) -> list[Path]:
    if domain and options["truststore"]:
        raise click.UsageError("give DOMAIN or --truststore, not both")
    places = [Path(place) for place in options["issued"]]
    own = context.pki_home() / "index.sqlite"
    if not places and own.exists():
        places = [own]
    if not (domain or options["truststore"] or places):
        raise click.UsageError("nothing to look at: give DOMAIN, --truststore or --issued")
    return places


def _found(asked: Asked, options: Options, issued: Issued) -> Found:
    found = Found()
    leaves = issued.good(asked.now) if issued.is_known else None
    if options["truststore"]:
        file = Path(options["truststore"])
        found.add(expiry_bundle.read(content(file), str(file), leaves))
    elif asked.domain:
        region = options["region"] or context.environment().get("AWS_REGION", "")
        account = accounts.sign_in(options["profile"], region)
        expiry_domain.read(account.client, asked.domain, found, leaves)
    found.add(issued.found)
    return found


def _as_json(entries: Sequence[Entry], asked: Asked, issued: Issued) -> str:
    left_out = {"replaced": issued.replaced, "revoked": issued.revoked}
    said = {**expiry_report.as_json(entries, asked), "left_out": left_out}
    return json.dumps(said, indent=2, ensure_ascii=False)


def _as_text(entries: Sequence[Entry], asked: Asked, issued: Issued) -> str:
    said = expiry_report.text(entries, asked)
    if issued.replaced or issued.revoked:
        said += f"\nnot listed: {issued.replaced} replaced and {issued.revoked} revoked leaves"
    return said
