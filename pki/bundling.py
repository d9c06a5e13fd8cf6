"""A truststore from what was collected: sorted, each certificate once, and held against lint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import truststore
from .collection import Collected
from .errors import PkiError
from .findings import Finding, errors
from .lint import lint
from .lint.rule import FRONTS
from .verdict import Front

_TANGLED = "truststore.too-tangled"  #: what lint gave up on would take as long once more


@dataclass(frozen=True, slots=True)
class Bundled:
    """What would be a truststore: its *content*, empty if *refusal* says why it is none."""

    content: bytes
    certificates: Sequence[x509.Certificate]
    findings: list[Finding]
    refusal: PkiError | None = None


def bundle(
    own: Sequence[x509.Certificate],
    collected: Collected,
    *,
    front: Front | None,
    now: datetime,
) -> Bundled:
    """Return *own* CAs and the *collected* ones as a truststore for *front*, or for either.

    It is refused if a certificate in it is no CA or has expired, if a chain in it is incomplete,
    and for whatever lint calls an error: on *front*, or without it on both.
    """
    members = list(dict.fromkeys([*own, *collected.certificates]))
    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in members)
    found = lint(pem, front=front, now=now) if members else []
    # Lines of what nobody has written yet tell nobody anything.
    found = [_without_line(finding) for finding in found]
    try:
        for origin, certificates in collected.by_file.items():
            truststore.refuse_unfit(certificates, now, origin)
        _refuse([one for one in found if one.code == _TANGLED], front)
        content = truststore.build(members, now)
        _refuse(found, front)
    except PkiError as refusal:
        return Bundled(b"", members, found, refusal)
    return Bundled(content, truststore.read(content), found)


def _refuse(findings: Sequence[Finding], front: Front | None) -> None:
    wrong = errors(list(findings))
    asked = FRONTS if front is None else (front,)
    if all(any(finding.front in {"", name} for finding in wrong) for name in asked):
        first = wrong[0]
        about = f"{first.about!r}: " if first.about else ""
        raise PkiError(f"{first.code}: {about}{first.message}", first.hint)


def _without_line(finding: Finding) -> Finding:
    return Finding(
        finding.severity,
        finding.code,
        finding.message,
        finding.hint,
        finding.about,
        finding.source,
        finding.front,
    )
