"""The server's certificate, and the clocks."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from aws.doctor.facts import SKEW, Facts
from pki.describe import iso, remaining
from pki.errors import UNREADABLE
from pki.findings import Finding
from pki.issuers import is_signed_by
from pki.steps import subject

from .check import finding

_SOON = timedelta(days=30)
# X509_V_ERR_…: CERT_NOT_YET_VALID, CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED = 9, 10, 18
#: CERT_SIGNATURE_FAILURE, SELF_SIGNED_CERT_IN_CHAIN, and whose issuer is not there.
_UNTRUSTED = {2, 7, 19, 20, 21, 27}
_TIMES = {_NOT_YET_VALID: "not-yet-valid", _EXPIRED: "expired"}


def clock(facts: Facts) -> Iterator[Finding]:
    """Yield that the server's clock, as its Date says (RFC 9110, 6.6.1), and ours differ."""
    skew = facts.skew
    if abs(skew) <= SKEW or facts.date is None:
        return
    way = "ahead of" if skew > timedelta() else "behind"
    minutes = int(abs(skew).total_seconds()) // 60
    said = f"the server's clock says {iso(facts.date)}, {minutes} minutes {way} ours"
    yield finding(facts, "doctor.clock.off", f"{said}, expected at most 5")


def trust(facts: Facts) -> Iterator[Finding]:
    """Yield why OpenSSL finds no path from the server's certificate to a trusted CA."""
    chain, verified = facts.chain, facts.verification
    if not chain or verified is None:
        return
    leaf = chain[0]
    if leaf is None:
        said = "the server's certificate cannot be read"
        yield finding(facts, "doctor.server.unreadable", said)
    elif verified.failed:
        said = f"the server's certificate was not verified: {verified.failed}"
        yield finding(facts, "doctor.server.not-verified", said)
    elif verified.code and not verified.is_misnamed and verified.code not in _TIMES:
        code, said = _untrusted(chain, leaf, verified.code)
        by = str(facts.question.ca) if facts.question.ca else "the system's CAs"
        said = f"{said} (OpenSSL: {verified.message}; by {by})"
        yield finding(facts, f"doctor.server.{code}", said)


def validity(facts: Facts) -> Iterator[Finding]:
    """Yield which of the server's certificates is not valid now, or soon will not be."""
    told = False
    for certificate in filter(None, facts.chain):
        found = time_fault(certificate, facts.moments)
        if found:
            told = True
            code, said = found
            yield finding(facts, f"doctor.server.{code}", f"{subject(certificate)!r} {said}")
    verified = facts.verification
    if verified and verified.code in _TIMES and not told and len(facts.moments) == 1:
        said = f"a CA above the server's certificate: {verified.message}"
        yield finding(facts, f"doctor.server.{_TIMES[verified.code]}", said)
    leaf = facts.chain[0] if facts.chain else None
    if leaf and not told and expires_soon(leaf, facts.moments):
        yield finding(facts, "doctor.server.expires-soon", _expires(leaf, facts.question.now))


def name(facts: Facts) -> Iterator[Finding]:
    """Yield that the certificate is for other names than the one that is called."""
    verified = facts.verification
    leaf = facts.chain[0] if facts.chain else None
    if leaf and verified and verified.is_misnamed:
        said = f"the server's certificate is for {_names(leaf)}"
        said += f", expected {facts.question.url.host!r}"
        yield finding(facts, "doctor.server.wrong-name", said)


def time_fault(
    certificate: x509.Certificate, moments: Sequence[datetime]
) -> tuple[str, str] | None:
    """Return "expired" or "not-yet-valid", and in words, if it is so at all *moments*."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if all(ends <= moment for moment in moments):
        return "expired", f"expired on {iso(ends)}"
    if all(moment < begins for moment in moments):
        return "not-yet-valid", f"is not valid before {iso(begins)}"
    return None


def expires_soon(certificate: x509.Certificate, moments: Sequence[datetime]) -> bool:
    """Whether it has less than 30 days left at all *moments*, or a third of a short lifetime."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    soon = min(_SOON, (ends - begins) / 3)
    return all(ends - moment < soon for moment in moments)


def _untrusted(
    chain: Sequence[x509.Certificate | None], leaf: x509.Certificate, code: int
) -> tuple[str, str]:
    who = repr(subject(leaf))
    if code == _SELF_SIGNED:
        return "self-signed", f"the server's certificate {who} signed itself"
    if code not in _UNTRUSTED:
        return "unfit", f"the server's certificate {who}, or a CA's above it, is not fit for that"
    if len(chain) == 1:
        issuer = f"{_issuer(leaf)}, which issued it, is not known"
        return "chain-incomplete", f"the server sends {who} alone, and {issuer}"
    if not any(above and is_signed_by(leaf, above) for above in chain[1:]):
        said = f"the server sends {subject(chain[1]) if chain[1] else 'something else'!r}"
        return "wrong-chain", f"{said} after {who}, expected {_issuer(leaf)}, which issued it"
    top = chain[-1] or leaf
    return "untrusted", f"the server's chain ends at {subject(top)!r}, of a CA that is not trusted"


def _issuer(certificate: x509.Certificate) -> str:
    try:
        return repr(certificate.issuer.rfc4514_string())
    except UNREADABLE:
        return "an issuer that cannot be read"


def _names(leaf: x509.Certificate) -> str:
    try:
        san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return repr(subject(leaf))
    names = [repr(str(entry.value)) for entry in san]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004
    return ", ".join(names[:5]) + more


def _expires(leaf: x509.Certificate, now: datetime) -> str:
    ends = leaf.not_valid_after_utc
    return f"the server's certificate expires on {iso(ends)} ({remaining(ends, now)})"
