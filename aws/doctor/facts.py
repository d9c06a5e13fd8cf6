"""What was asked, and what was seen: frozen values, with nothing left to ask."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from pki.endpoint import Verification
from pki.verdict import Front

from .answer import Answer
from .client import Client
from .conversation import Conversation
from .inside import Inside
from .names import Lookup, Names
from .reach import Reach
from .url import Url

#: A clock may be off by that: AWS's signatures have the same limit.
SKEW = timedelta(minutes=5)
SECONDS = 10.0  #: for each probe
OLD = "TLSv1.1 or older"  #: the name of the versions that are too old, asked for together
_GATEWAY_HEADERS = ("x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid", "x-amzn-errortype")


@dataclass(frozen=True, slots=True)
class Question:
    """An API, and who is to call it when.

    ca: the CAs of its server, None: the system's; truststore: the CAs of its clients, if they are
    known, called *truststore_name*; seconds: for each probe; lookup: as socket.getaddrinfo.
    """

    url: Url
    now: datetime
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    truststore: Sequence[x509.Certificate] | None = None
    truststore_name: str = ""
    seconds: float = SECONDS
    lookup: Lookup = socket.getaddrinfo


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen; None and empty: not looked at, because something before it was wrong.

    plain: the first line of an answer to plain HTTP; versions: handshakes with one version alone,
    by its name; anonymous: a request without certificate; answers: requests with it.
    """

    question: Question
    client: Client | None = None
    names: Names | None = None
    reached: Sequence[Reach] = ()
    plain: str = ""
    versions: Mapping[str, Conversation] = field(default_factory=dict)
    anonymous: Conversation | None = None
    verification: Verification | None = None
    answers: Sequence[Conversation] = ()
    inside: Inside | None = None

    @property
    def place(self) -> Reach | None:
        """Return the address that was asked: the first that answers."""
        return next((one for one in self.reached if one.outcome == "answers"), None)

    @property
    def spoken(self) -> tuple[str, ...]:
        """Return the versions of TLS that the server speaks."""
        return tuple(name for name, found in self.versions.items() if found.chain)

    @property
    def chain(self) -> Sequence[x509.Certificate | None]:
        """Return the server's certificates as it has sent them, the leaf first."""
        return self.anonymous.chain if self.anonymous else ()

    @property
    def authorities(self) -> Sequence[x509.Name | None] | None:
        """Return the CA names that it asks a client for; None: for no certificate."""
        return self.anonymous.heard.authorities if self.anonymous else None

    @property
    def asks(self) -> bool:
        """Whether it asks for a client certificate."""
        return self.authorities is not None

    @property
    def heard(self) -> Sequence[Answer]:
        """Return all answers over HTTP, those to the certificate first."""
        all_ = (*self.answers, *([self.anonymous] if self.anonymous else ()))
        return [one.answer for one in all_ if one.answer]

    @property
    def date(self) -> datetime | None:
        """Return what the server's clock says."""
        return next((answer.date for answer in self.heard if answer.date), None)

    @property
    def skew(self) -> timedelta:
        """Return how far the server's clock is ahead of ours; 0 where it does not say."""
        return self.date - self.question.now if self.date else timedelta()

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Return what it is o'clock: one time, or two if the clocks differ."""
        now = self.question.now
        return (now, now + self.skew) if abs(self.skew) > SKEW else (now,)

    @property
    def fronts(self) -> tuple[Front, ...]:
        """Return who may be in front: API Gateway, if an answer bears its headers, else either."""
        if any(answer.header(name) for answer in self.heard for name in _GATEWAY_HEADERS):
            return ("api-gateway",)
        return ("api-gateway", "alb")

    @property
    def truststore(self) -> Sequence[x509.Certificate] | None:
        """Return the truststore in force, if AWS was asked, else the one that was given."""
        if self.inside and self.inside.truststore is not None:
            return self.inside.truststore
        return self.question.truststore

    @property
    def truststore_name(self) -> str:
        """Return what the truststore is called."""
        if self.inside and self.inside.truststore is not None:
            return self.inside.truststore_name
        return self.question.truststore_name
