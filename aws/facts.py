"""What was read from AWS before a deployment: plain values, with nothing left to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .domain import Domain


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in ACM."""

    arn: str
    names: tuple[str, ...]
    status: str  #: ISSUED, PENDING_VALIDATION, …
    type: str  #: AMAZON_ISSUED, IMPORTED or PRIVATE
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A hosted zone of Route 53, and the records of the domain that are in it already."""

    id: str
    name: str  #: without the dot at its end
    is_private: bool = False
    records: tuple[str, ...] = ()  #: types, such as A


@dataclass(frozen=True, slots=True)
class Stored:
    """A truststore or CRL that is in S3 already; *content* is cut off where it is too large."""

    uri: str
    version: str
    content: bytes
    region: str = ""  #: of the bucket, "" = not known


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of CloudFormation; *resources* by logical id: type and physical id."""

    name: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def owns(self, kind: str, physical_id: str) -> bool:
        """Whether the resource is this stack's."""
        return (kind, physical_id) in self.resources.values()


@dataclass(frozen=True, slots=True)
class Unasked:
    """A question *about* a parameter, or "stack" or the like: *permission* is missing."""

    about: str
    permission: str
    said: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it; None = not asked, not answered, or not there.

    absent: what is certainly not there, by the name of the parameter that names it, or "domain".
    pushed: the truststore in force, where it is another than the stack put there;
    log_role: the role with which API Gateway writes logs, "" = none, None = not known.
    """

    account: str
    region: str
    certificate: Certificate | None = None
    ownership: Certificate | None = None
    zone: Zone | None = None
    stored: Stored | None = None
    crl: Stored | None = None
    domain: Domain | None = None
    stack: Stack | None = None
    pushed: bytes | None = None
    log_role: str | None = None
    absent: frozenset[str] = frozenset()
    unasked: tuple[Unasked, ...] = ()
