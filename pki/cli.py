"""python -m pki: the only place that reads the environment, and the only one that prints."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NotRequired, TypedDict, TypeVar, Unpack

import click

from . import csr, issuance, keys, lookup, report, truststore, wishes
from .commands import Commands
from .errors import PkiError, filesystem
from .initialisation import authority_certificates, initialise
from .profiles import LEAVES
from .public_keys import KEY_TYPES
from .store import Store, create

_IF_NEEDED = "Do nothing if it is good for another third of its life; else make or renew it."
_Command = TypeVar("_Command", bound=Callable[..., None])


def _store() -> Store:
    return Store(Path(os.environ.get("PKI_HOME") or ".pki"))


def _now() -> datetime:
    return datetime.now(UTC)


def _passphrase(variable: str, what: str, *, new: bool = False) -> bytes:
    """Return the passphrase in *variable*, or ask for it on the terminal."""
    given = os.environ.get(variable)
    if given is not None:
        return keys.check_passphrase(os.fsencode(given))
    if not sys.stdin.isatty():
        raise PkiError(f"no {what}", f"set {variable}, or run it on a terminal")
    typed = click.prompt(what, hide_input=True, confirmation_prompt=new, err=True, default="")
    return keys.check_passphrase(typed.encode())


def _new_passphrase(variable: str, what: str, *, wanted: bool) -> bytes | None:
    if wanted or variable in os.environ:
        return _passphrase(variable, what, new=True)
    return None


def _ask_authority() -> bytes:
    return _passphrase("PKI_PASSPHRASE", "passphrase of the issuing CA's key")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make certificates for mutual TLS: root, issuing CA, leaves, truststore.

    \b
    python -m pki init
    python -m pki issue server localhost 127.0.0.1 ::1
    python -m pki issue client billing
    curl --cacert .pki/ca.pem --cert .pki/clients/billing.pem \\
         --key .pki/clients/billing.key https://localhost:8443/whoami

    Everything is in .pki below the current folder, or in the folder PKI_HOME. Exit codes: 0 done,
    1 refused, 2 wrong usage.
    """  # noqa: D301


@main.command()
@click.option("--organization", help="O of every name; Example by default.")
@click.option("--key-type", type=click.Choice(KEY_TYPES), help="Of both CAs; ec-p256 by default.")
@click.option("--passphrase", is_flag=True, help="Encrypt the CAs' keys (or set PKI_PASSPHRASE).")
def init(organization: str | None, key_type: str | None, *, passphrase: bool) -> None:
    """Make the root and the issuing CA; or put back what is missing."""
    store = _store()
    secret = _new_passphrase("PKI_PASSPHRASE", "passphrase for the CAs' keys", wanted=passphrase)
    result = initialise(
        store, now=_now(), organization=organization, key_type=key_type, passphrase=secret
    )
    click.echo(report.initialised(result, store))


@main.group()
def issue() -> None:
    """Make a leaf and its key, or renew it with the same key."""


class LeafOptions(TypedDict):
    """The options that both `issue` commands have."""

    uri: NotRequired[tuple[str, ...]]
    dns: tuple[str, ...]
    email: NotRequired[tuple[str, ...]]
    ip: tuple[str, ...]
    organization: str | None
    days: int | None
    key_type: str | None
    if_needed: bool
    renew: bool
    p12: bool
    passphrase: bool


