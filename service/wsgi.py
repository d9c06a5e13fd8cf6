"""Where gunicorn comes in, and `flask --app service.wsgi`."""

import click
from flask import Flask
from flask.cli import FlaskGroup

from .access_log import SoonAfter
from .app import create_app
from .config import from_env_or_exit, or_exit


def _app() -> Flask:
    """What was asked for: the API, or, for Flask's command line, a command of ours.

    A command must not need what the API has to be told; `flask run` does, and asks from inside.
    """
    asked = click.get_current_context(silent=True)
    if asked is not None and isinstance(asked.command, FlaskGroup):
        from .registry.cli import clients  # noqa: PLC0415  (no server needs it)

        bare = Flask("service.commands", static_folder=None)
        bare.cli.add_command(clients)
        return bare
    config = from_env_or_exit()
    return or_exit(lambda: create_app(config, log=SoonAfter()))


app = _app()
