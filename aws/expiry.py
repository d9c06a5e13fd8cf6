"""What expires: certificates in, entries by their end out, each with what to do about it.

Pure, and shipped with the function that looks every day (aws/watcher): it imports nothing of
click, boto3 or pki.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a certificate is there for."""

    CA = "ca"  #: in the truststore: whoever it issued is let in
    SERVER = "server-certificate"  #: the domain shows it
    OWNERSHIP = "ownership-certificate"  #: when it ends, the domain cannot be changed any more
    CRL = "crl"  #: when it ends, a function that fails closed lets nobody in
    CLIENT_LEAF = "client-leaf"
    SERVER_LEAF = "server-leaf"


class Renewal(StrEnum):
    """Who renews a certificate."""

    BY_HAND = "by-hand"
    BY_ACM = "by-acm"
    FAILS = "fails"  #: ACM should, and says that it cannot


class State(StrEnum):
    """What is to be said of a certificate."""

    EXPIRED = "expired"
    UNKNOWN = "unknown"  #: it could not be read, so it may have expired
    EXPIRES_SOON = "expires-soon"
    CANNOT_RENEW = "cannot-renew"
    GOOD = "good"


class Severity(StrEnum):
    """How bad that is."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Watched:
    """A certificate that matters; "" and None = not known."""

    kind: Kind
    subject: str  #: RFC 4514
    not_after: datetime
    place: str  #: where it is: s3://…, an ARN, a file
    name: str = ""  #: what we call it
    serial_number: str = ""
    fingerprint: str = ""
    renewal: Renewal = Renewal.BY_HAND
    because: str = ""  #: why ACM cannot renew it
    dependents: int | None = None  #: of a CA: how many issued leaves chain to it
    successor: datetime | None = None  #: the end of another one there with its name and key
    soon: timedelta | None = None  #: what counts as soon for it, where that is not what was asked


@dataclass(frozen=True, slots=True)
class Unread:
    """Something to watch that could not be read."""

    what: str
    because: str
    hint: str
    kind: Kind | None = None


@dataclass(slots=True)
class Found:
    """All that there is to watch."""

    watched: list[Watched] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Take what is in *other* as well."""
        self.watched += other.watched
        self.unread += other.unread


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: what it is about, how it stands, what to do."""

    about: Watched | Unread
    state: State
    severity: Severity
    left: str  #: in words
    seconds_left: float | None = None  #: negative for what has expired
    notes: tuple[str, ...] = ()
    hint: str = ""

    @property
    def days_left(self) -> int | None:
        """Whole days until the end; negative for what has expired."""
        return None if self.seconds_left is None else int(self.seconds_left // 86_400)

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to do something."""
        return self.state is not State.GOOD


@dataclass(frozen=True, slots=True)
class Asked:
    """When it is asked, what counts as soon, and of which domain; "" = of none."""

    now: datetime
    within: timedelta
    domain: str = ""
    where: str = ""  #: the options that name its account again

    def command(self, *words: str) -> str:
        """Return the command of ours to type, in the same account."""
        return " ".join(("python -m aws", *words, *([self.where] if self.where else [])))


def judge(found: Found, asked: Asked) -> list[Entry]:
    """Return an entry for each that was *found*, by its end, the expired ones first.

    1. at or after its end it has expired;
    2. up to `within` before it (of a CRL, up to a third of its time), it expires soon, unless its
       successor is there already;
    3. a certificate that ACM should renew and cannot needs somebody before that; so does an
       ownership certificate that ACM would not renew: nobody else can;
    4. what could not be read may have expired: it stands where it would, had it ended now.
    """
    living = [_without_dead_successor(one, asked.now) for one in found.watched]
    watched = [(one.not_after, _of(one, asked)) for one in living]
    unread = [(asked.now, _unknown(one)) for one in found.unread]
    by_end = sorted((*watched, *unread), key=lambda pair: pair[0])
    return [entry for _, entry in by_end]


def left(not_after: datetime, now: datetime) -> str:
    """Return "29 days left", "expired 2 days ago" and the like; whole days, the rest is dropped."""
    is_over = now >= not_after
    days = abs(not_after - now).days
    amount = f"{days} day{'s' * (days != 1)}" if days else "less than a day"
    if is_over:
        return f"expired {amount} ago"
    return f"{amount} left" if days else "less than a day left"


def _of(one: Watched, asked: Asked) -> Entry:
    state = _state(one, asked)
    return Entry(
        about=one,
        state=state,
        severity=_severity(one, state),
        left=left(one.not_after, asked.now),
        seconds_left=(one.not_after - asked.now).total_seconds(),
        notes=tuple(_notes(one)),
        hint="" if state is State.GOOD else _HINTS[one.kind](one, state, asked),
    )


