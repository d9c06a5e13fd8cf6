"""truststore build, check: no private key is ever in reach."""

import sys
from datetime import datetime
from pathlib import Path

import click

from pki import bundling, collection, report, truststore
from pki.errors import PkiError
from pki.initialisation import authority_certificates
from pki.lint import report as lint_report
from pki.lint.rule import FRONTS
from pki.store import Store
from pki.verdict import Front

from . import context
from .moment import Moment

_AT = "At another time than now, such as 2027-01-31."


@click.command()
@click.argument("paths", metavar="[FILE|FOLDER|-]...", nargs=-1)
@click.option("--out", help="Where to; .pki/truststore.pem by default, - is standard output.")
@click.option("--front", type=click.Choice(FRONTS), help="For this one; by default for either.")
@click.option("--at", type=Moment(), help=_AT)
@click.option("--json", "as_json", is_flag=True, help="What lint finds, for programs.")
def build(
    paths: tuple[str, ...],
    *,
    out: str | None,
    front: Front | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Put our issuing CA and root, and the CAs in FILEs and FOLDERs, into one truststore.

    \b
    python -m pki truststore build partners/ acme.p7b
    python -m pki truststore build partners/ --out truststore.pem --front api-gateway

    PEM, DER and PKCS#7 are told by their content. Without a PKI here, only what is given.
    """  # noqa: D301
    store, now = context.store(), at or context.now()
    own = authority_certificates(store) if store.is_made() or not paths else ()
    stdin = sys.stdin.buffer.read(truststore.LARGEST + 1) if "-" in paths else b""
    collected = collection.collect(paths, stdin)
    made = bundling.bundle(own, collected, front=front, now=now)
    path = _target(store, out)
    if as_json or made.refusal:
        found = made.findings
        text = lint_report.as_json(found) if as_json else lint_report.text(found, str(path))
        click.echo(text, err=out == "-" and not made.refusal)
    if made.refusal:
        raise made.refusal
    _write(store, path, made.content)
    if not as_json:
        click.echo(_told(path, made, collected), err=out == "-")


def _target(store: Store, out: str | None) -> Path:
    if out is None and not store.is_made():
        raise PkiError(
            "there is no PKI here to put the truststore into", "say where: --out truststore.pem"
        )
    return store.truststore if out is None else Path(out)


def _write(store: Store, path: Path, content: bytes) -> None:
    if path == Path("-"):
        sys.stdout.buffer.write(content)
    elif store.is_made():
        with store.lock():
            store.write(path, content)
    else:
        store.write(path, content)


def _told(path: Path, made: bundling.Bundled, collected: collection.Collected) -> str:
    lines = [report.truststore(path, made.certificates)]
    lines += [f"skipped {file!r}: no certificate in it" for file in collected.skipped]
    lines += [lint_report.text(made.findings, str(path))] if made.findings else []
    return "\n".join(lines)


@click.command()
@click.argument("file", required=False)
@click.option("--at", type=Moment(), help=_AT)
def check(file: str | None, at: datetime | None) -> None:
    """Refuse FILE if a key, a leaf or something expired is in it, or a chain is incomplete."""
    path = context.store().truststore if file is None else Path(file)
    now = at or context.now()
    truststore.build(truststore.gather([path], now), now)
    click.echo(f"good: {path}")
