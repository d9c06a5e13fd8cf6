"""What a rule is: data, from which docs/lint.md is made, and a check."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pki.findings import Severity
from pki.reasons import REASONS
from pki.verdict import Fault, Front

from .family import Family
from .members import Broken, Member
from .scan import Scan

FRONTS: tuple[Front, ...] = ("api-gateway", "alb")

REST = "API Gateway: How to turn on mutual TLS authentication for your REST APIs"
REST_QUOTAS = "API Gateway: Quotas for configuring and running a REST API"
ALB = "ALB: Mutual authentication with TLS in Application Load Balancer"
ALB_QUOTAS = "ALB: Quotas for your Application Load Balancers"
OWN = "our own"  #: nobody says so; the why of the rule has to do


@dataclass(frozen=True, slots=True)
class Faults:
    """What keeps a front from taking the key of a certificate, and the signature on it."""

    key: Fault | None
    signature: Fault | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A truststore that has been read: what the rules look at."""

    content: bytes
    scan: Scan
    members: Sequence[Member]
    broken: Sequence[Broken]
    family: Family
    now: datetime
    within: timedelta
    authorities: Sequence[Member]  #: the CAs, each once, and what was meant to be one
    fronts: Sequence[Front]  #: those asked for
    faults: Mapping[tuple[Member, Front], Faults]  #: of those that have any


@dataclass(frozen=True, slots=True)
class Hit:
    """One breach of a rule: what was found, where; *front*: on this one alone."""

    message: str
    about: str | Member = ""
    line: int = 0
    front: Front | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """How bad a breach is on one front, and who says so."""

    severity: Severity
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable *code*, *what* it finds, *why* that matters, and the *remedy*."""

    code: str
    what: str
    why: str
    remedy: str
    grades: Mapping[Front, Grade]  #: a front that is not in it does not have the rule
    check: Callable[[Bundle], Iterable[Hit]]


def both(severity: Severity, gateway: str, alb: str | None = None) -> dict[Front, Grade]:
    """Return the grades of a rule of both fronts, by their sources."""
    return {
        "api-gateway": Grade(severity, gateway),
        "alb": Grade(severity, gateway if alb is None else alb),
    }


def refused(code: str) -> dict[Front, Grade]:
    """Return the grades of what decide() refuses of a CA as *code*, with its sources."""
    reason = REASONS[f"chain-member-{code}"]
    return both(Severity.ERROR, reason["api-gateway"].source, reason["alb"].source)


def of(member: Member, message: str, front: Front | None = None) -> Hit:
    """Return the breach that *member* is."""
    # Its label is made of those that are told.
    return Hit(message, member, member.line, front)