def _leaf_options(command: _Command) -> _Command:
    options = (
        click.option("--ip", multiple=True, help="IP address in the SAN; repeatable."),
        click.option("--dns", multiple=True, help="DNS name in the SAN; repeatable."),
        click.option("--organization", help="O of the subject; the issuing CA's by default."),
        click.option("--days", type=click.IntRange(1, 3650), help="How long it is good."),
        click.option("--key-type", type=click.Choice(KEY_TYPES), help="ec-p256 by default."),
        click.option("--if-needed", is_flag=True, help=_IF_NEEDED),
        click.option("--renew", is_flag=True, help="Renew it now, with the same key and names."),
        click.option("--p12", is_flag=True, help="PKCS#12 too (prompt, or PKI_P12_PASSPHRASE)."),
        click.option(
            "--passphrase", is_flag=True, help="Encrypt the key (or PKI_LEAF_PASSPHRASE)."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@issue.command("client")
@click.argument("name")
@click.option("--uri", multiple=True, help="URI in the SAN; repeatable.")
@click.option("--email", multiple=True, help="E-mail address in the SAN; repeatable.")
@_leaf_options
def issue_client(name: str, **options: Unpack[LeafOptions]) -> None:
    """Make .pki/clients/NAME.pem and NAME.key.

    Without --uri, --dns, --email and --ip it gets the URI spiffe://example.org/NAME; with any of
    them, exactly those. A renewal without them keeps the names it has.
    """
    _issue(wishes.client(name, _asked(options)), options)


@issue.command("server")
@click.argument("name", nargs=-1, required=True)
@_leaf_options
def issue_server(name: tuple[str, ...], **options: Unpack[LeafOptions]) -> None:
    """Make .pki/server/NAME.pem (with the issuing CA) and NAME.key.

    The first NAME is the file's name and the CN; every NAME is in the SAN. A renewal with one
    NAME alone keeps the names it has.
    """
    _issue(wishes.server(name, _asked(options)), options)


def _asked(options: LeafOptions) -> wishes.Asked:
    return wishes.Asked(
        uri=options.get("uri", ()),
        dns=options["dns"],
        email=options.get("email", ()),
        ip=options["ip"],
        organization=options["organization"],
        key_type=options["key_type"],
        days=options["days"],
    )


def _issue(wish: wishes.Wish, options: LeafOptions) -> None:
    if options["renew"] and options["if_needed"]:
        raise click.UsageError("--renew and --if-needed exclude each other")
    renewal = issuance.Renewal.AT_ONCE if options["renew"] else issuance.Renewal.NEVER
    if options["if_needed"]:
        renewal = issuance.Renewal.IF_NEEDED
    store, now = _store(), _now()
    store.require()
    secrets = issuance.Secrets(
        authority=_ask_authority,
        leaf=lambda: _passphrase("PKI_LEAF_PASSPHRASE", f"passphrase of the key of {wish.name!r}"),
        new_key=_new_passphrase(
            "PKI_LEAF_PASSPHRASE", "passphrase for the new key", wanted=options["passphrase"]
        ),
        p12=_passphrase("PKI_P12_PASSPHRASE", "passphrase for the PKCS#12", new=True)
        if options["p12"]
        else None,
    )
    outcome = issuance.issue(store, wish, secrets, now=now, renewal=renewal)
    click.echo(report.issued(outcome, wish.profile, store, now))


@main.command()
@click.argument("request", metavar="CSR")
@click.option("--profile", type=click.Choice(list(LEAVES)), required=True)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good.")
@click.option("--out", help="A new file for the certificate; standard output by default.")
def sign(request: str, profile: str, days: int | None, out: str | None) -> None:
    """Sign a certificate signing request, PEM or DER; - is standard input.

    The key never comes to us. Only the public key and allowed names are taken from the CSR.
    """
    store = _store()
    wanted = csr.parse(_csr(request), LEAVES[profile])
    if out is not None and os.path.lexists(out):
        raise PkiError(f"{out!r} exists", "choose another file with --out")
    if out is not None and not os.access(Path(out).parent, os.W_OK):
        raise PkiError(f"cannot write into {str(Path(out).parent)!r}", "choose another --out")
    lifetime = None if days is None else timedelta(days=days)
    leaf = issuance.sign(
        store, wanted, LEAVES[profile], _ask_authority, now=_now(), lifetime=lifetime
    )
    if out is None:
        click.echo(report.pem(leaf), nl=False)
    else:
        create(Path(out), report.pem(leaf).encode())
    click.echo(report.signed(leaf, out), err=True)


def _csr(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(csr.LARGEST + 1)
    with filesystem("read", name), Path(name).open("rb") as file:
        return file.read(csr.LARGEST + 1)


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(*, as_json: bool) -> None:
    """List everything that has been issued."""
    store = _store()
    store.require()
    text = report.table_json if as_json else report.table
    click.echo(text(store.index.entries(), _now()))


@main.command()
@click.argument("what", metavar="FILE|NAME|SERIAL")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(what: str, *, as_json: bool) -> None:
    """Say what a certificate says: one in a file, or one that was issued here."""
    found = lookup.certificates(_store(), what)
    text = report.descriptions_json(found) if as_json else report.descriptions(found, _now())
    click.echo(text)


@main.group("truststore")
def truststore_() -> None:
    """Build or show the bundle of CA certificates that the terminator trusts."""


@truststore_.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--out", help="Where to; .pki/truststore.pem by default.")
def build(files: tuple[str, ...], out: str | None) -> None:
    """Put our issuing CA and root, and the CAs in FILEs, into one truststore."""
    store, now = _store(), _now()
    own = authority_certificates(store)
    content = truststore.build([*own, *truststore.gather(map(Path, files), now)], now)
    path = store.truststore if out is None else Path(out)
    with store.lock():
        store.write(path, content)
    click.echo(report.truststore(path, truststore.read(content)))


@truststore_.command()
@click.argument("file", required=False)
def check(file: str | None) -> None:
    """Refuse FILE if a key, a leaf or something expired is in it, or a chain is incomplete."""
    path = _store().truststore if file is None else Path(file)
    truststore.build(truststore.gather([path], _now()), _now())
    click.echo(f"good: {path}")


@truststore_.command("show")
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show_truststore(file: str | None, *, as_json: bool) -> None:
    """Say what is in FILE, .pki/truststore.pem by default."""
    found = truststore.read(_store().truststore if file is None else Path(file))
    text = report.descriptions_json(found) if as_json else report.descriptions(found, _now())
    click.echo(text)
