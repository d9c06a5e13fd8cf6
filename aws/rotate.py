"""A CA is replaced at a domain, one safe step at a time: old → both → new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from pki import truststore
from pki.describe import fingerprint
from pki.difference import Client
from pki.verdict import Accepted

from .errors import AwsRefused
from .in_force import InForce
from .lock_out import Clients, LockOut, judge
from .previous import previous
from .rotation import Rotation, Step
from .succession import Succession, fingerprints, named, succeed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator wants: the *new* CA with its chain, and which one it *replaces*.

    replaces: a fingerprint, subject or common name; "" = the only one that it can be.
    """

    new: Sequence[x509.Certificate]
    replaces: str
    clients: Clients


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a rotation is: the next *step*, and who still uses what is leaving."""

    name: str  #: of the domain
    succession: Succession
    step: Step
    lock_out: LockOut  #: of going from both to the new one alone

    @property
    def rotation(self) -> Rotation:
        """Return the same as fingerprints."""
        return self.succession.rotation

    @property
    def users(self) -> list[Client]:
        """Return the clients that the last step would lock out."""
        return self.lock_out.losing

    def content(self, now: datetime) -> bytes:
        """Return the truststore of the next step, which changes something; PkiError if none is."""
        certificates = self.succession.target
        if self.step is Step.PUBLISH_BOTH:
            certificates = self.succession.both
        return truststore.build(certificates, now)


def standing(found: InForce, wanted: Wanted, now: datetime) -> Standing:
    """Return how far the rotation at the domain *found* is, at the aware time *now*."""
    in_force = truststore.read(found.versions.read(found.domain.truststore_version))
    succession = _succession(found, in_force, wanted, now)
    locked_out = judge(succession.both, succession.target, wanted.clients, now)
    step = succession.rotation.next_step(fingerprints(in_force), _in_use(locked_out))
    if step is Step.PUBLISH_NEW and locked_out.count:
        step = Step.WAIT  # who was seen and cannot be judged may use it
    return Standing(found.domain.name, succession, step, locked_out)


def require_known(found: Standing) -> None:
    """Raise AwsRefused where the old CA would go, and nobody knows whose it is."""
    if found.step is Step.PUBLISH_NEW and not found.lock_out.clients.origin:
        raise AwsRefused(
            "no client is known: nobody can say who still uses the old CA",
            "name an index, a folder of certificates or a log with --issued or --seen",
        )


def _succession(
    found: InForce, in_force: Sequence[x509.Certificate], wanted: Wanted, now: datetime
) -> Succession:
    try:
        return succeed(in_force, wanted.new, wanted.replaces, now)
    except AwsRefused:
        if set(wanted.new) <= set(in_force) and _is_gone(found, wanted.replaces):
            return Succession(in_force, wanted.new, ())
        raise


def _is_gone(found: InForce, replaces: str) -> bool:
    """Whether what *replaces* names was in force before, and is so no more."""
    try:
        before = previous(found.versions, found.domain.truststore_version)
        return bool(replaces and named(truststore.read(found.versions.read(before)), replaces))
    except AwsRefused:
        return False


def _in_use(found: LockOut) -> set[str]:
    """Return the CAs by which those come in who would lose access."""
    used: set[str] = set()
    for one in found.difference.judged:
        change = one.changes["api-gateway"]
        if change.outcome == "loses" and isinstance(change.before, Accepted):
            used.update(map(fingerprint, change.before.path[1:]))
    return used
