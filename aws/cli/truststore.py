"""The group truststore: what is not called is not imported."""

from collections.abc import Mapping
from typing import ClassVar

import click

from aws.commands import Commands


class Truststore(Commands):
    """Its commands, and where each is."""

    lazy: ClassVar[Mapping[str, str]] = {
        "pack": "pack:pack",
        "push": "push:push",
        "rollback": "push:rollback",
        "versions": "versions:versions",
        "pull": "versions:pull",
    }


@click.group("truststore", cls=Truststore)
def main() -> None:
    """Whose client certificates are genuine: the CA certificates that API Gateway trusts.

    \b
    python -m aws truststore pack                              for the next deployment
    python -m aws truststore push partners.pem api.example.com     now, without one
    python -m aws truststore versions api.example.com
    python -m aws truststore rollback api.example.com
    """  # noqa: D301
