"""What every command needs: where the PKI is, what time it is, and passphrases."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pki import keys
from pki.addresses import Addresses
from pki.errors import PkiError
from pki.store import Store


def store() -> Store:
    """Return the PKI in the folder PKI_HOME, or in .pki."""
    return Store(Path(os.environ.get("PKI_HOME") or ".pki"))


def now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def addresses() -> Addresses | None:
    """Return what leaves say of CRL and OCSP: the addresses below PKI_URL, if it is set."""
    url = os.environ.get("PKI_URL")
    return Addresses.parse(url) if url else None


def passphrase(variable: str, what: str, *, new: bool = False) -> bytes:
    """Return the passphrase in *variable*, or ask for it on the terminal."""
    given = os.environ.get(variable)
    if given is not None:
        return keys.check_passphrase(os.fsencode(given))
    if not sys.stdin.isatty():
        raise PkiError(f"no {what}", f"set {variable}, or run it on a terminal")
    typed = click.prompt(what, hide_input=True, confirmation_prompt=new, err=True, default="")
    return keys.check_passphrase(typed.encode())


def new_passphrase(variable: str, what: str, *, wanted: bool) -> bytes | None:
    """Return a passphrase for a new key, or None if none is wanted."""
    if wanted or variable in os.environ:
        return passphrase(variable, what, new=True)
    return None


def ask_authority() -> bytes:
    """Return the passphrase of the issuing CA's key."""
    return passphrase("PKI_PASSPHRASE", "passphrase of the issuing CA's key")


def given_authority() -> bytes:
    """Return the passphrase of the issuing CA's key from PKI_PASSPHRASE; it is never asked for."""
    given = os.environ.get("PKI_PASSPHRASE")
    if given is None:
        raise PkiError("no passphrase of the issuing CA's key", "set PKI_PASSPHRASE")
    return keys.check_passphrase(os.fsencode(given))
