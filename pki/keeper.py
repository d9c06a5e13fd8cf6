"""What `serve` keeps fresh: the CRL, the OCSP responder's certificate, and a copy of the CRL.

The only part of `serve` that reads the issuing CA's key, and it listens to nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from . import crl, delegate, keys, publication
from .describe import iso
from .errors import PkiError, filesystem
from .initialisation import authority_certificates, load_authority
from .store import Store

_REMIND = timedelta(hours=1)


@dataclass(slots=True)
class Keeper:
    """Keeps the PKI of *store* fresh; copy: a file that is to be equal to the CRL, if any."""

    store: Store
    ask: keys.Ask
    copy: Path | None = None
    _told: tuple[str, datetime] | None = None

    def tend(self, now: datetime) -> list[str]:
        """Do what is due, and return what there is to say of it; never raises PkiError."""
        said = []
        try:
            said += self._tend(now)
        except PkiError as error:
            said += self._warning(error, now)
        try:
            self.publish()
        except PkiError as error:
            said += self._warning(error, now)
        return said

    def publish(self) -> None:
        """Bring the copy up to date; the lock keeps an older one from coming after it."""
        if self.copy is None or not self.store.crl.exists():
            return
        with self.store.lock(), filesystem("copy", self.store.crl):
            wanted = self.store.crl.read_bytes()
            if not self.copy.exists() or self.copy.read_bytes() != wanted:
                self.store.write(self.copy, wanted)

    def _tend(self, now: datetime) -> list[str]:
        said = []
        issuing, _ = authority_certificates(self.store)
        if publication.is_due(self.store, issuing, now):
            with self.store.lock():
                publication.catch_up(self.store, issuing)
            authority = load_authority(self.store, self.ask)
            with self.store.lock():
                if publication.is_due(self.store, issuing, now):
                    made = publication.publish(self.store, authority, now=now)
                    said.append(f"CRL {crl.number(made)}, good until {iso(crl.end(made))}")
        if delegate.renew(self.store, self.ask, now):
            said.append("a new certificate of the OCSP responder")
        return said

    def _warning(self, error: PkiError, now: datetime) -> list[str]:
        """Return the warning, with what it will lead to; once an hour, or when it is another."""
        if self._told and self._told[0] == str(error) and now < self._told[1] + _REMIND:
            return []
        self._told = str(error), now
        issuing, _ = authority_certificates(self.store)
        found = publication.current(self.store, issuing)
        left = (
            "there is no CRL" if found is None else f"the CRL is good until {iso(crl.end(found))}"
        )
        return [f"warning: {error.message}; {left}", f"  hint: {error.hint}"]
