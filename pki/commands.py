"""How commands refuse: `error:`, `hint:` and an exit code, never a traceback."""

import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

import click

from .errors import PkiError, from_os_error

PROGRAM = "python -m pki"
_INTERRUPTED = 130  # 128 + SIGINT


class Commands(click.Group):
    """Commands whose refusals are `error: …` and `  hint: …`: exit 1, or 2 for wrong usage."""

    def main(self, args: Sequence[str] | None = None, *_: object, **__: object) -> NoReturn:
        """Run the command line *args* and exit."""
        warnings.simplefilter("ignore")  # they speak to developers
        try:
            code = super().main(args, PROGRAM, standalone_mode=False)
        except click.UsageError as error:
            _fail(_from_usage(error), 2)
        except PkiError as error:
            _fail(error, 1)
        except OSError as error:
            _fail(from_os_error(f"use {error.filename!r}", error), 1)
        except (click.Abort, KeyboardInterrupt):
            click.echo(err=True)
            sys.exit(_INTERRUPTED)
        sys.exit(code)


def _fail(error: PkiError, code: int) -> NoReturn:
    click.echo(f"error: {error.message}\n  hint: {error.hint}", err=True)
    sys.exit(code)


def _from_usage(error: click.UsageError) -> PkiError:
    message = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = "no command given"
    path = error.ctx.command_path if error.ctx else PROGRAM
    return PkiError(message[:1].lower() + message[1:], f"{path} --help")
