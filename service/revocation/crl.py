"""One CRL: whose it is, whether it holds (RFC 5280, 5 and 6.3.3), and what it revokes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from service.certificate import UNREADABLE, comparable

from . import der
from .issuer import Issuer

#: ALB takes CRLs of 50 MB ("Quotas for your Application Load Balancers").
MAX_BYTES = 50 * 1024 * 1024
MAX_CRLS = 1000  #: in one file
MAX_NUMBER = 1 << 160  #: RFC 5280, 5.2.3: at most 20 octets
#: How far the clock of an authority may be ahead of ours.
SKEW = timedelta(minutes=5)

_BEGIN, _END = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
_HASHES = (SHA256, SHA384, SHA512)
_KNOWN = (x509.AuthorityKeyIdentifier, x509.CRLNumber, x509.IssuingDistributionPoint)

#: What an entry says beside its serial: object identifiers in DER (RFC 5280, 5.3).
_REASON_CODE, _INVALIDITY_DATE, _CERTIFICATE_ISSUER = (
    bytes.fromhex(oid) for oid in ("551d15", "551d18", "551d1d")
)
_SHORT = 127  #: the greatest length that DER has in one octet
_KEPT = 1000  #: extensions of entries, once read: an invalidityDate may differ in each

Kind = TypeVar("Kind", bound=x509.ExtensionType)


class RejectedCrl(ValueError):
    """The bytes are no CRL that counts here, or not now."""


@dataclass(frozen=True, slots=True)
class Crl:
    """A CRL whose signature was verified. Its entries are looked at by `revoked` alone."""

    issuer: Issuer
    #: Of a partition: it speaks only for leaves that name one of these as where their CRL is.
    points: frozenset[str]
    number: int | None
    this_update: datetime
    next_update: datetime
    entries: memoryview  #: in DER, one after the other


def split(data: bytes) -> Iterator[bytes]:
    """Each CRL of a file in DER or PEM; raises RejectedCrl."""
    if len(data) > MAX_BYTES:
        raise RejectedCrl(f"{len(data)} bytes, at most {MAX_BYTES} expected")
    if data[:1] == b"\x30":
        yield data
        return
    count = data.count(_BEGIN)
    if not 1 <= count <= MAX_CRLS or data.count(_END) != count:
        raise RejectedCrl(f"expected one CRL in DER, or 1 to {MAX_CRLS} whole ones in PEM")
    for block in data.split(_BEGIN)[1:]:
        text, _, _ = block.partition(_END)
        try:
            yield base64.b64decode(text.translate(None, b" \t\r\n"), validate=True)
        except binascii.Error as error:
            raise RejectedCrl(f"not base64 in PEM: {error}") from error


def read(data: bytes, issuers: Sequence[Issuer], now: datetime, grace: timedelta) -> Crl:
    """Return the CRL in *data*, DER, or raise RejectedCrl.

    1. one of *issuers* signed it, who bears its name and may sign CRLs, with SHA-256 or better;
    2. it is a whole one (no delta), its own issuer's (not indirect), for leaves and any reason;
    3. nothing critical is in it that is not understood here;
    4. it holds at *now*, or has ceased to no longer than *grace* ago.
    """
    try:
        crl = x509.load_der_x509_crl(data)
        issuer = _signer(crl, data, issuers)  # (1)
        points = _scope(crl)  # (2), (3)
        number = _number(crl)
        this_update, next_update = crl.last_update_utc, crl.next_update_utc
        entries = _entries(memoryview(data))
    except RejectedCrl:
        raise
    except UNREADABLE as error:
        raise RejectedCrl(f"cannot read it: {error}") from error
    if next_update is None:
        raise RejectedCrl("it does not say when the next one comes (nextUpdate)")
    if this_update > now + SKEW:  # (4)
        raise RejectedCrl(f"it holds from {this_update:%Y-%m-%dT%H:%M:%SZ} only")
    if next_update + grace < now:
        raise RejectedCrl(f"it expired at {next_update:%Y-%m-%dT%H:%M:%SZ}")
    return Crl(issuer, points, number, this_update, next_update, entries)


def _signer(crl: x509.CertificateRevocationList, data: bytes, issuers: Sequence[Issuer]) -> Issuer:
    name = comparable(crl.issuer)
    named = [issuer for issuer in issuers if issuer.name == name]
    if not named:
        raise RejectedCrl(f"its issuer {crl.issuer.rfc4514_string()!r} is not in the truststore")
    hashed = crl.signature_hash_algorithm
    if hashed is not None and not isinstance(hashed, _HASHES):
        raise RejectedCrl(f"signed with {hashed.name}, expected SHA-256 or better")
    signer = next((issuer for issuer in named if _signed(crl, data, issuer)), None)
    if signer is None:
        raise RejectedCrl(f"{crl.issuer.rfc4514_string()!r} of the truststore did not sign it")
    if not _may_sign_crls(signer.certificate):
        raise RejectedCrl("its issuer may not sign CRLs: keyUsage lacks cRLSign")
    key_id = _value(crl, x509.AuthorityKeyIdentifier)
    named_id = key_id.key_identifier if key_id else None
    if named_id is not None and signer.key_id not in {None, named_id}:
        raise RejectedCrl("it names another key of its issuer than the one that signed it")
    return signer


def _signed(crl: x509.CertificateRevocationList, data: bytes, issuer: Issuer) -> bool:
    """As crl.is_signature_valid, which first encodes all of it anew: seconds, if it is large."""
    key, view = issuer.certificate.public_key(), memoryview(data)
    tbs = der.read(view, der.read(view, 0).start)
    signed = view[tbs.at : tbs.end].tobytes()
    try:
        how = crl.signature_algorithm_parameters
        hashed = crl.signature_hash_algorithm
        if isinstance(key, ed25519.Ed25519PublicKey) and hashed is None:
            key.verify(crl.signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(crl.signature, signed, how)
        elif (
            isinstance(key, rsa.RSAPublicKey)
            and isinstance(how, padding.PKCS1v15 | padding.PSS)
            and hashed is not None
        ):
            key.verify(crl.signature, signed, how, hashed)
        else:
            return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _may_sign_crls(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _scope(crl: x509.CertificateRevocationList) -> frozenset[str]:
    for extension in crl.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            raise RejectedCrl("it is a delta CRL: what it does not name may be revoked as well")
        if extension.critical and not isinstance(extension.value, _KNOWN):
            raise RejectedCrl(
                f"a critical extension is not understood: {extension.oid.dotted_string}"
            )
    partition = _value(crl, x509.IssuingDistributionPoint)
    if partition is None:
        return frozenset()
    if partition.indirect_crl:
        raise RejectedCrl("it is indirect: it speaks for other issuers")
    if partition.only_contains_ca_certs or partition.only_contains_attribute_certs:
        raise RejectedCrl("it is not for leaves (issuingDistributionPoint)")
    if partition.only_some_reasons:
        raise RejectedCrl("it is for some reasons only (issuingDistributionPoint)")
    if partition.relative_name:
        raise RejectedCrl("it is for a distribution point with a relative name")
    return _points(partition.full_name)


def _points(names: Sequence[x509.GeneralName] | None) -> frozenset[str]:
    uris = [name.value for name in names or () if isinstance(name, x509.UniformResourceIdentifier)]
    if names and not uris:
        raise RejectedCrl("it is for a distribution point that is no URI")
    return frozenset(uris)


def _number(crl: x509.CertificateRevocationList) -> int | None:
    value = _value(crl, x509.CRLNumber)
    if value is not None and value.crl_number >= MAX_NUMBER:
        raise RejectedCrl("expected a CRL number of at most 20 octets")
    return value.crl_number if value else None


def _value(crl: x509.CertificateRevocationList, kind: type[Kind]) -> Kind | None:
    try:
        return crl.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _entries(view: memoryview) -> memoryview:
    """What is in revokedCertificates. That it is DER, cryptography has seen when it read it."""
    tbs = der.read(view, der.read(view, 0).start)
    at = tbs.start
    if view[at] == der.INTEGER:  # version
        at = der.read(view, at).end
    for _ in ("signature", "issuer", "thisUpdate", "nextUpdate"):
        at = der.read(view, at).end
    if at < tbs.end and view[at] == der.SEQUENCE:
        found = der.read(view, at)
        return view[found.start : found.end]
    return view[:0]


def revoked(crl: Crl) -> dict[int, list[bytes]]:
    """Each serial of *crl*, by its length: the octets without leading zeros, and the reason.

    Raises RejectedCrl for an entry with something critical that is not understood here.
    """
    data = crl.entries.tobytes()
    reasons: dict[bytes, bytes] = {b"": b"\0"}
    rows: dict[int, list[bytes]] = {}
    at, end = 0, len(data)
    while at < end:  # a million times
        if data[at + 1] > _SHORT:
            entry = der.read(data, at)
            number, stop = entry.start + 2, entry.end
        else:
            number = at + 4
            stop = at + 2 + data[at + 1]
        if data[number - 1] > _SHORT:
            raise RejectedCrl(f"a serial number has more than {_SHORT} octets")
        time = number + data[number - 1]
        rest = data[time + 2 + data[time + 1] : stop]
        reason = reasons.get(rest)
        if reason is None:
            reason = _reason(rest)
            if len(reasons) < _KEPT:
                reasons[rest] = reason
        if data[number] <= _SHORT:  # no leaf here has a negative one
            serial = data[number:time].lstrip(b"\0")
            try:
                rows[len(serial)].append(serial + reason)
            except KeyError:
                rows[len(serial)] = [serial + reason]
        at = stop
    return rows


def _reason(extensions: bytes) -> bytes:
    """The reason in an entry's *extensions*, as one octet."""
    reason = 0
    at, end = der.read(extensions, 0).start, len(extensions)
    while at < end:
        extension = der.read(extensions, at)
        oid = der.read(extensions, extension.start)
        value = der.read(extensions, oid.end)
        critical = extensions[value.at] != der.OCTET_STRING
        if critical:
            value = der.read(extensions, value.end)
        name = extensions[oid.start : oid.end]
        if name == _CERTIFICATE_ISSUER:
            raise RejectedCrl("an entry is about another issuer's certificate")
        if critical and name not in {_REASON_CODE, _INVALIDITY_DATE}:
            raise RejectedCrl("a critical extension of an entry is not understood")
        if name == _REASON_CODE:
            reason = extensions[value.end - 1]
        at = extension.end
    return bytes([reason])
