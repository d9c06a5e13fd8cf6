"""What AWS says of the domain: the part of the facts that takes an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from aws.facts import Unasked
from aws.status import Status

from .names import Names


@dataclass(frozen=True, slots=True)
class Refusals:
    """What the execution log of a stage says of refused certificates.

    reasons: how often each, in AWS's words, the newest first; since: how far back was looked;
    is_there: whether there is such a log at all.
    """

    log: str
    since: datetime
    reasons: Mapping[str, int] = field(default_factory=dict)
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Inside:
    """What was read from AWS; None and empty = not asked, or these credentials may not know.

    absent: what AWS says of a domain that is not there;
    target: what DNS says of the domain's regional name, to which its record has to lead;
    truststore: the one in force, called *truststore_name*;
    alarms: those of the stack in state ALARM, and since when;
    unasked: what could not be asked here, beside what is in the status.
    """

    status: Status | None = None
    absent: str = ""
    target: Names | None = None
    truststore: Sequence[x509.Certificate] | None = None
    truststore_name: str = ""
    is_public: bool | None = None  #: the truststore's bucket
    refusals: Sequence[Refusals] | None = None
    alarms: Sequence[tuple[str, datetime]] | None = None
    unasked: Sequence[Unasked] = ()
