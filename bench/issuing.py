"""Certificates per second: our authority against cryptography's builder."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki import issuance, keys, wishes
from pki.authority import CertificateAuthority, subject
from pki.initialisation import initialise
from pki.profiles import BACKDATE, CLIENT
from pki.public_keys import PublicKey
from pki.sans import Sans
from pki.store import Store
from stack.settings import ROOT

from .results import Bounded, Compared, Section, take_turns

TARGET = 0.6
HASHES: dict[str, type[SHA256 | SHA384]] = {
    "ec-p256": SHA256,
    "ec-p384": SHA384,
    "rsa-2048": SHA256,
}
PLACE = "spiffe://example.org/"
URI = f"{PLACE}billing"
ABOUT = """\
Certificates signed by one process for a public key that is there already; CA and leaf have the
same key type. **Ours** is `pki.authority.CertificateAuthority.issue`; **bare** is cryptography's
`x509.CertificateBuilder`, fed with an equal certificate: the same names, validity, extensions and
hash, all built anew each time, as any caller of either does (bare has the CA's key identifier at
hand). Before the first turn both certificates are compared field by field.

The second table is for information: a whole `issue client`, with a new key, the index, the files
and every fsync, on this machine's disk."""


def issuing(key_type: str) -> CertificateAuthority:
    """Return an issuing CA below a root, both with *key_type*."""
    now = datetime.now(UTC)
    root = CertificateAuthority.create_root(organization="Example", now=now, key_type=key_type)
    return root.create_issuing(organization="Example", now=now, key_type=key_type)


def measure(*, pairs: int, seconds: float, durable_calls: int) -> Section:
    """Take the turns for every key type, and issue whole clients."""
    rows: list[Compared | Bounded] = []
    for key_type in HASHES:
        authority = issuing(key_type)
        public_key = keys.generate(key_type).public_key()
        now = datetime.now(UTC).replace(microsecond=0)
        with_ours = _ours(authority, public_key, now)
        with_builder = _bare(authority, key_type, public_key, now)
        _require_equal(with_ours(), with_builder())
        ours, bare = take_turns(
            pairs, partial(rate, with_ours, seconds), partial(rate, with_builder, seconds)
        )
        rows.append(Compared(f"{key_type}, certificates", ours, bare, TARGET))
    rows.append(_durable(pairs, durable_calls))
    return Section("Issuing", ABOUT, "certificates per second", rows)


def _durable(rounds: int, calls: int) -> Bounded:
    """Issue clients in a PKI on disk, at a rate per second."""
    folder = ROOT / ".run"
    folder.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=folder) as home:
        store = Store(Path(home) / "pki")
        initialise(store, now=datetime.now(UTC))
        names = (f"client-{number}" for number in count())
        values = [_durable_rate(store, [next(names) for _ in range(calls)]) for _ in range(rounds)]
    return Bounded("issue client, ec-p256", values)


def _durable_rate(store: Store, names: list[str]) -> float:
    secrets = issuance.Secrets(authority=bytes, leaf=bytes)
    started = time.perf_counter()
    for name in names:
        wish = wishes.client(name, wishes.Asked())
        issuance.issue(store, wish, secrets, now=datetime.now(UTC))
    return len(names) / (time.perf_counter() - started)


def rate(call: Callable[[], object], seconds: float) -> float:
    """Call *call* for *seconds*; return how often a second it was."""
    made, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        call()
        made += 1
    return made / elapsed


def _ours(
    authority: CertificateAuthority, public_key: PublicKey, now: datetime
) -> Callable[[], x509.Certificate]:
    def issue() -> x509.Certificate:
        name = subject("billing", "Example")
        return authority.issue(public_key, CLIENT, name, Sans(uris=(URI,)), now=now)

    return issue


def _bare(
    authority: CertificateAuthority, key_type: str, public_key: PublicKey, now: datetime
) -> Callable[[], x509.Certificate]:
    issuer = authority.certificate
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    algorithm = HASHES[key_type]()
    start = max(now - BACKDATE, issuer.not_valid_before_utc)

    def issue() -> x509.Certificate:
        name = [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, "billing"),
        ]
        above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        own = x509.SubjectKeyIdentifier.from_public_key(public_key)
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(URI)])
        return (
            x509.CertificateBuilder()
            .issuer_name(issuer.subject)
            .subject_name(x509.Name(name))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_signs(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(above, critical=False)
            .add_extension(names, critical=False)
            .add_extension(own, critical=False)
            .sign(authority.key, algorithm)
        )

    return issue


def _signs() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _require_equal(ours: x509.Certificate, bare: x509.Certificate) -> None:
    first, second = (
        (
            certificate.issuer,
            certificate.subject,
            certificate.public_key(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            certificate.signature_algorithm_oid,
            {str(extension.oid): extension for extension in certificate.extensions},
        )
        for certificate in (ours, bare)
    )
    if first != second:
        raise RuntimeError(f"not the same certificate: {first} and {second}")
