"""One push from its plan to its end, as several commands make one."""

import click

from aws import lock_out, push, push_plan, push_report
from aws.account import Account
from aws.push import Pushed
from aws.push_plan import Plan, Wish
from pki.findings import Finding

from . import context, options
from .options import Changing, Knowing


class Pushing(Changing, Knowing):
    """The options that it takes."""

    lock_out: int | None
    accept_warnings: bool


def run(account: Account, wish: Wish, given: Pushing) -> None:
    """Plan, show, ask, do, and say what is in force then."""
    found: list[Finding] = []
    terminal = context.terminal(found if given["as_json"] else None)
    plan = push_plan.plan(account, wish, context.now(), terminal)
    if plan.is_done:
        _say(plan, None, given, found)
        return
    options.show(given, push_report.plan(plan))
    lock_out.refuse(plan.lock_out, given["lock_out"])
    if not options.is_wanted(given):
        _say(plan, None, given, found)
        return
    waiting = options.waiting(given)
    done = push.execute(plan, account, waiting, accept_warnings=given["accept_warnings"])
    _say(plan, done, given, found)


def _say(plan: Plan, done: Pushed | None, given: Pushing, found: list[Finding]) -> None:
    if given["as_json"]:
        click.echo(push_report.as_json(plan, done, found))
    else:
        click.echo(push_report.text(plan, done))
