"""Whether a leaf is revoked, by the index in force and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from service.certificate import UNREADABLE, ClientCertificate
from service.problems import CertificateRevoked, CertificateStatusUnknown

from .index import REASONS, Block, Index
from .settings import RevocationSettings

KEPT = 4096


class _InForce:
    """An index, and which of its blocks speak for the leaves that were seen."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._covering: dict[str, tuple[Block, ...]] = {}

    def covering(self, client: ClientCertificate, leaf: x509.Certificate) -> tuple[Block, ...]:
        """Who signed *leaf* takes a signature to find out, so it is kept."""
        found = self._covering.get(client.fingerprint)
        if found is None:
            found = self.index.covering(leaf)
            if len(self._covering) >= KEPT:
                self._covering.clear()
            self._covering[client.fingerprint] = found
        return found


@dataclass(frozen=True, slots=True)
class Health:
    """*state*: fresh, stale or none; *age*: seconds since the oldest CRL in force was made."""

    state: str
    age: int | None = None

    def as_dict(self) -> Mapping[str, object]:
        """For /health."""
        return {"state": self.state} | ({} if self.age is None else {"age": self.age})


class Revocation:
    """What the identity step asks, for a leaf that is verified and valid."""

    def __init__(self, settings: RevocationSettings) -> None:
        self._grace = settings.grace
        self._exempt = settings.exempt
        self._in_force: _InForce | None = None

    def put_in_force(self, index: Index) -> None:
        """From now on; a request under way goes on with the index that it has."""
        self._in_force = _InForce(index)

    @property
    def has_index(self) -> bool:
        """Whether any index is in force."""
        return self._in_force is not None

    def check(self, client: ClientCertificate, leaf: x509.Certificate, now: datetime) -> str:
        """Return what the log should say of it, mostly "".

        Raises CertificateRevoked, and CertificateStatusUnknown where no CRL that holds speaks for
        *leaf*: neither of its issuer, nor for where it says that its CRL is.
        """
        if client.issuer_name in self._exempt:
            return "revocation not checked: its issuer is exempt"
        in_force = self._in_force
        if in_force is None:
            raise CertificateStatusUnknown("there is no revocation index")
        try:
            blocks = in_force.covering(client, leaf)
        except UNREADABLE as error:
            raise CertificateStatusUnknown(f"cannot find its issuer: {error}") from error
        if not blocks:
            raise CertificateStatusUnknown("no CRL of its issuer was had")
        for block in blocks:
            reason = in_force.index.reason(block, leaf.serial_number)
            if reason is not None:
                raise CertificateRevoked(f"revoked: {REASONS.get(reason, reason)}")
        until = max(block.next_update for block in blocks)
        if now <= until:
            return ""
        expired = f"the CRL of its issuer expired at {until:%Y-%m-%dT%H:%M:%SZ}"
        if now > until + self._grace:
            raise CertificateStatusUnknown(expired)
        return f"{expired}, within grace"

    def health(self, now: datetime) -> Health:
        """What is in force, and how old it is."""
        in_force = self._in_force
        blocks = in_force.index.blocks if in_force else ()
        if not blocks:
            return Health("none")
        age = max(0, int((now - min(block.this_update for block in blocks)).total_seconds()))
        is_fresh = all(now <= block.next_update for block in blocks)
        return Health("fresh" if is_fresh else "stale", age)
