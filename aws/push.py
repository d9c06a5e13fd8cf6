"""A truststore is put in force at a domain; and the one before it again, if that goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from . import domain as domains
from .account import Account
from .domain import Domain
from .errors import AwsRefused
from .move import Moved, NotYet, Waiting, move
from .pin import Pin
from .push_plan import Plan
from .versions import Mark, Overtaken, Push, Versions


@dataclass(frozen=True, slots=True)
class Pushed:
    """What is in force now, and what API Gateway warned of and was accepted."""

    domain: Domain
    warnings: tuple[str, ...] = ()
    was_added: bool = False  #: a version was, for this


def execute(plan: Plan, account: Account, waiting: Waiting, *, accept_warnings: bool) -> Pushed:
    """Do what *plan* says, and return what is in force then.

    AwsRefused where it is not what was wanted: with the truststore from before back in force, or
    with what is in force and what to type. Whenever this ends, the same command goes on.
    """
    return _Execution(plan, account, waiting).run(accept_warnings=accept_warnings)


class _Execution:
    def __init__(self, plan: Plan, account: Account, waiting: Waiting) -> None:
        self._plan, self._waiting = plan, waiting
        self._versions = Versions(account, plan.place)
        self._client = account.client("apigateway")
        self._name, self._by = plan.domain.name, account.arn

    def run(self, *, accept_warnings: bool) -> Pushed:
        plan, say = self._plan, self._waiting.say
        version = plan.existing or self._add()
        to = Pin(plan.domain.truststore_uri, version)
        say(f"moving {self._name} to version {version}")
        moved = self._move(to)
        if not moved.is_there or (moved.warnings and not accept_warnings):
            self._put_back(moved)
        self._mark(version, Mark.CONFIRMED)
        for left in plan.left:
            self._mark(left, Mark.LEFT)
        return Pushed(moved.domain, moved.warnings, was_added=not plan.existing)

    def _add(self) -> str:
        plan = self._plan
        self._waiting.say(f"putting the truststore at {plan.place.uri}")
        push = Push(self._by, self._name, plan.domain.truststore_version)
        return self._versions.put(plan.content, plan.newest, push)

    def _move(self, to: Pin) -> Moved:
        try:
            return move(self._client, self._name, to, self._plan.domain.pin, self._waiting)
        except (NotYet, Overtaken):
            raise
        except AwsRefused as refused:
            raise self._with_state(refused) from refused

    def _put_back(self, moved: Moved) -> None:
        """Raise AwsRefused, in any case: with the truststore from before in force again."""
        back, why = self._plan.back, _why(moved)
        if back == moved.to:
            raise AwsRefused(
                f"{why}; there is no truststore from before to go back to",
                f"choose one: python -m aws truststore versions {self._name}",
            )
        self._waiting.say(f"{why}; going back to version {back.version}")
        try:
            again = move(self._client, self._name, back, moved.to, self._waiting)
        except AwsRefused as refused:
            raise self._with_state(refused, f"{why}, and the way back failed: ") from refused
        if not again.is_there:
            raise AwsRefused(
                f"{why}, and the way back failed: {_why(again)}",
                f"python -m aws truststore rollback {self._name} {back.version}",
            )
        self._mark(moved.to.version, Mark.LEFT)
        hint = "correct the truststore, and push it again"
        if moved.is_there:
            hint += "; or keep it as it is: --accept-warnings"
        raise AwsRefused(f"{why}; {self._name} is on version {back.version} again", hint)

    def _with_state(self, refused: AwsRefused, before: str = "") -> AwsRefused:
        """Return *refused* with what is in force at the end of it."""
        hint = f"{refused.hint}; then type the same again"
        try:
            found = domains.read(self._client, self._name)
            state = f"in force: {found.pin}"
        except AwsRefused:
            state = "AWS does not tell what is in force"
        said = f"{before}{refused.message}; {state}"
        return AwsRefused(said, hint, code=refused.code, action=refused.action)

    def _mark(self, version: str, mark: Mark) -> None:
        # All is done when this comes; without it the same command would only look once more.
        _trying(lambda: self._versions.mark(version, mark), self._waiting.say)


def _why(moved: Moved) -> str:
    domain = moved.domain
    if domain.status != "AVAILABLE":
        said = f" ({domain.status_message.rstrip('.')})" if domain.status_message else ""
        return f"{domain.name} is {domain.status}{said}"
    if domain.pin != moved.to:
        return f"API Gateway took the update of {domain.name} and stayed on {domain.pin}"
    return f"API Gateway warns: {'; '.join(moved.warnings)}"


def _trying(step: Callable[[], None], say: Callable[[str], None]) -> None:
    try:
        step()
    except AwsRefused as refused:
        say(f"{refused.message}: {refused.hint}")
