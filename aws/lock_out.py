"""Whom another truststore would lock out, as far as the clients are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from pki.describe import fingerprint, printable
from pki.difference import Client, Difference, difference

from .errors import AwsRefused

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Clients:
    """Those whose access counts; *unknown*: seen, but without a certificate that could be judged.

    origin: where they are from, such as an index; "" = none was given, so nobody is known.
    """

    known: Sequence[Client] = ()
    unknown: Sequence[tuple[str, str]] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LockOut:
    """What the step from one truststore to another does to *clients*, behind API Gateway."""

    difference: Difference
    clients: Clients

    @property
    def losing(self) -> list[Client]:
        """Return those who are accepted now, and would be refused."""
        judged = self.difference.judged
        return [one.client for one in judged if one.changes["api-gateway"].outcome == "loses"]

    @property
    def is_harmless(self) -> bool:
        """Whether nobody can lose anything, known or not: all that is trusted stays trusted."""
        return not self.difference.went

    @property
    def count(self) -> int:
        """Return how many lose access, or may: who cannot be judged counts as well."""
        return len(self.losing) + (0 if self.is_harmless else len(self.clients.unknown))


def judge(
    old: Sequence[x509.Certificate],
    new: Sequence[x509.Certificate],
    clients: Clients,
    now: datetime,
) -> LockOut:
    """Return what the step from *old* to *new* does to *clients* at the aware time *now*."""
    found = difference(old, new, clients.known, fronts=("api-gateway",), now=now)
    return LockOut(found, clients)


def refuse(found: LockOut, accepted: int | None) -> None:
    """Raise AwsRefused unless nobody loses access, or *accepted* names how many."""
    if found.count == accepted or (found.count == 0 and found.clients.origin):
        return
    if found.count == 0 and found.is_harmless:
        return
    if found.count == 0:
        count = len(found.difference.went)
        raise AwsRefused(
            f"{count} CA{'s' * (count != 1)} would go, and no client is known: nobody can say who"
            " loses access",
            "name an index, a folder of certificates or a log with --issued or --seen,"
            " or say --lock-out 0",
        )
    said = f", not {accepted}" if accepted is not None else ""
    raise AwsRefused(
        f"{found.count} client{'s' * (found.count != 1)} would lose access{said}: {_who(found)}",
        f"give them certificates of a CA that stays, or say --lock-out {found.count}",
    )


def _who(found: LockOut) -> str:
    names = [_name(client) for client in found.losing]
    if not found.is_harmless:
        names += [f"{what[:16]} ({because})" for what, because in found.clients.unknown]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return printable(", ".join(names[:_SHOWN])) + more


def _name(client: Client) -> str:
    return client.name or client.leaf.subject.rfc4514_string() or fingerprint(client.leaf)[:16]
