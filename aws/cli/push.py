"""truststore push and rollback: another truststore in force, or the one before it again."""

from pathlib import Path
from typing import Unpack

import click

from aws import truststore
from aws.in_force import in_force
from aws.previous import previous
from aws.push_plan import Wish

from . import options, pushing
from .pushing import Pushing


class WithTakeOver(Pushing):
    """The options of push."""

    take_over: bool


_LOCK_OUT = click.option(
    "--lock-out", type=click.IntRange(0), help="Go on though that many clients lose access."
)
_ACCEPT = click.option(
    "--accept-warnings", is_flag=True, help="Keep it though API Gateway warns of certificates."
)
_TAKE_OVER = click.option(
    "--take-over", is_flag=True, help="Leave behind what an interrupted push has uploaded."
)


@click.command()
@click.argument("file")
@click.argument("domain")
@options.knowing
@_LOCK_OUT
@_ACCEPT
@_TAKE_OVER
@options.changing
def push(file: str, domain: str, **given: Unpack[WithTakeOver]) -> None:
    """Put the truststore FILE in force at DOMAIN, and the one before it again if that goes wrong.

    \b
    python -m aws truststore push partners.pem api.example.com --seen access.log
    python -m aws truststore push partners.pem api.example.com --lock-out 2

    It is checked, compared with what is in force, uploaded as a new version, and DOMAIN is moved to
    it. If API Gateway warns of a certificate in it, or the update fails, DOMAIN goes back. Whenever
    this is interrupted, the same command goes on.
    """  # noqa: D301
    content = truststore.content(Path(file))
    account, clients = options.account(given), options.clients(given)
    wish = Wish(content, domain, clients, take_over=given["take_over"])
    pushing.run(account, wish, given)


@click.command()
@click.argument("domain")
@click.argument("version", required=False)
@options.knowing
@_LOCK_OUT
@_ACCEPT
@options.changing
def rollback(domain: str, version: str | None, **given: Unpack[Pushing]) -> None:
    """Put an earlier truststore in force at DOMAIN again: VERSION, or the one before.

    All checks are those of push.
    """
    account, clients = options.account(given), options.clients(given)
    standing = in_force(account, domain)
    versions = standing.versions
    earlier = version or previous(versions, standing.domain.truststore_version)
    content = versions.read(earlier)
    # The way back is for when something is wrong: it waits for nobody.
    wish = Wish(content, domain, clients, version=earlier, take_over=True)
    pushing.run(account, wish, given)
