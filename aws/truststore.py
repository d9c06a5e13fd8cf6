"""The truststore that the stack publishes: check a bundle, put it where the build takes it."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from pki import truststore
from pki.errors import PkiError, filesystem
from pki.findings import Finding, Severity, errors
from pki.lint import LARGEST_READ, lint

from .errors import AwsRefused

PACKED = Path("aws/publisher/truststore.pem")


@dataclass(frozen=True, slots=True)
class Checked:
    """A truststore, what is to be said of it, and what is in it; nothing if it cannot be read."""

    content: bytes
    findings: list[Finding]
    certificates: Sequence[x509.Certificate] = ()

    @property
    def is_good(self) -> bool:
        """Whether API Gateway would take it."""
        return not errors(self.findings)

    @property
    def sha256(self) -> str:
        """Return SHA-256 over the file, as sha256sum prints it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def anchors(self) -> list[x509.Certificate]:
        """Return the roots in it: CAs that bear their issuer's name."""
        return [one for one in self.certificates if one.subject == one.issuer]


@dataclass(frozen=True, slots=True)
class Packed:
    """What `pack` did: the truststore, and which CAs came and went."""

    checked: Checked
    path: Path
    added: Sequence[x509.Certificate] = ()
    removed: Sequence[x509.Certificate] = ()
    is_first: bool = False
    is_same: bool = False


def check(content: bytes, now: datetime) -> Checked:
    """Return *content* with what API Gateway would have against it at *now*.

    What the linter only remarks on is left to it: python -m pki truststore lint FILE.
    """
    said = lint(content, front="api-gateway", now=now)
    found = [finding for finding in said if finding.severity is not Severity.INFO]
    try:
        return Checked(content, found, truststore.read(content))
    except PkiError:
        return Checked(content, found)


def check_file(path: Path, now: datetime) -> Checked:
    """Return the truststore in the file *path*, checked; PkiError if it cannot be read at all."""
    return check(content(path), now)


def content(path: Path) -> bytes:
    """Return what is in the file *path*, as far as that counts; PkiError if it is unreadable."""
    # One octet more than is looked at is enough to see that it is too large.
    with filesystem("read", path), path.open("rb") as file:
        return file.read(LARGEST_READ + 1)


def pack(source: Path, target: Path, now: datetime) -> Packed | Checked:
    """Put the truststore in the file *source* at *target*, whole or not at all.

    Returned as it was checked if it is not good: then *target* stays as it was.
    """
    if not source.exists():
        hint = "python -m pki init, or: make truststore TRUSTSTORE=path"
        raise AwsRefused(f"there is no truststore {str(source)!r}", hint)
    checked = check_file(source, now)
    if not checked.is_good:
        return checked
    before = check(content(target), now) if target.exists() else None
    if before is None or before.content != checked.content:
        _replace(target, checked.content)
    had = before.certificates if before else ()
    return Packed(
        checked=checked,
        path=target,
        added=[one for one in dict.fromkeys(checked.certificates) if one not in had],
        removed=[one for one in dict.fromkeys(had) if one not in checked.certificates],
        is_first=before is None,
        is_same=before is not None and before.content == checked.content,
    )


def _replace(target: Path, content: bytes) -> None:
    with filesystem("write", target):
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), 0o644)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
