"""init, issue, sign, list, show."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NotRequired, TypedDict, TypeVar, Unpack

import click

from pki import csr, issuance, lookup, publication, report, wishes
from pki.errors import PkiError, filesystem
from pki.initialisation import authority_certificates, initialise
from pki.keys import P12, P12_ENCRYPTIONS
from pki.profiles import LEAVES
from pki.public_keys import KEY_TYPES
from pki.store import create

from . import context

_IF_NEEDED = "Do nothing if it is good for another third of its life; else make or renew it."
_P12 = """\
aes-256 by default, for Java, Windows 10 and Server 2019, and the browsers of Linux; 3des, which is
weaker, for Apple's Keychain, Android up to 13, and Windows Server 2016."""
_Command = TypeVar("_Command", bound=Callable[..., None])


@click.command()
@click.option("--organization", help="O of every name; Example by default.")
@click.option("--key-type", type=click.Choice(KEY_TYPES), help="Of both CAs; ec-p256 by default.")
@click.option("--passphrase", is_flag=True, help="Encrypt the CAs' keys (or set PKI_PASSPHRASE).")
def init(organization: str | None, key_type: str | None, *, passphrase: bool) -> None:
    """Make the root and the issuing CA; or put back what is missing."""
    store = context.store()
    secret = context.new_passphrase(
        "PKI_PASSPHRASE", "passphrase for the CAs' keys", wanted=passphrase
    )
    result = initialise(
        store, now=context.now(), organization=organization, key_type=key_type, passphrase=secret
    )
    click.echo(report.initialised(result, store))


@click.group()
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
    p12_encryption: str | None
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
        click.option("--p12-encryption", type=click.Choice(list(P12_ENCRYPTIONS)), help=_P12),
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
    if options["p12_encryption"] and not options["p12"]:
        raise click.UsageError("--p12-encryption goes with --p12")
    renewal = issuance.Renewal.AT_ONCE if options["renew"] else issuance.Renewal.NEVER
    if options["if_needed"]:
        renewal = issuance.Renewal.IF_NEEDED
    store, now = context.store(), context.now()
    store.require()
    secrets = issuance.Secrets(
        authority=context.ask_authority,
        leaf=lambda: context.passphrase(
            "PKI_LEAF_PASSPHRASE", f"passphrase of the key of {wish.name!r}"
        ),
        new_key=context.new_passphrase(
            "PKI_LEAF_PASSPHRASE", "passphrase for the new key", wanted=options["passphrase"]
        ),
        p12=_p12(options),
    )
    outcome = issuance.issue(
        store, wish, secrets, now=now, renewal=renewal, addresses=context.addresses()
    )
    click.echo(report.issued(outcome, wish.profile, store, now))


def _p12(options: LeafOptions) -> P12 | None:
    if not options["p12"]:
        return None
    secret = context.passphrase("PKI_P12_PASSPHRASE", "passphrase for the PKCS#12", new=True)
    return P12(secret, options["p12_encryption"] or "aes-256")


@click.command()
@click.argument("request", metavar="CSR")
@click.option("--profile", type=click.Choice(list(LEAVES)), required=True)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good.")
@click.option("--out", help="A new file for the certificate; standard output by default.")
def sign(request: str, profile: str, days: int | None, out: str | None) -> None:
    """Sign a certificate signing request, PEM or DER; - is standard input.

    The key never comes to us. Only the public key and allowed names are taken from the CSR.
    """
    store = context.store()
    wanted = csr.parse(_csr(request), LEAVES[profile])
    if out is not None and os.path.lexists(out):
        raise PkiError(f"{out!r} exists", "choose another file with --out")
    if out is not None and not os.access(Path(out).parent, os.W_OK):
        raise PkiError(f"cannot write into {str(Path(out).parent)!r}", "choose another --out")
    lifetime = None if days is None else timedelta(days=days)
    leaf = issuance.sign(
        store,
        wanted,
        LEAVES[profile],
        context.ask_authority,
        now=context.now(),
        lifetime=lifetime,
        addresses=context.addresses(),
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


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(*, as_json: bool) -> None:
    """List everything that has been issued."""
    store = context.store()
    store.require()
    text = report.table_json if as_json else report.table
    revoked = publication.revocations(store, authority_certificates(store)[0])
    click.echo(text(store.index.entries(), revoked, context.now()))


@click.command()
@click.argument("what", metavar="FILE|NAME|SERIAL")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(what: str, *, as_json: bool) -> None:
    """Say what a certificate says: one in a file, or one that was issued here."""
    found = lookup.certificates(context.store(), what)
    text = report.descriptions_json(found) if as_json else report.descriptions(found, context.now())
    click.echo(text)