def _without_dead_successor(one: Watched, now: datetime) -> Watched:
    return replace(one, successor=None) if one.successor and one.successor <= now else one


def _unknown(one: Unread) -> Entry:
    return Entry(
        about=one,
        state=State.UNKNOWN,
        severity=Severity.WARNING,
        left="unknown",
        notes=(one.because,),
        hint=one.hint,
    )


def _state(one: Watched, asked: Asked) -> State:
    if asked.now >= one.not_after:  # (1)
        return State.EXPIRED
    within = asked.within if one.soon is None else one.soon
    if one.not_after - asked.now <= within and not one.successor:  # (2)
        return State.EXPIRES_SOON
    if _cannot_renew(one):  # (3)
        return State.CANNOT_RENEW
    return State.GOOD


def _cannot_renew(one: Watched) -> bool:
    if one.kind is Kind.OWNERSHIP:
        return one.renewal is not Renewal.BY_ACM
    return one.renewal is Renewal.FAILS


def _severity(one: Watched, state: State) -> Severity:
    if state is State.GOOD:
        return Severity.OK
    if state is State.EXPIRED:
        return Severity.WARNING if one.successor else Severity.ERROR
    is_locked_soon = one.kind is Kind.OWNERSHIP and _cannot_renew(one)
    return Severity.ERROR if is_locked_soon else Severity.WARNING


def _notes(one: Watched) -> Iterator[str]:
    if one.successor:
        yield f"its successor with the same key is there until {one.successor:%Y-%m-%d}"
    if one.dependents is not None:
        count = one.dependents
        leaves = "1 issued leaf depends" if count == 1 else f"{count or 'no'} issued leaves depend"
        yield f"{leaves} on it"
    if one.renewal is Renewal.FAILS:
        yield f"ACM cannot renew it: {one.because}"
    elif one.renewal is Renewal.BY_ACM:
        yield "ACM renews it"
    elif one.kind in {Kind.SERVER, Kind.OWNERSHIP}:
        yield "imported: ACM does not renew it"


def _of_ca(one: Watched, _state: State, asked: Asked) -> str:
    if one.successor:
        return "leave it out: python -m pki truststore build FILE --out truststore.pem"
    if asked.domain:
        return asked.command("rotate plan NEW_CA.pem", asked.domain)
    build = "python -m pki truststore build"
    file = shlex.quote(one.place)
    return f"put its successor beside it: {build} {file} NEW_CA.pem --out {file}"


def _of_server(one: Watched, _state: State, asked: Asked) -> str:
    if one.renewal is Renewal.BY_HAND:
        files = "certificate import CERT.pem --key KEY.pem --chain CHAIN.pem"
        return asked.command(files, "--arn", one.place)
    return _validation(one)


def _of_ownership(one: Watched, _state: State, asked: Asked) -> str:
    if one.renewal is Renewal.BY_HAND:
        request = asked.command("certificate request", asked.domain)
        return f"{request}, then give it as OwnershipVerificationCertificateArn: make deploy"
    return _validation(one)


def _validation(one: Watched) -> str:
    return (
        "see that its validation record is in DNS, and that the domain still uses it:"
        f" aws acm describe-certificate --certificate-arn {one.place}"
    )


def _of_crl(one: Watched, _state: State, asked: Asked) -> str:
    push = asked.command("crl push crl.pem --uri", one.place)
    return f"have its CA make a new one (of ours: python -m pki crl), then: {push}"


def _of_client_leaf(one: Watched, state: State, _asked: Asked) -> str:
    return _issue_again("client", one, state)


def _of_server_leaf(one: Watched, state: State, _asked: Asked) -> str:
    return _issue_again("server", one, state)


def _issue_again(profile: str, one: Watched, state: State) -> str:
    sign = f"python -m pki sign CSR --profile {profile}"
    if not one.name:
        return f"ask its holder for a CSR, then: {sign}"
    again = f"python -m pki issue {profile} {shlex.quote(one.name)} --renew (or, of a CSR: {sign})"
    if state is State.EXPIRED:
        again += f"; if nobody needs it any more: python -m pki revoke {one.serial_number}"
    return again


_HINTS = {
    Kind.CA: _of_ca,
    Kind.SERVER: _of_server,
    Kind.OWNERSHIP: _of_ownership,
    Kind.CRL: _of_crl,
    Kind.CLIENT_LEAF: _of_client_leaf,
    Kind.SERVER_LEAF: _of_server_leaf,
}
