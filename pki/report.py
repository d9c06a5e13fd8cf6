"""What the commands say: plain text and JSON, made from values."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .crl import Revocation
from .describe import describe, iso, printable, remaining
from .index import Entry
from .initialisation import Initialised
from .issuance import Outcome
from .profiles import CLIENT, Profile
from .store import Store

Revoked = Mapping[tuple[str, str], Revocation]
"""What is revoked, by issuer and serial number."""

_SHORT_SERIAL = 16
_ROLES = {".pem": "certificate", ".key": "private key", ".p12": "certificate and key, PKCS#12"}
_STATIC = {
    "ca.pem": "what clients trust: the root",
    "truststore.pem": "what the terminator trusts: issuing CA and root",
    "index.sqlite": "what has been issued",
    "crl.pem": "what has been revoked: the CRL",
    ".gitignore": "keeps all of it out of git",
}


def initialised(result: Initialised, store: Store) -> str:
    """Return what `init` made, and what to type next."""
    if not (result.is_new or result.files):
        first = f"the PKI in {store.home} is there, nothing to do"
    elif result.is_new:
        first = f"made a PKI in {store.home}"
    else:
        first = f"the PKI in {store.home} is there, put back what was missing"
    following = [
        "python -m pki issue server localhost 127.0.0.1 ::1",
        "python -m pki issue client billing",
    ]
    lines = [first, *_files(result.files)]
    if not result.has_crl:
        lines.append("  no CRL yet, for the issuing CA's key has a passphrase: python -m pki crl")
    return "\n".join((*lines, _next(*following)))


def issued(outcome: Outcome, profile: Profile, store: Store, now: datetime) -> str:
    """Return what `issue` made of a leaf, and what to type next."""
    said = describe(outcome.leaf)
    name = said.subject
    first = f"{outcome.done} {profile.name} leaf {name}"
    if outcome.because:
        first += f": {outcome.because}"
    names = ", ".join((*said.dns_names, *said.uris, *said.emails, *said.ip_addresses))
    until = f"{iso(said.not_after)} ({remaining(said.not_after, now)})"
    if outcome.ends_with_issuer:
        until += ", no longer than its issuing CA"
    lines = [first, f"  names   {names}", f"  until   {until}", *_files(outcome.files)]
    stale = store.leaf(profile, outcome.files[0].stem).p12
    if outcome.done == "renewed" and stale not in outcome.files and stale.exists():
        lines.append(f"  {stale} still holds the earlier certificate: add --p12 to renew it too")
    return "\n".join((*lines, _next(_use(outcome, profile, store))))


def signed(leaf: x509.Certificate, out: str | None) -> str:
    """Return what `sign` made."""
    said = describe(leaf)
    first = f"signed {said.subject or '(empty subject)'}, serial {said.serial_number}"
    # The CSR chose them: who signs must see for whom the certificate will speak.
    names = ", ".join((*said.dns_names, *said.uris, *said.emails, *said.ip_addresses))
    lines = [f"{first}, until {iso(said.not_after)}", f"  names   {names or 'none'}"]
    return "\n".join((*map(printable, lines), *([f"  {out}"] if out else [])))


def pem(certificate: x509.Certificate) -> str:
    """Return *certificate* as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def truststore(path: Path, certificates: Sequence[x509.Certificate]) -> str:
    """Return what `truststore build` wrote."""
    lines = [f"  {describe(certificate).subject}" for certificate in certificates]
    following = f"python -m pki truststore show {shlex.quote(str(path))}"
    return "\n".join((f"wrote {path}, {len(certificates)} CAs", *lines, _next(following)))


def table(entries: Sequence[Entry], revoked: Revoked, now: datetime) -> str:
    """Return *entries* as aligned columns, or a line that says there are none."""
    if not entries:
        return "nothing has been issued"
    rows = [("SERIAL", "PROFILE", "NAME", "SUBJECT", "NOT AFTER", "")]
    for entry in entries:
        day = f"{entry.not_after:%Y-%m-%d}"
        serial = entry.serial_number[:_SHORT_SERIAL]
        left = remaining(entry.not_after, now)
        if (entry.issuer, entry.serial_number) in revoked:
            left = "revoked"
        rows.append((serial, entry.profile, entry.name, entry.subject, day, left))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def table_json(entries: Iterable[Entry], revoked: Revoked, now: datetime) -> str:
    """Return *entries* as a JSON list of objects, serial numbers in full."""
    return _json(
        [
            {
                "serial_number": entry.serial_number,
                "profile": entry.profile,
                "name": entry.name,
                "subject": entry.subject,
                "issuer": entry.issuer,
                "fingerprint": entry.fingerprint,
                "not_before": iso(entry.not_before),
                "not_after": iso(entry.not_after),
                "issued_at": iso(entry.issued_at),
                "is_expired": now >= entry.not_after,
                "revoked_at": iso(why.revoked_at) if why else None,
                "reason": why.reason if why else None,
            }
            for entry in entries
            for why in [revoked.get((entry.issuer, entry.serial_number))]
        ]
    )


def descriptions(certificates: Iterable[x509.Certificate], now: datetime) -> str:
    """Return what each certificate says, as text, with an empty line between two."""
    return "\n\n".join(describe(certificate).as_text(now) for certificate in certificates)


def descriptions_json(certificates: Iterable[x509.Certificate]) -> str:
    """Return what each certificate says, as a JSON list of objects."""
    return _json([describe(certificate).as_json() for certificate in certificates])


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _files(paths: Iterable[Path]) -> list[str]:
    listed = [(str(path), _STATIC.get(path.name) or _ROLES.get(path.suffix, "")) for path in paths]
    width = max((len(path) for path, _ in listed), default=0)
    return [f"  {path:<{width}}   {role}" for path, role in listed]


def _next(*commands: str) -> str:
    return "\n".join(("next:", *(f"  {command}" for command in commands)))


def _use(outcome: Outcome, profile: Profile, store: Store) -> str:
    files = store.leaf(profile, outcome.files[0].stem)
    ca, certificate, key = (
        shlex.quote(str(path)) for path in (store.ca, files.certificate, files.key)
    )
    if profile is CLIENT:
        url = "https://localhost:8443/whoami"
        return f"curl --cacert {ca} --cert {certificate} --key {key} {url}"
    return f"openssl s_server -accept 8443 -cert_chain {certificate} -cert {certificate} -key {key}"
