"""explain: what each front decides of a certificate; no private key is ever read."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click
from cryptography import x509

from pki import describe, explain_report, lookup, presented, truststore
from pki.errors import PkiError, filesystem
from pki.explain import FRONTS, explain
from pki.remedies import Whose
from pki.steps import Case
from pki.store import Store
from pki.verdict import Front

from . import context
from .moment import Moment

_PORTS = 65_536


class Options(TypedDict):
    """The options, of which the second half is for --connect."""

    trusted: str | None
    front: tuple[Front, ...]
    at: datetime | None
    connect: tuple[str, int] | None
    name: str | None
    ca: str | None
    cert: str | None
    key: str | None
    as_json: bool


class Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT, or [HOST]:PORT."""

    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return *value* as host and port."""
        host, _, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port[:6]) < _PORTS:
            self.fail(f"address is {value!r}, expected HOST:PORT", param, ctx)
        return host, int(port)


@click.command("explain")
@click.argument("certificate", metavar="FILE|NAME|SERIAL|-", required=False)
@click.option("--truststore", "trusted", help="What the front trusts; .pki/truststore.pem.")
@click.option("--front", multiple=True, type=click.Choice(FRONTS), help="Both by default.")
@click.option("--at", type=Moment(), help="At another time than now, such as 2027-01-31.")
@click.option("--connect", type=Address(), help="Look at a live TLS server instead.")
@click.option("--name", help="Which name to ask that server for; HOST by default.")
@click.option("--ca", help="The CAs to verify it with; the system's by default.")
@click.option("--cert", help="Present this certificate to it, with its --key.")
@click.option("--key", help="Goes to OpenSSL by its path, and is not read here.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def main(
    ctx: click.Context,
    certificate: str | None,
    **options: Unpack[Options],
) -> None:
    """Say whether API Gateway and ALB accept a client certificate, why not, and what mends it.

    \b
    python -m pki explain billing
    python -m pki explain partner.pem --truststore partners.pem --front alb --at 2027-01-31
    python -m pki explain --connect localhost:8443 --ca .pki/ca.pem

    FILE is PEM or DER, the leaf first; what follows it is what the client sends. Of CRLs the one in
    .pki is looked at. Exit codes: 0 accepted by every front asked, 1 refused by one, or revoked, 2
    wrong usage.
    """  # noqa: D301
    if (certificate is None) == (options["connect"] is None):
        raise click.UsageError("expected either a certificate or --connect HOST:PORT")
    is_good = _certificate(certificate, options) if certificate else _server(options)
    ctx.exit(0 if is_good else 1)


def _certificate(certificate: str, options: Options) -> bool:
    store, trusted = context.store(), options["trusted"]
    path = store.truststore if trusted is None else Path(trusted)
    leaf, *sent = _presented(store, certificate)
    now = options["at"] or context.now()
    case = Case(leaf, sent, _trusted(path, given=trusted), options["front"] or FRONTS, now)
    found = explain(case, _whose(store, leaf, trusted))
    revoked = _revoked(store, leaf, case.truststore)
    said = explain_report.as_json if options["as_json"] else explain_report.text
    click.echo(said(found, str(path), revoked))
    return found.is_accepted and revoked is None


def _revoked(
    store: Store, leaf: x509.Certificate, authorities: Sequence[x509.Certificate]
) -> explain_report.Since | None:
    if not store.crl.exists():
        return None
    from pki import crl  # noqa: PLC0415

    found = crl.find(crl.content(store.crl), leaf, authorities)
    return (found.revoked_at, found.reason) if found else None


def _server(options: Options) -> bool:
    from pki import endpoint, endpoint_report  # noqa: PLC0415

    host, port = options["connect"] or ("", 0)
    ca, cert, key = (
        Path(o) if o else None for o in (options["ca"], options["cert"], options["key"])
    )
    if key and not cert:
        raise click.UsageError("--key goes with --cert")
    client = _read(str(cert)) if cert else []
    wanted = endpoint.Wanted(host, port, options["name"] or host, ca, cert, key)
    found, now = endpoint.look(wanted), context.now()
    said = endpoint_report.as_json if options["as_json"] else endpoint_report.text
    click.echo(said(found, client, now))
    return endpoint_report.is_good(found, client, now)


def _presented(store: Store, what: str) -> Sequence[x509.Certificate]:
    if what == "-":
        return presented.read(sys.stdin.buffer.read(presented.LARGEST + 1), "standard input")
    with filesystem("read", what):
        is_file = Path(what).exists()
    if is_file:
        return _read(what)
    found = lookup.certificates(store, what)
    clients = [one for one in found if _whose(store, one, None).profile == "client"]
    return [*clients, *found][:1]


def _read(what: str) -> list[x509.Certificate]:
    with filesystem("read", what), Path(what).open("rb") as file:
        return presented.read(file.read(presented.LARGEST + 1), repr(what))


def _trusted(path: Path, *, given: str | None) -> Sequence[x509.Certificate]:
    with filesystem("read", path):
        if given is None and not path.exists():
            raise PkiError(
                f"no truststore at {str(path)!r}",
                "name one with --truststore FILE, or make it: python -m pki init",
            )
    return truststore.read(path)


def _whose(store: Store, leaf: x509.Certificate, trusted: str | None) -> Whose:
    file = "" if trusted is None else trusted
    if not store.index.exists():
        return Whose(truststore=file)
    entry = store.index.by_serial_number(describe.serial_number(leaf))
    if entry is None or entry.fingerprint != describe.fingerprint(leaf):
        return Whose(truststore=file)
    return Whose(entry.name, entry.profile, file)
