"""Would API Gateway take this truststore: what is known of its rules. Pure; soon pki/lint.py."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from pki import truststore
from pki.ancestry import trace
from pki.describe import describe, remaining
from pki.errors import PkiError
from pki.findings import Finding, Severity
from pki.path import MAX_AUTHORITIES
from pki.purposes import authority_fault, form_fault
from pki.verdict import Fault

#: "1,000 certificates, up to 1 MB total object size"; of two megabytes the smaller one.
MOST, LARGEST = 1_000, 1_000_000
SOON = timedelta(days=30)
_PAGE = "API Gateway: rest-api-mutual-tls"
_QUOTAS = "API Gateway: api-gateway-execution-service-limits-table"
_REBUILD = "python -m pki truststore build"


def findings(content: bytes, now: datetime) -> list[Finding]:
    """Return what API Gateway would have against the truststore *content* at the aware time *now*.

    1. no private key is in it, nor anything but certificates;
    2. it is no larger than API Gateway takes;
    3. each is a CA, valid, with a key and a signature that API Gateway takes;
    4. each has its chain up to a root in it, of at most four CAs.

    Warnings: twice the same, expires soon, valid only later, text between the certificates.
    """
    if b"PRIVATE KEY-----" in content:
        message = "a private key is in it: whoever reads the truststore can issue certificates"
        hint = "take it out, and replace what it was the key of"
        return [Finding(Severity.CRITICAL, "truststore.private-key", message, hint)]
    if len(content) > LARGEST:
        message = f"it has more than {LARGEST:,} octets, API Gateway takes up to 1 MB"
        return [_error("too-large", message, "leave out what is not needed", source=_QUOTAS)]
    try:
        certificates = truststore.read(content)
    except PkiError as error:
        return [_error("unreadable", error.message, error.hint)]
    return [
        *_size(certificates),
        *_each(certificates, now),
        *_chains(certificates),
        *_text(content),
    ]


def _size(certificates: Sequence[x509.Certificate]) -> Iterator[Finding]:
    if len(certificates) > MOST:
        message = f"it has {len(certificates):,} certificates, API Gateway takes up to {MOST:,}"
        yield _error("too-many", message, "leave out what is not needed", source=_QUOTAS)
    seen = set()
    for certificate in certificates:
        if certificate in seen:
            message = f"{_name(certificate)} is in it twice"
            yield _warning("duplicate", message, _REBUILD, certificate, source="unconfirmed:pem")
        seen.add(certificate)


def _each(certificates: Sequence[x509.Certificate], now: datetime) -> Iterator[Finding]:
    for certificate in dict.fromkeys(certificates):
        is_root = certificate.subject == certificate.issuer
        fault = form_fault(certificate) or authority_fault(
            certificate, "api-gateway", now, is_root=is_root
        )
        ends = certificate.not_valid_after_utc
        if fault is None and ends - now < SOON:
            said = f"{_name(certificate)} expires on {ends:%Y-%m-%d} ({remaining(ends, now)})"
            hint = "ask for its successor, and trust both for a while"
            yield _warning("expires-soon", said, hint, certificate)
        elif fault is not None:
            yield _fault(certificate, fault)


def _fault(certificate: x509.Certificate, fault: Fault) -> Finding:
    message = f"{_name(certificate)}: {fault.because}"
    if fault.code == "not-yet-valid":
        return _warning(fault.code, message, "until then it opens to nobody", certificate)
    if fault.code == "no-authority":
        message = f"{_name(certificate)} is no CA, expected CA certificates only"
        return _error("not-a-ca", message, "leave it out, and trust its issuer", certificate)
    hint = "leave it out, or ask its owner for one that API Gateway takes"
    if fault.code == "expired":
        hint = "leave it out, or ask its owner for the present one"
    return _error(fault.code, message, hint, certificate)


def _chains(certificates: Sequence[x509.Certificate]) -> Iterator[Finding]:
    for certificate in dict.fromkeys(certificates):
        ancestry = trace(certificate, certificates)
        roots = [one for one in certificates if one in ancestry.roots]
        if certificate in ancestry.roots:
            continue
        if not roots:
            tops = [one for one in ancestry.authorities() if not ancestry.issuers.get(one)]
            top = tops[0] if tops else certificate
            missing = top.issuer.rfc4514_string()
            message = f"the chain of {_name(certificate)} ends without {missing!r}, its root's side"
            yield _error("chain-incomplete", message, f"{_REBUILD} FILE_WITH_IT", certificate)
            continue
        length = 1 + len(ancestry.shortest_route(roots))
        if length > MAX_AUTHORITIES:
            message = f"{_name(certificate)} has {length} CAs up to its root, expected up to"
            hint = "trust a CA that is nearer to the root"
            yield _error("chain-too-long", f"{message} {MAX_AUTHORITIES}", hint, certificate)


def _text(content: bytes) -> Iterator[Finding]:
    inside = False
    for line in content.splitlines():
        if line.startswith(b"-----BEGIN "):
            inside = True
        elif line.startswith(b"-----END "):
            inside = False
        elif line.strip() and not inside:
            message = "there is text between the certificates, of which AWS's page says nothing"
            yield _warning("text", message, _REBUILD, source="unconfirmed:pem")
            return


def _name(certificate: x509.Certificate) -> str:
    return repr(describe(certificate).subject or "(empty)")


def _error(
    code: str,
    message: str,
    hint: str,
    certificate: x509.Certificate | None = None,
    *,
    source: str = _PAGE,
) -> Finding:
    about = describe(certificate).subject if certificate else ""
    return Finding(Severity.ERROR, f"truststore.{code}", message, hint, about, source)


def _warning(
    code: str,
    message: str,
    hint: str,
    certificate: x509.Certificate | None = None,
    *,
    source: str = _PAGE,
) -> Finding:
    about = describe(certificate).subject if certificate else ""
    return Finding(Severity.WARNING, f"truststore.{code}", message, hint, about, source)
