"""What every command needs: the time, the environment, and a terminal to speak to."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from aws.terminal import Terminal
from pki.findings import Finding


def now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def pki_home() -> Path:
    """Return the folder PKI_HOME, or .pki: only public files of it are read."""
    return Path(os.environ.get("PKI_HOME") or ".pki")


def own_index() -> list[Path]:
    """Return our own index of issued certificates, if there is one; it holds no key."""
    index = pki_home() / "index.sqlite"
    return [index] if index.exists() else []


def client() -> Path:
    """Return where the certificate and key of a client are, without their endings."""
    billing = pki_home() / "clients/billing"
    return billing if billing.with_suffix(".pem").exists() else Path("CLIENT")


def execute_api() -> str:
    """Return where default endpoints are, with {id} and {region} for an API's; "" = at AWS."""
    return os.environ.get("AWS_ENDPOINT_URL_EXECUTE_API", "")


def region() -> str:
    """Return AWS_REGION, which the AWS CLI reads and boto3 does not; "" = not set."""
    return os.environ.get("AWS_REGION", "")


def environment() -> Mapping[str, str]:
    """Return the environment, for the programs that we start."""
    return dict(os.environ)


def terminal(gathered: list[Finding] | None = None) -> Terminal:
    """Return the terminal: progress and findings go to standard error.

    With a list *gathered* nothing is said, and the findings are put there.
    """
    if gathered is None:
        return Terminal(say, show)
    return Terminal(lambda _line: None, gathered.extend)


def say(line: str) -> None:
    """Say what is being done."""
    click.echo(f"· {line}", err=True)


def show(found: list[Finding]) -> None:
    """Show what was found."""
    from aws import report  # noqa: PLC0415  (it brings deploy, which is slow, to every --help)

    if found:
        click.echo(report.findings(found), err=True)
