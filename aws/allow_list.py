"""Who may call, as parameters: the service refuses to start with what it cannot read.

The same as service/config.py reads; a test holds the two together.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from cryptography import x509

from pki.findings import Finding, Severity

from .parameters import Values


def findings(values: Values) -> Iterator[Finding]:
    """Yield every entry of the Allow… parameters with which the function could not start."""
    for name, fault in _FAULTS.items():
        for entry in re.split(r"(?<!\\);|\n", values[name]):
            said = fault(entry.strip()) if entry.strip() else ""
            if said:
                message = f"{name} has {entry.strip()!r}, {said}"
                yield Finding(Severity.ERROR, "parameter.allow-list", message, _HINT, name)


_HINT = "the service would refuse to start: see the README, Who may call"


def _name(entry: str) -> str:
    try:
        x509.Name.from_rfc4514_string(entry)
    except ValueError:
        return "expected a name such as 'CN=billing,O=Example' (RFC 4514)"
    return ""


def _uri(entry: str) -> str:
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]+", entry) or "*" in entry[:-2]:
        return "expected a URI, exact or ending in '/*'"
    if entry.endswith("*") and not re.search(r"://[^/*]+/(.*/)?\*$", entry):
        return "expected something before '/*', such as 'spiffe://example.org/*'"
    return ""


def _fingerprint(entry: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", entry.lower().replace(":", "")):
        return "expected SHA-256 over DER as 64 hex digits"
    return ""


_FAULTS: Mapping[str, Callable[[str], str]] = {
    "AllowIssuers": _name,
    "AllowSubjects": _name,
    "AllowUris": _uri,
    "AllowFingerprints": _fingerprint,
}
