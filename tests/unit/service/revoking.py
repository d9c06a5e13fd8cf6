"""A truststore with CA, a file of CRLs, and an index of it: for the tests of what builds one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from service.certificate import ClientCertificate
from service.problems import CertificateRevoked, CertificateStatusUnknown
from service.revocation.build import refresh
from service.revocation.check import Revocation
from service.revocation.file import IndexFile
from service.revocation.settings import RevocationSettings
from tests import builders, crls
from tests.builders import Holder
from tests.crls import NOW

CA = builders.authority()
OTHER = builders.authority(subject="CN=Other,O=Test")


class World:
    """A truststore with CA, a file of CRLs, and an index of it."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "crl.pem"
        self.truststore = folder / "truststore.pem"
        self.trust(CA)
        self.file = IndexFile.of(folder / "index", "")
        self.settings = self.with_(grace=timedelta(0))

    def with_(self, *more: str, **changed: object) -> RevocationSettings:
        values: dict[str, object] = {"grace": timedelta(0), **changed}
        sources = (str(self.source), *more)
        return RevocationSettings(sources, (str(self.truststore),), **values)  # type: ignore[arg-type]

    def trust(self, *holders: Holder) -> None:
        self.truststore.write_text(builders.bundle(*(holder.certificate for holder in holders)))

    def publish(self, *found: bytes) -> None:
        self.source.write_bytes(crls.pem(*found))

    def look(self, now: datetime = NOW) -> list[str]:
        problems = refresh(self.settings, self.file, now)
        assert problems is not None
        return problems

    def check(self, serial_number: int, holder: Holder = CA, now: datetime = NOW) -> str:
        """What the check says: "good", "revoked", "unknown", or a note."""
        revocation = Revocation(self.settings)
        if self.file.version():
            revocation.put_in_force(self.file.open())
        leaf = builders.leaf(issuer=holder, serial_number=serial_number).certificate
        try:
            return revocation.check(ClientCertificate.from_certificate(leaf), leaf, now) or "good"
        except CertificateRevoked:
            return "revoked"
        except CertificateStatusUnknown:
            return "unknown"
