"""python -m aws: the only place that reads the environment, and the only one that prints."""

from collections.abc import Mapping
from typing import ClassVar

import click

from aws.commands import Commands


class Aws(Commands):
    """The commands, and where each is: what is not called is not imported."""

    lazy: ClassVar[Mapping[str, str]] = {
        "truststore": "truststore:main",
        "build": "stack:build",
        "deploy": "stack:deploy",
        "status": "status:status",
        "rotate": "rotate:main",
        "doctor": "doctor:main",
        "mtls": "mtls:main",
        "endpoint": "endpoint:main",
        "certificate": "certificate:main",
        "crl": "crl:main",
        "watch-expiry": "expiry:main",
    }


@click.group(cls=Aws, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Put the API on AWS: a custom domain with mutual TLS, and the function behind it.

    \b
    python -m aws truststore pack
    python -m aws deploy --check-only
    python -m aws deploy --set DomainName=api.example.com --set HostedZoneId=Z… \\
         --set AllowUris='spiffe://example.org/*'

    Parameters are those of template.yaml; samconfig.toml keeps yours. Credentials, profiles and
    regions as in the AWS CLI. Exit codes: 0 done, 1 refused, 2 wrong usage, else sam's own.
    """  # noqa: D301
