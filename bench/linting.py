"""A truststore of 1,000 certificates: our linter against pkilint."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.serialization import Encoding

from pki.authority import CertificateAuthority
from pki.findings import errors
from pki.lint import RULES, lint
from stack.errors import StackError
from stack.programs import run
from stack.tools import ensure_tool

from .results import Bounded, Compared, Section, take_turns

SECONDS, TARGET = 1.0, 0.1
ROOTS, BELOW = 250, 3
_TURN = 3.0  # seconds: about what pkilint takes once
ABOUT = """\
One truststore of {count:,} CAs, {size:,} octets: {roots} roots on P-256 and {below} issuing CAs
below each. **Ours** is `pki.lint.lint()`: {rules} rules, each certificate by itself and all of them
together, every signature verified, on all processors. **pkilint** is pkilint's linter for RFC 5280
(`lint_pkix_cert`) over the same certificates, one after another in one process: its start and its
imports are not counted, and it verifies no signatures. A turn is one run of pkilint, or as many of
ours as fit into three seconds, of which the mean counts."""

# For pkilint's own environment: as its lint_pkix_cert does, for every certificate in a file.
_PKILINT = """
import re, sys, time
from pkilint import loader
from pkilint.pkix import certificate, extension, name
blocks = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\\n", open(sys.argv[1]).read(), re.S)
started = time.perf_counter()
validator = certificate.create_pkix_certificate_validator_container(
    certificate.create_decoding_validators(
        name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
    [certificate.create_issuer_validator_container([]),
     certificate.create_validity_validator_container(),
     certificate.create_subject_validator_container([]),
     certificate.create_extensions_validator_container([]),
     certificate.create_spki_validator_container([])])
load = loader.RFC5280CertificateDocumentLoader().load_pem_document
for block in blocks:
    validator.validate(load(block, "x").root)
print(len(blocks), time.perf_counter() - started)
"""


def measure(*, pairs: int, say: Callable[[str], None]) -> Section:
    """Take the turns."""
    now = datetime.now(UTC)
    content, count = _truststore(now)
    about = ABOUT.format(count=count, size=len(content), roots=ROOTS, below=BELOW, rules=len(RULES))
    if errors(lint(content, front="api-gateway", now=now)):
        raise RuntimeError("the truststore is not good")
    python = ensure_tool("pkilint", say) / "python"
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "truststore.pem"
        file.write_bytes(content)
        ours, theirs = take_turns(
            pairs, partial(_ours, content, now), partial(_pkilint, python, file, count)
        )
    rows: list[Compared | Bounded] = [
        Compared("1,000 certificates", ours, theirs, at_most=TARGET),
        Bounded("1,000 certificates", ours, SECONDS * 1000),
    ]
    return Section("Linting a truststore", about, "milliseconds", rows, names=("ours", "pkilint"))


def _truststore(now: datetime) -> tuple[bytes, int]:
    made = []
    for number in range(ROOTS):
        organization = f"Partner number {number:04d} of the benchmark of lint"
        root = CertificateAuthority.create_root(organization=organization, now=now)
        below = [
            root.create_issuing(organization=f"{organization} {letter}", now=now)
            for letter in "ABC"[:BELOW]
        ]
        made += [*below, root]
    pem = b"".join(authority.certificate.public_bytes(Encoding.PEM) for authority in made)
    return pem, len(made)


def _ours(content: bytes, now: datetime) -> float:
    runs, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < _TURN:
        lint(content, front="api-gateway", now=now)
        runs += 1
    return elapsed / runs * 1000


def _pkilint(python: Path, file: Path, count: int) -> float:
    done = run(python, "-c", _PKILINT, file)
    linted, _, seconds = done.stdout.partition(" ")
    if done.returncode or linted != str(count):
        raise StackError(
            f"pkilint linted {linted or 'no'} certificates, expected {count}",
            f"look at what it says: {done.stderr.strip()[-200:]}",
        )
    return float(seconds) * 1000
