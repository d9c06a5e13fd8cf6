"""watch-expiry: what ends soon; no private key is ever in reach."""

import json
import re
import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Unpack

import click

from aws import expiry, expiry_bundle, expiry_crl, expiry_domain, expiry_issued, expiry_report
from aws.expiry import Asked, Entry, Found
from aws.expiry_issued import Issued
from pki.errors import filesystem
from pki.truststore import content

from . import context, options
from .options import Reading

_WITHIN = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_ISSUED = "An index, or a folder of certificates; repeatable. Our own index by default."
_CRL = "A CRL that counts, too; repeatable."
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


class Watching(Reading):
    """The options of watch-expiry."""

    within: timedelta
    truststore: str | None
    issued: tuple[str, ...]
    crl: tuple[str, ...]


@click.command("watch-expiry")
@click.argument("domain", required=False)
@click.option("--within", type=_Span(), default="30d", help="What counts as soon; 30d by default.")
@click.option("--truststore", metavar="FILE", help=_TRUSTSTORE)
@click.option("--issued", multiple=True, metavar="INDEX|FOLDER", help=_ISSUED)
@click.option("--crl", multiple=True, metavar="FILE|s3://…", help=_CRL)
@options.reading
@click.pass_context
def main(ctx: click.Context, domain: str | None, **given: Unpack[Watching]) -> None:
    """List every certificate that matters by its end: what has expired, what soon will.

    \b
    python -m aws watch-expiry api.example.com
    python -m aws watch-expiry api.example.com --issued partners/ --within 10d
    python -m aws watch-expiry --truststore .pki/truststore.pem

    Of DOMAIN: the CAs of the truststore in force, the server certificate and the ownership
    certificate. Of an index: leaves that are neither replaced nor revoked. Of a CRL the last third
    of its time is soon. What cannot be read counts as if it ended soon.

    Exit codes: 0 nothing ends soon, 1 something does or did, or AWS refuses, 2 wrong usage.
    """  # noqa: D301
    where = " ".join(map(shlex.quote, options.where(given)))
    asked = Asked(context.now(), given["within"], domain or "", where)
    issued = expiry_issued.read(_places(domain, given))
    found = _found(asked, given, issued)
    entries = expiry.judge(found, asked)
    said = _as_json if given["as_json"] else _as_text
    click.echo(said(entries, asked, issued))
    ctx.exit(1 if any(entry.needs_attention for entry in entries) else 0)


def _places(domain: str | None, given: Watching) -> list[Path]:
    if domain and given["truststore"]:
        raise click.UsageError("give DOMAIN or --truststore, not both")
    places = [Path(place) for place in given["issued"]] or context.own_index()
    if not (domain or given["truststore"] or given["crl"] or places):
        raise click.UsageError("nothing to look at: give DOMAIN, --truststore, --issued or --crl")
    return places


def _found(asked: Asked, given: Watching, issued: Issued) -> Found:
    found = Found()
    leaves = issued.good(asked.now) if issued.is_known else None
    if given["truststore"]:
        file = Path(given["truststore"])
        found.add(expiry_bundle.read(content(file), str(file), leaves))
    elif asked.domain:
        expiry_domain.read(options.account(given).client, asked.domain, found, leaves)
    for place in given["crl"]:
        if place.startswith("s3://"):
            expiry_crl.read(options.account(given).client, place, found)
        else:
            found.add(expiry_crl.of(_crl(Path(place)), place))
    found.add(issued.found)
    return found


def _crl(path: Path) -> bytes:
    with filesystem("read", path), path.open("rb") as file:
        return file.read(expiry_crl.LARGEST + 1)


def _as_json(entries: Sequence[Entry], asked: Asked, issued: Issued) -> str:
    left_out = {"replaced": issued.replaced, "revoked": issued.revoked}
    said = {**expiry_report.as_json(entries, asked), "left_out": left_out}
    return json.dumps(said, indent=2, ensure_ascii=False)


def _as_text(entries: Sequence[Entry], asked: Asked, issued: Issued) -> str:
    said = expiry_report.text(entries, asked)
    if issued.replaced or issued.revoked:
        said += f"\nnot listed: {issued.replaced} replaced and {issued.revoked} revoked leaves"
    return said
