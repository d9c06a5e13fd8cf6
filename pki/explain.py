"""Why a front accepts or refuses a client certificate: the path, AWS's words, and what mends it."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from .acceptance import decide
from .findings import Finding, Severity
from .remedies import Remedy, Whose, remedy
from .steps import Case, Step, end, route, steps, subject
from .unconfirmed import UNCONFIRMED, Choice
from .verdict import Accepted, Front, Refused, Verdict

FRONTS: tuple[Front, ...] = ("api-gateway", "alb")
#: What a refused client sees: of API Gateway's 403 the body is known from other 403 answers.
_CLIENT: Mapping[Front, str] = {
    "api-gateway": '403 {"message":"Forbidden"}',
    "alb": "the handshake fails",
}
_CHOICES: Mapping[str, Choice] = {choice.id: choice for choice in UNCONFIRMED}
_PREFIX = "unconfirmed:"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one front decides, what of it is seen and where, and what mends it.

    client: what a refused client sees; log: AWS's own words, "" where they are not known;
    unconfirmed: what of this is our choice, because AWS does not tell.
    """

    front: Front
    verdict: Verdict
    client: str
    log: str
    unconfirmed: tuple[Choice, ...]
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answers of the fronts that were asked, and the path that they looked at.

    end: why the path does not reach a trust anchor, "" if it does.
    """

    case: Case
    answers: tuple[Answer, ...]
    steps: tuple[Step, ...]
    end: str

    @property
    def is_accepted(self) -> bool:
        """Does every front that was asked accept."""
        return all(isinstance(answer.verdict, Accepted) for answer in self.answers)

    @property
    def findings(self) -> list[Finding]:
        """What is wrong, once for each front that refuses."""
        return [
            Finding(
                Severity.ERROR,
                f"certificate.{answer.verdict.code}",
                answer.verdict.because,
                hint=answer.remedy.commands[0] if answer.remedy else "",
                about=subject(self.case.leaf),
                source=answer.verdict.source,
                front=answer.front,
            )
            for answer in self.answers
            if isinstance(answer.verdict, Refused)
        ]


def explain(case: Case, whose: Whose) -> Explanation:
    """Return what each front of *case* decides, and why.

    The path is one that was accepted, else one as far up as CAs are there. Nothing is raised for a
    certificate that could be loaded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of much that is refused here
        answers = tuple(_answer(case, front, whose) for front in case.fronts)
        paths = [a.verdict.path[1:] for a in answers if isinstance(a.verdict, Accepted)]
        authorities = paths[0] if paths else route(case)
        return Explanation(case, answers, steps(case, authorities), end(case, authorities))


def _answer(case: Case, front: Front, whose: Whose) -> Answer:
    verdict = decide(case.leaf, case.sent, case.truststore, front=front, now=case.now)
    if isinstance(verdict, Accepted):
        return Answer(front, verdict, "", "", _taken(case, front, verdict), None)
    log = ""
    if verdict.aws:
        log = f"Access denied. Reason: {verdict.aws}"
        if front == "alb":
            log = f"Failed:{verdict.aws}"
    mends = remedy(verdict.code, whose)
    return Answer(front, verdict, _CLIENT[front], log, _unconfirmed(front, verdict), mends)


def _unconfirmed(front: Front, verdict: Refused) -> tuple[Choice, ...]:
    ids = []
    if verdict.source.startswith(_PREFIX):
        ids.append(verdict.source.removeprefix(_PREFIX))
    if front == "api-gateway":
        ids += ["forbidden-body"] if verdict.aws else ["forbidden-body", "log-reasons"]
    else:
        ids.append("alb-status-codes")
    return tuple(_CHOICES[identifier] for identifier in ids)


def _taken(case: Case, front: Front, verdict: Accepted) -> tuple[Choice, ...]:
    """Return what had to be assumed to accept: that ALB reads what the client sends."""
    uses_sent = any(member not in case.truststore for member in verdict.path[1:])
    return (_CHOICES["alb-sent-chain"],) if front == "alb" and uses_sent else ()
