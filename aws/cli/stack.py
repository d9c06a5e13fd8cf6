"""build, deploy: what `make build` and `make deploy` call."""

import sys
import time
from collections.abc import Callable
from typing import TypedDict, TypeVar, Unpack

import click

from aws import deploy as deploying
from aws import report, samconfig
from aws.build import build as build_functions
from aws.domain import Patience
from pki.findings import Finding

from . import context

_Command = TypeVar("_Command", bound=Callable[..., None])
_POLL = 15.0  # seconds


class _Pair(click.ParamType[tuple[str, str]]):
    """NAME=VALUE."""

    name = "NAME=VALUE"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not (name and equals):
            self.fail(f"{value!r} is no NAME=VALUE", param, ctx)
        return name, text


class Options(TypedDict):
    """The options that both commands have."""

    sets: tuple[tuple[str, str], ...]
    config_env: str


class DeployOptions(Options):
    """The options of deploy."""

    region: str
    profile: str
    check_only: bool
    as_json: bool
    yes: bool
    wait: int


def _options(command: _Command) -> _Command:
    set_help = "A parameter of template.yaml; repeatable."
    env_help = "The part of samconfig.toml to use; default by default."
    options = (
        click.option("--set", "sets", multiple=True, type=_Pair(), help=set_help),
        click.option("--config-env", default=samconfig.DEFAULT, help=env_help),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_options
def build(**options: Unpack[Options]) -> None:
    """Build the functions for their architecture, into .aws-sam."""
    environment, asked = context.environment(), _asked(options)
    values = deploying.buildable(asked, context.terminal())
    libraries = build_functions(values, environment, sam_environment=asked.sam_environment)
    click.echo(report.built(libraries, values["Architecture"]))


@click.command()
@_options
@click.option("--region", default="", help="Where to; as in the AWS CLI by default.")
@click.option("--profile", default="", help="Whose credentials; as in the AWS CLI by default.")
@click.option("--check-only", is_flag=True, help="Say what is in the way, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --check-only: the findings as JSON.")
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
@click.option(
    "--wait", type=click.IntRange(0), default=1200, help="Seconds for the domain; 1200 by default."
)
def deploy(**options: Unpack[DeployOptions]) -> None:
    """Check, build and deploy; then read back whether the domain works.

    All that can be seen to be wrong is said before anything is created.
    """
    if options["check_only"]:
        _check(options)
        return
    _refuse_silence(options)
    asked, environment, terminal = _asked(options), context.environment(), context.terminal()
    planned = deploying.plan(asked, context.now(), terminal)
    account = deploying.survey(planned, context.now(), terminal)
    deploying.execute(planned, environment, terminal, confirm=not options["yes"])
    patience = Patience(options["wait"], _POLL, time.sleep, time.monotonic)
    done = deploying.verify(planned, account, terminal, patience)
    click.echo(report.deployed(done, context.client()))


def _check(options: DeployOptions) -> None:
    gathered: list[Finding] = []
    terminal = context.terminal(gathered if options["as_json"] else None)
    try:
        planned = deploying.plan(_asked(options), context.now(), terminal)
        deploying.survey(planned, context.now(), terminal)
    finally:
        if options["as_json"]:
            click.echo(report.findings_json(gathered))
    if not options["as_json"]:
        click.echo(report.checked())


def _refuse_silence(options: DeployOptions) -> None:
    if options["as_json"]:
        raise click.UsageError("--json is for --check-only")
    if not options["yes"] and not sys.stdin.isatty():
        raise click.UsageError("nobody could be asked here: give --yes")


def _asked(options: Options | DeployOptions) -> deploying.Asked:
    sets = dict(options["sets"])
    twice = [pair for pair in options["sets"] if sets[pair[0]] != pair[1]]
    if twice:
        raise click.UsageError(f"--set {twice[0][0]} is given twice")
    return deploying.Asked(
        sets=sets,
        sam_environment=options["config_env"],
        region=str(options.get("region", "")),
        profile=str(options.get("profile", "")),
        default_region=context.region(),
    )
