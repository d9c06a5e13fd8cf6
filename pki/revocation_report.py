"""What the commands about revocation say: plain text, made from values."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from . import crl
from .describe import iso, printable
from .revocation import Outcome
from .store import Store


def revoked(
    outcomes: Sequence[Outcome], made: x509.CertificateRevocationList | None, store: Store
) -> str:
    """Return what `revoke` did with each certificate, and the CRL that says so."""
    lines = [_outcome(outcome) for outcome in outcomes]
    if made is not None:
        lines.append(published(made, store.crl))
    return "\n".join(lines)


def published(made: x509.CertificateRevocationList, path: Path) -> str:
    """Return which CRL was made."""
    count = len(made)
    listed = "nothing is revoked" if not count else f"{count} revoked"
    return f"wrote {path}, CRL {crl.number(made)}: {listed}, good until {iso(crl.end(made))}"


def _outcome(outcome: Outcome) -> str:
    what, said = outcome.revocation, outcome.certificate.subject.rfc4514_string()
    since = f"since {iso(what.revoked_at)}, for {what.reason}"
    done = "revoked" if outcome.is_new else "was revoked already:"
    return printable(f"{done} {said or '(empty subject)'}, serial {what.serial_number}, {since}")
