"""How commands refuse: `error:`, `hint:` and an exit code, never a traceback."""

import ast
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import ClassVar, NoReturn

import click

from pki.errors import PkiError, from_os_error

from .errors import AwsRefused

PROGRAM = "python -m aws"
_INTERRUPTED = 130  # 128 + SIGINT


class Commands(click.Group):
    """Commands whose refusals are `error: …` and `  hint: …`: exit 1, or 2 for wrong usage.

    Each of *lazy* stands for "MODULE:NAME" in aws.cli, which is imported when it is called.
    """

    lazy: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order they were given."""
        return [*super().list_commands(ctx), *self.lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.lazy[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"aws.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their first sentences, and import none of them."""
        names = self.list_commands(ctx)
        width = formatter.width - 6 - max(map(len, names), default=0)
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._about(ctx, name, width)) for name in names])

    def _about(self, ctx: click.Context, name: str, width: int) -> str:
        if name not in self.lazy:
            command = self.get_command(ctx, name)
            return command.get_short_help_str(width) if command else ""
        module, _, function = self.lazy[name].partition(":")
        source = Path(__file__).parent / "cli" / f"{module}.py"
        for node in ast.parse(source.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name == function:
                unread = click.Command(name, help=ast.get_docstring(node))
                return unread.get_short_help_str(width)
        return ""

    def main(self, args: Sequence[str] | None = None, *_: object, **__: object) -> NoReturn:
        """Run the command line *args* and exit."""
        warnings.simplefilter("ignore")  # they speak to developers
        try:
            code = super().main(args, PROGRAM, standalone_mode=False)
        except click.UsageError as error:
            _fail(_from_usage(error), 2)
        except AwsRefused as error:
            _fail(error, error.exit_code)
        except PkiError as error:
            _fail(error, 1)
        except OSError as error:
            _fail(from_os_error(f"use {error.filename!r}", error), 1)
        except (click.Abort, KeyboardInterrupt):
            click.echo(err=True)
            sys.exit(_INTERRUPTED)
        sys.exit(code)


def _fail(error: AwsRefused | PkiError, code: int) -> NoReturn:
    click.echo(f"error: {error.message}\n  hint: {error.hint}", err=True)
    sys.exit(code)


def _from_usage(error: click.UsageError) -> AwsRefused:
    message = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = "no command given"
    path = error.ctx.command_path if error.ctx else PROGRAM
    return AwsRefused(message[:1].lower() + message[1:], f"{path} --help")
