"""Accepted or Refused: what the fronts would say of a client certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

Front = Literal["api-gateway", "alb"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A path, leaf first and root last; it holds from *not_before* to before *not_after*."""

    path: tuple[x509.Certificate, ...]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not.

    code: stable, a key of reasons.REASONS; aws: AWS's own words, empty where they are not known;
    because: what was found and what was expected, for people; source: an AWS page, the clause of
    an RFC, or "unconfirmed:ID" with the id of a row of unconfirmed.py.
    """

    code: str
    aws: str
    because: str
    source: str


Verdict = Accepted | Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, as a code and for people, before a front has put it into its words."""

    code: str
    because: str
