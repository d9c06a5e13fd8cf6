"""NIST's Public Key Interoperability Test Suite (PKITS 1.0.1), as cryptography_vectors carries it.

Each test is a leaf; its name tells what is expected of it with PKITS's default settings.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cryptography_vectors
from cryptography import x509

from pki.issuers import is_signed_by

#: All that is not about validity periods is valid then.
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FOLDER = Path(str(cryptography_vectors.__file__)).parent / "x509/PKITS_data/certs"
_LEAF = re.compile(r"(.+)Test(\d+)EE")

#: What the tests of a section are called, in the order of the suite's document.
SECTIONS = {
    "4.1 signatures": "(In)?[Vv]alid(CertificatePath|CASignature|EESignature|DSA.*)",
    "4.2 validity periods": ".*not(Before|After)Date",
    "4.3 names": "(In)?[Vv]alid(NameChaining.*|NameUIDs|RFC3280.*|Rollover.*|UTF8.*)",
    "4.5 self-issued certificates": ".*BasicSelfIssued.*",
    "4.6 basic constraints": ".*([bB]asicConstraints.*|cAFalse|pathLenConstraint)",
    "4.7 key usage": ".*keyUsage.*",
    "4.8 policies": "(All|Different|Overlapping|Any|UserNotice|CPS).*",
    "4.9 requireExplicitPolicy": ".*requireExplicitPolicy",
    "4.10 policy mappings": "(In)?[Vv]alid(PolicyMapping|Mapping(From|To)anyPolicy)",
    "4.11 inhibitPolicyMapping": ".*inhibitPolicyMapping",
    "4.12 inhibitAnyPolicy": ".*inhibitAnyPolicy",
    "4.13 name constraints": ".*nameConstraints",
    "4.16 private extensions": ".*CriticalCertificateExtension",
}
#: A DSA key without parameters, which it inherits: cryptography does not load it.
UNREADABLE = {"ValidDSAParameterInheritanceTest5EE", "DSAParametersInheritedCACert"}
#: Not valid with the default settings: a CA requires an explicit policy, and there is none.
_NO_COMMON_POLICY = {f"DifferentPoliciesTest{number}" for number in (4, 5, 7, 8, 9, 12)}
#: Wrong by their CRLs alone.
_BY_CRL = {
    "InvalidBasicSelfIssuedOldWithNewTest2",
    "InvalidBasicSelfIssuedNewWithOldTest5",
    "InvalidBasicSelfIssuedCRLSigningKeyTest7",
    "InvalidkeyUsageCriticalcRLSignFalseTest4",
    "InvalidkeyUsageNotCriticalcRLSignFalseTest5",
}


@dataclass(frozen=True)
class Case:
    """One test: a leaf and the CAs of its path, the trust anchor last."""

    section: str
    name: str
    is_valid: bool
    leaf: x509.Certificate
    authorities: tuple[x509.Certificate, ...]


@cache
def certificates() -> dict[str, x509.Certificate]:
    """Every certificate of the suite, by the name of its file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # negative serial numbers and the like
        return {
            file.stem: x509.load_der_x509_certificate(file.read_bytes())
            for file in sorted(_FOLDER.glob("*.crt"))
            if file.stem not in UNREADABLE
        }


@cache
def cases() -> tuple[Case, ...]:
    """The tests of path validation, section by section."""
    found = list(_cases())
    order = list(SECTIONS)
    return tuple(sorted(found, key=lambda case: (order.index(case.section), _number(case.name))))


def left_out() -> list[str]:
    """The tests that need a CRL to come out as they should."""
    names = {case.name for case in cases()}
    tests = [stem.removesuffix("EE") for stem in certificates() if _LEAF.fullmatch(stem)]
    return [name for name in tests if name not in names]


def _cases() -> Iterator[Case]:
    for stem, leaf in certificates().items():
        matched = _LEAF.fullmatch(stem)
        name = stem.removesuffix("EE")
        if matched is None or name in _BY_CRL:
            continue
        for section, pattern in SECTIONS.items():
            if re.fullmatch(pattern, matched[1]):
                is_valid = not name.startswith("Invalid") and name not in _NO_COMMON_POLICY
                yield Case(section, name, is_valid, leaf, tuple(_above(leaf)))
                break


def _above(leaf: x509.Certificate) -> list[x509.Certificate]:
    """The path as the suite draws it: by key, and where no key fits, by name."""
    authorities = [c for stem, c in certificates().items() if "EE" not in stem]
    path: list[x509.Certificate] = []
    here = leaf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while not is_signed_by(here, here):
            named = [a for a in authorities if _alike(a.subject, here.issuer) and a not in path]
            signed = [a for a in named if is_signed_by(here, a)]
            if not named:
                break
            here = (signed or named)[0]
            path.append(here)
    anchor = certificates()["TrustAnchorRootCertificate"]
    return path if anchor in path else [*path, anchor]


def _alike(one: x509.Name, other: x509.Name) -> bool:
    return _folded(one) == _folded(other)


def _folded(of: x509.Name) -> str:
    return "".join(of.rfc4514_string().casefold().replace("\\", "").split())


def _number(name: str) -> int:
    return int(name.rpartition("Test")[2])
