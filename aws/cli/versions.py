"""truststore versions and pull: what was in force at a domain, and what is."""

import os
from pathlib import Path
from typing import Unpack

import click

from aws import versions_report
from aws.errors import AwsRefused
from aws.in_force import in_force
from aws.pin import Pin
from pki.errors import filesystem

from . import options
from .options import Reading


class Listing(Reading):
    """The options of versions."""

    most: int


class Pulling(Reading):
    """The options of pull."""

    version: str
    out: str | None


@click.command()
@click.argument("domain")
@click.option("--most", type=click.IntRange(1, 1000), default=10, help="So many; 10 by default.")
@options.reading
def versions(domain: str, **given: Unpack[Listing]) -> None:
    """List the truststores of DOMAIN, the newest first, and say which one is in force."""
    account = options.account(given)
    standing = in_force(account, domain)
    stored = standing.versions
    rows = [(one, stored.detail(one.id)) for one in stored.all()[: given["most"]] if one.etag]
    said = versions_report.as_json if given["as_json"] else versions_report.text
    click.echo(said(standing.domain, rows))


@click.command()
@click.argument("domain")
@click.option("--version", default="", help="Another than the one in force.")
@click.option("--out", metavar="FILE", help="A new file; standard output by default.")
@options.reading
def pull(domain: str, **given: Unpack[Pulling]) -> None:
    """Get the truststore that is in force at DOMAIN, or another version of it."""
    account = options.account(given)
    standing = in_force(account, domain)
    version = given["version"] or standing.domain.truststore_version
    content = standing.versions.read(version)
    out = given["out"]
    if out is None and not given["as_json"]:
        click.echo(content, nl=False)
        return
    if out is not None:
        _write(Path(out), content)
    said = versions_report.pulled_json if given["as_json"] else versions_report.pulled
    click.echo(said(Pin(standing.domain.truststore_uri, version), content, out))


def _write(path: Path, content: bytes) -> None:
    if os.path.lexists(path):
        raise AwsRefused(f"{str(path)!r} exists", "choose another file with --out")
    with filesystem("write", path), path.open("xb") as file:
        file.write(content)
