"""`flask --app service.wsgi clients`: who is registered, from a terminal, against any store."""

import click

from .changing import add, add_key, delete, remove_key, resume, suspend, update
from .looking import audit, list_, show
from .moving import export, import_
from .refusing import Commands


@click.group(cls=Commands)
def clients() -> None:
    """Say who may call, and what.

    \b
    flask --app service.wsgi clients add billing --organization Example \\
        --uri spiffe://example.org/billing --scope orders:read
    flask --app service.wsgi clients suspend billing

    The registry is the one that CLIENT_REGISTRY names: sqlite:///PATH or dynamodb://TABLE. A change
    is in force everywhere within REGISTRY_TTL. Exit codes: 0 done, 1 refused, 2 wrong usage.
    """  # noqa: D301


for _command in (
    *(add, list_, show, update, suspend, resume, delete, audit),
    *(add_key, remove_key, import_, export),
):
    clients.add_command(_command)
