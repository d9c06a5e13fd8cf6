"""The default endpoint of an API is switched off, and closed: what to do, and doing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from pki.findings import Finding, Severity

from . import default_endpoint, endpoint_api
from .account import Account
from .default_endpoint import Answer, Closed, Open, Unknown
from .endpoint_api import Api, Stage
from .errors import AwsRefused
from .move import NotYet, Retries, Waiting
from .terminal import Terminal

_PAGE = "API Gateway: rest-api-disable-default-endpoint"
#: Nobody says how long a change of a stage takes to arrive; seconds, as far as is known.
_SETTLES = 120.0


class How(StrEnum):
    """What makes it take effect at a stage.

    A REST API takes it "when you update any setting on any stage" (the page above, and
    updating-api: "modifying any stage on the API"). Of all settings the description of a stage is
    the one that nobody meets: no request is answered otherwise, nothing undeployed goes live.
    A deployment, which AWS's example shows, puts live whatever was changed since the last one;
    it is made only where it is asked for. Of HTTP APIs only deploying is documented, which a stage
    that deploys by itself has done already (http-api-disable-default-endpoint).
    """

    TOUCH = "touch"
    DEPLOY = "deploy"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which API; stage: the one to be changed, "" = as needed; redeploy: though a touch would do.

    base: of default endpoints, "" = AWS's own.
    """

    api: str
    stage: str = ""
    redeploy: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """The default endpoint at one stage; url: "" where no path is known that could be asked."""

    stage: Stage
    url: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done at a stage."""

    how: How
    stage: Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done at *api*: *steps*, and what its *doors* say now."""

    api: Api
    doors: tuple[Door, ...]
    steps: tuple[Step, ...]

    @property
    def is_done(self) -> bool:
        """Whether it is off, as far as can be seen, and nothing more could be done about it."""
        return self.api.is_off and not self.steps and not opened(self.doors)


def plan(account: Account, wish: Wish, terminal: Terminal) -> Plan:
    """Return what is to be done for *wish*; nothing is changed.

    AwsRefused if there is no such API or stage, or a stage has to be chosen.
    """
    terminal.say(f"asking API Gateway about {wish.api}")
    api = endpoint_api.read(account, wish.api)
    chosen = _chosen(api, wish)
    terminal.show(list(_findings(api)))
    terminal.say("asking its default endpoint")
    urls = {one.name: _url(api, one, account, wish) for one in api.stages}
    doors = tuple(_asked(api, one, urls[one.name]) for one in api.stages)
    return Plan(api, doors, tuple(_steps(api, doors, chosen, wish)))


def execute(plan: Plan, account: Account, now: datetime, waiting: Waiting) -> tuple[Door, ...]:
    """Do what *plan* says, and return the doors as they are then: none of them Open.

    AwsRefused if AWS says no, or the endpoint still lets requests through. Each step may be done
    twice, so the same command goes on from wherever this ended.
    """
    retries, api = Retries(waiting), plan.api
    if not api.is_off:
        retries.of(lambda: endpoint_api.switch_off(account, api))
    for step in plan.steps:
        retries.of(partial(_do, step, account, api, now))
    return _settled(plan, waiting)


def opened(doors: Sequence[Door]) -> list[Door]:
    """Return those that let requests through."""
    return [one for one in doors if isinstance(one.answer, Open)]


def _do(step: Step, account: Account, api: Api, now: datetime) -> None:
    if step.how is How.TOUCH:
        endpoint_api.touch(account, api, step.stage, now)
    else:
        endpoint_api.deploy(account, api, step.stage)


def _settled(plan: Plan, waiting: Waiting) -> tuple[Door, ...]:
    limit = min(waiting.patience.limit, _SETTLES)
    retries = Retries(replace(waiting, patience=replace(waiting.patience, limit=limit)))
    while True:
        doors = tuple(_asked(plan.api, one.stage, one.url) for one in plan.doors)
        if not (still := opened(doors)):
            return doors
        names = ", ".join(one.stage.name for one in still)
        try:
            retries.soon(f"the default endpoint still answers at {names}: {_said(still)}")
        except NotYet as late:
            raise AwsRefused(f"{plan.api.id}: {late.message}", _next(plan, still[0])) from late


def _next(plan: Plan, door: Door) -> str:
    again = f"python -m aws endpoint off {plan.api.id} --stage {door.stage.name}"
    done = {step.stage.name: step.how for step in plan.steps}.get(door.stage.name)
    if door.stage.takes_itself or done is How.DEPLOY:
        return f"type the same again later; see who answers: curl -i {door.url}"
    if plan.api.kind == "HTTP":
        return again
    return f"{again} --redeploy: it puts undeployed changes of the API live as well"


def _said(doors: Sequence[Door]) -> str:
    return ", ".join(one.answer.said for one in doors if isinstance(one.answer, Open))


def _asked(api: Api, stage: Stage, url: str) -> Door:
    if not url:
        return Door(stage, url, Unknown("no route of it is known that a GET could ask"))
    return Door(stage, url, default_endpoint.ask(url, is_route=api.kind == "HTTP"))


def _url(api: Api, stage: Stage, account: Account, wish: Wish) -> str:
    if not api.route:
        return ""
    return default_endpoint.url(wish.base, api.id, account.region, api.path(stage.name))


def _chosen(api: Api, wish: Wish) -> Stage | None:
    found = [one for one in api.stages if one.name == wish.stage]
    if wish.stage and not found:
        there = ", ".join(one.name for one in api.stages) or "none: nothing is deployed"
        raise AwsRefused(
            f"{api.id} has no stage {wish.stage!r}, expected {there}",
            f"python -m aws endpoint off {api.id}",
        )
    return found[0] if found else None


def _steps(api: Api, doors: Sequence[Door], chosen: Stage | None, wish: Wish) -> Iterator[Step]:
    if api.is_off and all(isinstance(one.answer, Closed) for one in doors):
        return
    # A deployment to a stage that deploys by itself is refused, and of no use.
    able = [one.stage for one in doors if not one.stage.takes_itself]
    if api.kind == "REST" and not wish.redeploy:
        yield from (Step(How.TOUCH, one) for one in ([chosen] if chosen else able[:1]))
        return
    if chosen:
        yield from (Step(How.DEPLOY, one) for one in able if one == chosen)
        return
    if len(able) > 1:
        names = ", ".join(one.name for one in able)
        raise AwsRefused(
            f"{api.id} has to be deployed, and has the stages {names}",
            f"choose one: python -m aws endpoint off {api.id} --stage {able[0].name}",
        )
    yield from (Step(How.DEPLOY, one) for one in able)


def _findings(api: Api) -> Iterator[Finding]:
    if api.stack_name and not api.is_off:
        said = f"the stack {api.stack_name} made {api.id}, and does not say that its default"
        said += " endpoint is off: a change of the API there may open it again"
        hint = "say it there: DisableExecuteApiEndpoint: true"
        yield Finding(Severity.WARNING, "endpoint.of-a-stack", said, hint, api.id, _PAGE)
