"""revoke, crl, ocsp, serve."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from pki import crl, ocsp, publication, revocation, revocation_report
from pki.errors import PkiError, filesystem
from pki.initialisation import load_authority
from pki.store import create

from . import context
from .moment import Moment


@click.command()
@click.argument("what", metavar="FILE|NAME|SERIAL")
@click.option(
    "--reason",
    type=click.Choice(list(crl.REASONS), case_sensitive=False),
    default="unspecified",
    help="Why; it is written into the CRL.",
)
@click.option("--at", type=Moment(), help="Since when; now by default.")
def revoke(what: str, reason: str, at: datetime | None) -> None:
    """Revoke a leaf, and publish a new CRL that says so.

    A file's certificate; all certificates of a name that have not expired; or the one with a
    serial number, of which 8 digits may do. What is revoked stays revoked.
    """
    store, now = context.store(), context.now()
    store.require()
    if at is not None and at > now:
        raise PkiError(f"--at is {at:%Y-%m-%dT%H:%M:%SZ}, which is to come", "leave it out for now")
    leaves = revocation.find(store, what, now)
    order = revocation.Order(reason, (at or now).replace(microsecond=0))
    outcomes, published = revocation.revoke(store, leaves, order, context.ask_authority, now=now)
    click.echo(revocation_report.revoked(outcomes, published, store))


@click.command("crl")
@click.option("--days", type=click.IntRange(1, 365), help="How long it is good; 7 at first.")
@click.option("--out", help="A file for a copy of it, which is replaced if it is a CRL.")
@click.option("--der", is_flag=True, help="The copy as DER; PEM by default.")
def crl_(days: int | None, out: str | None, *, der: bool) -> None:
    """Publish a new CRL in .pki/crl.pem, with a number greater than any before."""
    if der and out is None:
        raise click.UsageError("--der is about the copy: give --out too")
    store, now = context.store(), context.now()
    if out is not None:
        _require_replaceable(Path(out))
    authority = load_authority(store, context.ask_authority)
    lifetime = None if days is None else timedelta(days=days)
    with store.lock():
        made = publication.publish(store, authority, now=now, lifetime=lifetime)
    if out is not None:
        store.write(Path(out), made.public_bytes(Encoding.DER if der else Encoding.PEM))
    click.echo(revocation_report.published(made, store.crl if out is None else Path(out)))


def _require_replaceable(path: Path) -> None:
    with filesystem("read", path):
        is_there = path.exists()
    if is_there and crl.parse(crl.content(path)) is None:
        raise PkiError(f"{str(path)!r} exists, and is no CRL", "choose another file with --out")


@click.command("ocsp")
@click.argument("request", metavar="REQUEST")
@click.option("--out", help="A new file for the answer; standard output by default.")
def ocsp_(request: str, out: str | None) -> None:
    """Answer one OCSP request, in DER; - is standard input.

    Whatever it is, there is an answer: malformedRequest at worst.
    """
    store, now = context.store(), context.now()
    if request == "-":
        der = sys.stdin.buffer.read(ocsp.LARGEST + 1)
    else:
        with filesystem("read", request), Path(request).open("rb") as file:
            der = file.read(ocsp.LARGEST + 1)
    answer = revocation.answer(store, der, context.ask_authority, now).der
    if out is None:
        sys.stdout.buffer.write(answer)
    else:
        create(Path(out), answer)


@click.command()
@click.option("--bind", default="127.0.0.1:8085", show_default=True, help="Address and port.")
@click.option("--crl-copy", help="A file that is kept equal to the CRL.")
def serve(bind: str, crl_copy: str | None) -> None:
    """Serve /crl, /ocsp, /ca.pem, /truststore.pem over HTTP, and renew what they need.

    The CRL is published anew when half its life is over, the OCSP responder's certificate in the
    last third of its own. Both take the issuing CA's key; if that has a passphrase, it is taken
    from PKI_PASSPHRASE, and without it there are warnings, until the CRL has ended.
    """
    from pki import keeper, serving  # noqa: PLC0415  (gunicorn takes its time)

    store = context.store()
    store.require()
    listener = serving.Bind.parse(bind).listen()
    host, port = listener.getsockname()[:2]
    click.echo(f"serving {store.home} on http://{f'[{host}]' if ':' in host else host}:{port}")
    kept = keeper.Keeper(store, context.given_authority, Path(crl_copy) if crl_copy else None)
    sys.exit(serving.serve(store, listener, kept, lambda line: click.echo(line, err=True)))
