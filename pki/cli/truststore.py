"""truststore build, check, show: no private key is ever in reach."""

from pathlib import Path

import click

from pki import report, truststore
from pki.initialisation import authority_certificates

from . import context


@click.group("truststore")
def main() -> None:
    """Build or show the bundle of CA certificates that the terminator trusts."""


@main.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--out", help="Where to; .pki/truststore.pem by default.")
def build(files: tuple[str, ...], out: str | None) -> None:
    """Put our issuing CA and root, and the CAs in FILEs, into one truststore."""
    store, now = context.store(), context.now()
    own = authority_certificates(store)
    content = truststore.build([*own, *truststore.gather(map(Path, files), now)], now)
    path = store.truststore if out is None else Path(out)
    with store.lock():
        store.write(path, content)
    click.echo(report.truststore(path, truststore.read(content)))


@main.command()
@click.argument("file", required=False)
def check(file: str | None) -> None:
    """Refuse FILE if a key, a leaf or something expired is in it, or a chain is incomplete."""
    path = context.store().truststore if file is None else Path(file)
    truststore.build(truststore.gather([path], context.now()), context.now())
    click.echo(f"good: {path}")


@main.command("show")
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show_truststore(file: str | None, *, as_json: bool) -> None:
    """Say what is in FILE, .pki/truststore.pem by default."""
    found = truststore.read(context.store().truststore if file is None else Path(file))
    text = report.descriptions_json(found) if as_json else report.descriptions(found, context.now())
    click.echo(text)
