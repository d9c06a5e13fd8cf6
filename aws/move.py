"""A domain is moved from one version of a truststore to another: API Gateway's side of a push."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from . import domain as domains
from .domain import Domain, Patience
from .errors import AwsRefused, asking
from .pin import OFF, Pin
from .versions import Overtaken

#: API Gateway takes one update of a domain in so many seconds, of the whole account.
BETWEEN_UPDATES = 30.0
# What passes by itself: too soon after another update, or during one.
_LATER = {"TooManyRequestsException", "ConflictException", "Throttling", "ThrottlingException"}
_LATER |= {"PriorRequestNotComplete", "SlowDown", "RequestInProgressException"}
_LATER |= {"TrustStoreNotReady", "TrustStoreNotReadyException"}
#: An answer that did not come, or that the service could not give: the update may have been made.
_UNCERTAIN = {"", "InternalFailure", "InternalServerError", "ServiceUnavailableException", "500"}
_UNCERTAIN |= {"502", "503", "504", "ServiceUnavailable", "InternalError"}
_UNCERTAIN_TRIES = 4

Say = Callable[[str], None]
_Answer = TypeVar("_Answer")


class NotYet(AwsRefused):
    """It was not over when the patience was; it may still come to a good end."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The domain after the move, and all that API Gateway warned of on the way."""

    domain: Domain
    to: Pin
    warnings: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the domain works, is where it should be, and trusts all of its truststore."""
        return self.is_there and not self.warnings

    @property
    def is_there(self) -> bool:
        """Whether the domain works with what it was moved to, be it with warnings."""
        return self.domain.status == "AVAILABLE" and self.domain.pin == self.to


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long to wait for the domain, and whom to tell."""

    patience: Patience
    say: Say


def move(client: Any, name: str, to: Pin, before: Pin, waiting: Waiting) -> Moved:  # noqa: ANN401
    """Have the domain *name*, which is on *before*, take *to*; return it when it has settled.

    API Gateway tells its warnings only in the answer to an update, so where that answer was lost
    (or a process was killed over it) the same update is made again. Raises Overtaken if the domain
    is on something else, NotYet where it takes too long, and AwsRefused where AWS says no: then it
    is where it was.
    """
    return _Move(client, name, to, before, waiting).run()


class _Move:
    def __init__(self, client: Any, name: str, to: Pin, before: Pin, waiting: Waiting) -> None:  # noqa: ANN401
        self._client, self._name = client, name
        self._to, self._before = to, before
        self._retries = Retries(waiting)

    def run(self) -> Moved:
        warnings: tuple[str, ...] | None = None
        while True:
            found = self._retries.of(lambda: domains.read(self._client, self._name))
            if domains.is_passing(found.status):
                self._retries.soon(f"{self._name} is {found.status}")
            elif found.pin not in {self._to, self._before}:
                raise Overtaken(
                    f"somebody else changed {self._name} meanwhile: it is on {found.pin}",
                    f"see what was done: python -m aws status {self._name}",
                )
            elif found.pin == self._to and warnings is not None:
                return Moved(found, self._to, _together(warnings, found.warnings))
            elif found.pin == self._to == OFF:
                return Moved(found, self._to, ())  # there is nothing to warn of
            elif warnings is not None:
                return Moved(found, self._to, warnings)  # it was taken, and came to nothing
            else:
                warnings = self._update()

    def _update(self) -> tuple[str, ...] | None:
        """Return the warnings; None if it has to be looked at again."""
        operations = domains.patch(self._to, self._before)
        try:
            with asking(f"update the domain {self._name!r}", "apigateway:PATCH"):
                answer = self._client.update_domain_name(
                    domainName=self._name, patchOperations=operations
                )
        except AwsRefused as refused:
            self._retries.later(refused)
            return None
        return domains.of(answer).warnings


class Retries:
    """What passes by itself is waited out, as long as there is patience."""

    def __init__(self, waiting: Waiting) -> None:
        self._patience, self._say = waiting.patience, waiting.say
        self._deadline = self._patience.clock() + self._patience.limit
        self._uncertain = 0

    def of(self, step: Callable[[], _Answer]) -> _Answer:
        """Return what *step* does, which may be done twice; AwsRefused for what does not pass."""
        while True:
            try:
                return step()
            except AwsRefused as refused:
                self.later(refused)

    def later(self, refused: AwsRefused) -> None:
        """Wait, if what AWS said passes; else raise it."""
        if refused.code in _LATER:
            self.wait(f"AWS takes no update now ({refused.code})", BETWEEN_UPDATES)
            return
        self._uncertain += 1
        if refused.code not in _UNCERTAIN or self._uncertain >= _UNCERTAIN_TRIES:
            raise refused
        self.soon(refused.message)

    def soon(self, why: str) -> None:
        """Wait for a moment, telling *why*; NotYet once there is no patience left."""
        self.wait(why, self._patience.every)

    def wait(self, why: str, seconds: float) -> None:
        """Wait so long, telling *why*; NotYet once there is no patience left."""
        left = self._deadline - self._patience.clock()
        if left <= 0:
            raise NotYet(
                f"{why}, after {self._patience.limit:.0f} s",
                "type the same again later: it goes on from where this ended",
            )
        self._say(f"{why}; looking again in {min(seconds, left):.0f} s")
        self._patience.sleep(min(seconds, left))


def _together(*warnings: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for some in warnings for one in some))
