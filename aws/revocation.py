"""A deployment with Revocation: would it leave anybody in? Found before anything is changed.

Without a CRL of the leaf's issuer the function refuses the client, so one has to be in place.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pki.describe import describe, iso
from pki.findings import Finding, Severity
from pki.truststore import is_issued_by

from .facts import Facts, Stack, Stored
from .parameters import Values

#: As much as the service reads.
LARGEST = 50 * 1024 * 1024
KEY = "crl/crl.pem"  #: in the bucket that the stack makes
#: Octets for the environment of a function ("Lambda quotas").
_ENVIRONMENT = 4096
#: Of the name that CloudFormation gives a table: the stack's, the resource's, and some letters.
_TABLE = 128 + len("-RegistryTable-") + 13
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PEM = re.compile(rb"-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----")
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def is_asked(values: Values) -> bool:
    """Whether the function is to ask whether a certificate is revoked."""
    return values["Revocation"] not in {"", "off"}


def place(values: Values, stack: Stack | None) -> str:
    """Return the URI of the CRL; "" if the bucket for it is still to be made."""
    bucket = stack.resources.get("TruststoreBucket", ("", ""))[1] if stack else ""
    return values["CrlUri"] or (f"s3://{bucket}/{KEY}" if bucket else "")


def of_values(values: Values) -> Iterator[Finding]:
    """Yield what is wrong with the parameters together, without a look at AWS."""
    size = environment_size(values)
    if size > _ENVIRONMENT:
        said = f"the function's environment would have up to {size} octets; Lambda takes"
        hint = "shorter lists (ALLOW_URIS may end in /*), shorter keys in S3, or clients registered"
        yield _error("environment.too-large", f"{said} {_ENVIRONMENT}", hint, "Revocation")


def environment_size(values: Values) -> int:
    """Return how many octets the function's environment has at most, names included."""
    allowed = ("Issuers", "Subjects", "Uris", "Fingerprints")
    size = sum(len(f"ALLOW_{what}") + len(values[f"Allow{what}"].encode()) for what in allowed)
    size += len("CLIENT_CERT_SOURCEapi-gateway")
    size += len("BASE_PATH") + (values["BasePath"] != "(none)") * len(f"/{values['BasePath']}")
    size += len("TRUSTSTOREREVOCATION_CRLSREVOCATION_POLICYREVOCATION_REFRESH")
    if is_asked(values):
        bucket, version = "s3://" + "b" * 63, "v" * 32
        uri = values["TruststoreUri"] or f"{bucket}/truststore.pem"
        size += len(f"{uri}?versionId={values['TruststoreVersion'] or version}&newest".encode())
        size += len(values["CrlUri"] or f"{bucket}/{KEY}")
        size += len(values["Revocation"] + values["RevocationRefresh"])
    size += len("CLIENT_REGISTRY")
    if values["ClientRate"]:
        size += len("CLIENT_RATECLIENT_BURSTCLIENT_RATE_MOST99999/sCLIENT_BURST_MOST99999")
        size += len(values["ClientRate"] + values["ClientBurst"])
    if values["ClientRegistry"] == "on":
        size += len("dynamodb://" + "t" * _TABLE)
    if values["TokenIssuer"]:
        size += len("TOKEN_ISSUERTOKEN_AUDIENCETOKEN_JWKS")
        size += sum(len(values[f"Token{what}"]) for what in ("Issuer", "Audience", "Jwks"))
    return size


def of_facts(
    values: Values, facts: Facts, truststore: Sequence[x509.Certificate], now: datetime
) -> Iterator[Finding]:
    """Yield why clients of an authority in *truststore* would be refused for want of a CRL."""
    if not is_asked(values) or {"stack", "CrlUri"} & {one.about for one in facts.unasked}:
        return
    where = place(values, facts.stack)
    if not where:
        said = f"Revocation is {values['Revocation']!r}, and there is no bucket with a CRL yet"
        hint = "first --set Revocation=off, then: python -m aws crl push FILE, then this again"
        yield _error("crl.absent", f"{said}: nobody could call", hint, "Revocation")
    elif facts.crl is None:
        said = f"Revocation is {values['Revocation']!r}, and there is no CRL at {where}"
        hint = f"python -m aws crl push FILE --uri {where}"
        yield _error("crl.absent", f"{said}: nobody could call", hint, "CrlUri")
    else:
        yield from _of_crl(values, facts.crl, truststore, now)


def read(content: bytes) -> list[x509.CertificateRevocationList] | None:
    """Return the CRLs in *content*, one in DER or any number in PEM; None if that is none."""
    try:
        if content[:1] == b"\x30":
            return [x509.load_der_x509_crl(content)]
        return [x509.load_pem_x509_crl(one) for one in _PEM.findall(content)] or None
    except _UNREADABLE:
        return None


def _of_crl(
    values: Values, stored: Stored, truststore: Sequence[x509.Certificate], now: datetime
) -> Iterator[Finding]:
    hint = f"python -m aws crl push FILE --uri {stored.uri}"
    found = read(stored.content) if len(stored.content) <= LARGEST else None
    if found is None:
        said = f"what lies at {stored.uri} is no CRL, expected PEM or DER"
        yield _error("crl.unreadable", f"{said}, up to {LARGEST:,} octets", hint, "CrlUri")
        return
    issuing = _issuing(values, truststore)
    lacking = {}
    for authority in issuing:
        ends = [one.next_update_utc for one in found if _is_of(one, authority)]
        latest = max((end for end in ends if end), default=None)
        if latest is None or latest + _grace(values["Revocation"]) < now:
            lacking[authority] = latest
    is_error = len(lacking) == len(issuing) or bool(values["AllowIssuers"])
    severity = Severity.ERROR if is_error else Severity.WARNING
    for authority, latest in lacking.items():
        name = describe(authority).subject
        said, code = f"no CRL of {name} lies at {stored.uri}", "crl.missing"
        if latest:
            said, code = f"the CRL of {name} expired at {iso(latest)}", "crl.expired"
        said += ": its clients would be refused"
        yield Finding(severity, code, said, hint, "CrlUri")


def _issuing(values: Values, truststore: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Those that issue clients, as far as one can see: who is allowed, or issued no other one."""
    entries = filter(None, map(str.strip, re.split(r"(?<!\\);|\n", values["AllowIssuers"])))
    allowed = [x509.Name.from_rfc4514_string(entry) for entry in entries]
    authorities = list(dict.fromkeys(truststore))
    if allowed:
        return [one for one in authorities if one.subject in allowed]
    return [
        one
        for one in authorities
        if not any(is_issued_by(other, one) for other in authorities if other != one)
    ]


def _is_of(found: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    """Whether *authority* signed the CRL *found*, under its own name (RFC 5280, 6.3.3)."""
    if found.issuer != authority.subject:
        return False
    try:
        key = authority.public_key()
        return found.is_signature_valid(key)  # type: ignore[arg-type]  # any other is no CRL of it
    except (InvalidSignature, *_UNREADABLE):
        return False


def _grace(policy: str) -> timedelta:
    number = re.fullmatch(r"grace=(\d+)([mhd])", policy)
    return timedelta(**{_UNITS[number[2]]: int(number[1])}) if number else timedelta(0)


def _error(code: str, message: str, hint: str, about: str) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, about)
