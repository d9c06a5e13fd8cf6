"""What we take from a certificate signing request: the public key, and names we allow."""

import re
import warnings
from dataclasses import dataclass
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from . import public_keys
from .errors import UNREADABLE, PkiError
from .profiles import SERVER, Profile
from .sans import KINDS, Sans

LARGEST = 64 * 1024
_UPPER_BOUNDS = {  # RFC 5280, A.1
    NameOID.COUNTRY_NAME: 2,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
    NameOID.LOCALITY_NAME: 128,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.COMMON_NAME: 64,
}
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_COUNTRY = re.compile(r"[A-Z]{2}")
_KIND_OF: dict[type[x509.GeneralName], str] = {
    x509.DNSName: "dns_names",
    x509.UniformResourceIdentifier: "uris",
    x509.RFC822Name: "emails",
    x509.IPAddress: "ip_addresses",
}
_HINT = "make a new one: openssl req -new -key KEY -subj /O=Example/CN=NAME"


@dataclass(frozen=True, slots=True)
class Request:
    """What a CSR asks for, checked: ready to be issued."""

    public_key: public_keys.PublicKey
    subject: x509.Name
    sans: Sans


def parse(content: bytes, profile: Profile) -> Request:
    """Return what the CSR *content* (PEM or DER) asks for; PkiError if *profile* forbids any of it.

    1. it is at most 64 KiB, and one CSR without a private key (RFC 2986);
    2. its key is strong enough, its own signature holds and is not SHA-1 or MD5;
    3. the subject has only C, ST, L, O, OU and CN, within the bounds of RFC 5280, A.1;
    4. it requests only SAN, keyUsage, extendedKeyUsage, basicConstraints and SKI, and of these
       nothing beyond the profile; the last four are then made anew from the profile;
    5. SANs are of the profile's kinds; a server has one, a client has one or a subject.
    """
    if len(content) > LARGEST:
        raise PkiError("CSR is larger than 64 KiB", _HINT)
    if b"PRIVATE KEY-----" in content:
        raise PkiError(
            "the file holds a private key, expected only a CSR",
            "never send the key: openssl req -new",
        )
    if content.count(b"-----BEGIN ") > 1:
        _refuse("the file holds more than one CSR")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cryptography warns of what we refuse anyway
            return _request(_load(content), profile)
    except UNREADABLE as error:
        reason = (str(error).lower().rstrip(".").splitlines() or ["unreadable"])[0]
        raise PkiError(f"CSR is malformed: {reason}", _HINT) from error


def _load(content: bytes) -> x509.CertificateSigningRequest:
    if b"-----BEGIN " in content:
        return x509.load_pem_x509_csr(content)
    return x509.load_der_x509_csr(content)


def _request(csr: x509.CertificateSigningRequest, profile: Profile) -> Request:
    public_key = public_keys.accept(csr.public_key())  # (2)
    if not isinstance(csr.signature_hash_algorithm, _HASHES):
        found = getattr(csr.signature_hash_algorithm, "name", "none")
        _refuse(f"CSR is signed with {found!r}, expected SHA-256 or stronger")
    if not csr.is_signature_valid:
        _refuse("CSR's signature does not fit its key")
    subject = _subject(csr.subject)  # (3)
    sans = _extensions(csr.extensions, profile)  # (4)
    if not sans and (profile is SERVER or not subject):  # (5)
        _refuse(f"CSR has no subject alternative name, the {profile.name} profile needs one")
    return Request(public_key, subject, sans)


def _subject(name: x509.Name) -> x509.Name:
    attributes = []
    seen = set()
    for rdn in name.rdns:
        first, *others = rdn
        if others:
            _refuse(f"subject has several values in one RDN: {rdn.rfc4514_string()!r}")
        if first.oid in seen and first.oid != NameOID.ORGANIZATIONAL_UNIT_NAME:
            _refuse(f"subject has {first.rfc4514_attribute_name!r} twice")
        seen.add(first.oid)
        attributes.append(_attribute(first))
    return x509.Name(attributes)


def _attribute(found: x509.NameAttribute[str | bytes]) -> x509.NameAttribute[str]:
    label, value = found.rfc4514_attribute_name, found.value
    bound = _UPPER_BOUNDS.get(found.oid)
    if bound is None or not isinstance(value, str):
        _refuse(f"subject has {label!r}, expected only C, ST, L, O, OU and CN")
    if not value.strip() or not value.isprintable() or len(value) > bound:
        _refuse(f"subject has {label}={value!r}, expected up to {bound} printable characters")
    if found.oid == NameOID.COUNTRY_NAME and not _COUNTRY.fullmatch(value):
        _refuse(f"subject has C={value!r}, expected two capital letters")
    return x509.NameAttribute(found.oid, value)


def _extensions(extensions: x509.Extensions, profile: Profile) -> Sans:
    sans = Sans()
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            sans = _sans(value, profile)
        elif isinstance(value, x509.KeyUsage):
            _check_key_usage(value, profile)
        elif isinstance(value, x509.ExtendedKeyUsage):
            if not set(value) <= set(profile.extended_key_usage or ()):
                _refuse(f"CSR asks for extended key usages beyond the {profile.name} profile")
        elif isinstance(value, x509.BasicConstraints):
            if value.ca:
                _refuse("CSR asks for a CA certificate, expected a leaf")
        elif not isinstance(value, x509.SubjectKeyIdentifier):
            _refuse(f"CSR asks for the extension {extension.oid.dotted_string!r}, not allowed")
    return sans


def _check_key_usage(asked: x509.KeyUsage, profile: Profile) -> None:
    for usage in (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign",
    ):  # fmt: skip
        if getattr(asked, usage) and not getattr(profile.key_usage, usage):
            _refuse(f"CSR asks for key usage {usage!r}, beyond the {profile.name} profile")


def _sans(asked: x509.SubjectAlternativeName, profile: Profile) -> Sans:
    for name in asked:
        kind = _KIND_OF.get(type(name))
        if kind not in profile.san_kinds:
            allowed = ", ".join(kind for kind in KINDS if kind in profile.san_kinds)
            _refuse(f"CSR asks for a {type(name).__name__} as SAN, expected only {allowed}")
    found = Sans.from_extension(asked)
    return Sans.parse(
        dns_names=found.dns_names,
        uris=found.uris,
        emails=found.emails,
        ip_addresses=found.ip_addresses,
        wildcard=profile is SERVER,
    )


def _refuse(message: str) -> NoReturn:
    raise PkiError(message, _HINT)
