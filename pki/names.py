"""What a leaf or an organization may be called."""

import re

from . import sans
from .errors import PkiError

LONGEST_COMMON_NAME = 64  # RFC 5280, A.1: ub-common-name
_LONGEST_ORGANIZATION = 64 - len(" Issuing CA")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def client(name: str) -> str:
    """Return *name* if it can be a file's name and a common name (RFC 5280, A.1)."""
    if len(name) > LONGEST_COMMON_NAME or not _FILE_NAME.fullmatch(name):
        raise PkiError(
            f"name is {name!r}, expected up to 64 letters, digits, dots, dashes, underscores",
            "for example: python -m pki issue client billing",
        )
    return name


def server(name: str) -> str:
    """Return the common name for the server *name*: an IP address or a DNS name."""
    checked = sans.as_ip_address(name) or sans.dns_name(name, wildcard=True)
    if len(checked) > LONGEST_COMMON_NAME:
        raise PkiError(
            f"first name is {name!r}, expected up to 64 characters (it is the common name)",
            "give a shorter name first, and this one after it",
        )
    return checked


def file_name(common_name: str) -> str:
    """Return what the files of the server *common_name* are called."""
    return common_name.replace("*", "_wildcard").replace(":", "_")


def organization(name: str) -> str:
    """Return *name* if it can be O of every certificate, and part of the CAs' names."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise PkiError(
            f"organization is {name!r}, expected printable text",
            "for example: --organization Example",
        )
    if len(name) > _LONGEST_ORGANIZATION:
        raise PkiError(
            f"organization has {len(name)} characters, expected up to {_LONGEST_ORGANIZATION}",
            "give a shorter one: --organization Example",
        )
    return name
