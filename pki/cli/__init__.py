"""python -m pki: the only place that reads the environment, and the only one that prints."""

from collections.abc import Mapping
from typing import ClassVar

import click

from pki.commands import Commands


class Pki(Commands):
    """The commands, and where each is: what is not called is not imported."""

    lazy: ClassVar[Mapping[str, str]] = {
        "init": "certificates:init",
        "issue": "certificates:issue",
        "sign": "certificates:sign",
        "list": "certificates:list_",
        "show": "certificates:show",
        "explain": "explain:main",
        "truststore": "truststore:main",
        "revoke": "revocation:revoke",
        "crl": "revocation:crl_",
        "ocsp": "revocation:ocsp_",
        "serve": "revocation:serve",
    }


@click.group(cls=Pki, context_settings={"help_option_names": ["-h", "--help"]})
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
