"""How commands refuse: `error:`, `hint:` and an exit code, never a traceback."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from service.config import InvalidConfiguration
from service.registry.api_keys import TooManyKeys, UnknownKey
from service.registry.store import (
    IdTaken,
    MatchesOverlap,
    StoreUnavailable,
    UnknownRegistration,
    VersionConflict,
)

PROGRAM = "flask --app service.wsgi clients"
_INTERRUPTED = 130  # 128 + SIGINT
_REFUSED, _MISUSED = 1, 2


class Refused(Exception):
    """What was found and expected, a line each, and what to do about it."""

    def __init__(self, lines: str | Sequence[str], hint: str) -> None:
        self.lines = [lines] if isinstance(lines, str) else list(lines)
        super().__init__("\n".join(self.lines))
        self.hint = hint


class Commands(click.Group):
    """Commands whose refusals are `error: …` and `  hint: …`: exit 1, or 2 for wrong usage."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:  # noqa: ANN401
        """As click's."""
        with _told():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> object:
        """As click's."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def refusing(id_: str, hint: str = "") -> Iterator[None]:
    """Make Refused of what speaks against adding or changing the client *id_*.

    *hint*: where what was asked for is wrong in itself; by default, to look at the client.
    """
    try:
        yield
    except VersionConflict:
        raise
    except MatchesOverlap as error:
        raise Refused(str(error), f"{PROGRAM} show {error.other}") from error
    except IdTaken as error:
        raise Refused(str(error), f"{PROGRAM} update {id_} --help") from error
    except (TooManyKeys, UnknownKey) as error:
        raise Refused(str(error), f"{PROGRAM} show {id_}") from error
    except ValueError as error:
        raise Refused(str(error).splitlines(), hint or f"{PROGRAM} show {id_}") from error


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        _end(_from_usage(error), _MISUSED)
    except Refused as refused:
        _end(refused, _REFUSED)
    except InvalidConfiguration as faults:
        _end(Refused(str(faults).splitlines(), faults.hint), _REFUSED)
    except StoreUnavailable as error:
        _end(Refused(f"the registry cannot be used: {error}", error.hint), _REFUSED)
    except UnknownRegistration as error:
        _end(Refused(str(error), f"{PROGRAM} list"), _REFUSED)
    except VersionConflict as error:
        _end(Refused(f"somebody changed it just now: {error}", "say it again"), _REFUSED)
    except OSError as error:
        if error.errno == errno.EPIPE:  # of click's making: quiet
            raise
        _end(_from_os_error(error), _REFUSED)
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        sys.exit(_INTERRUPTED)


def _end(refused: Refused, code: int) -> NoReturn:
    for line in refused.lines:
        click.echo(f"error: {line}", err=True)
    if refused.hint:
        click.echo(f"  hint: {refused.hint}", err=True)
    sys.exit(code)


def _from_usage(error: click.UsageError) -> Refused:
    message = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = "no command given"
    _, _, command = (error.ctx.command_path if error.ctx else "").partition("clients")
    return Refused(message[:1].lower() + message[1:], f"{PROGRAM}{command} --help")


def _from_os_error(error: OSError) -> Refused:
    why = (error.strerror or type(error).__name__).lower()
    return Refused(f"cannot use {error.filename!r}: {why}", "check its path and its permissions")
