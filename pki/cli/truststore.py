"""truststore build, check, diff, lint, show: no private key is ever in reach."""

from collections.abc import Mapping
from typing import ClassVar

import click

from pki.commands import Commands


class Truststore(Commands):
    """The commands on truststores, and where each is."""

    lazy: ClassVar[Mapping[str, str]] = {
        "build": "bundles:build",
        "check": "bundles:check",
        "diff": "difference:main",
        "lint": "linter:main",
        "show": "shower:main",
    }


@click.group("truststore", cls=Truststore)
def main() -> None:
    """Build, compare, lint or show the bundle of CA certificates that the terminator trusts."""
