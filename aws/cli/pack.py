"""truststore pack: no private key is ever in reach."""

from pathlib import Path

import click

from aws import report, truststore
from aws.errors import AwsRefused
from aws.truststore import Checked, Packed

from . import context


@click.command()
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="The findings, for programs.")
def pack(file: str | None, *, as_json: bool) -> None:
    """Check FILE, .pki/truststore.pem by default, and put it where the next build takes it.

    With an error in it, what was packed before stays as it is.
    """
    now = context.now()
    source = context.pki_home() / "truststore.pem" if file is None else Path(file)
    done = truststore.pack(source, truststore.PACKED, now)
    found = done.checked.findings if isinstance(done, Packed) else done.findings
    if as_json:
        click.echo(report.findings_json(found))
    else:
        context.show(found)
    if isinstance(done, Checked):
        raise AwsRefused(f"{source} was not packed", "correct it, then: make truststore")
    if not as_json:
        click.echo(report.packed(done, now))
