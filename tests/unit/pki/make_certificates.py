"""Makes tests/vectors/certificates, whose keys are thrown away.

python -m tests.unit.pki.make_certificates
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pki.describe import iso
from tests.builders import bundle
from tests.unit.pki.fronts import Client
from tests.unit.pki.oddities import NOW
from tests.unit.pki.test_acceptance import LEAVES
from tests.unit.pki.test_acceptance_paths import CHAINS

FOLDER = Path(__file__).resolve().parents[2] / "vectors/certificates"

#: What breaks a rule, and what barely does not.
PAIRS = {
    "RSA 2047": "RSA 2048",
    "last second": "first second",
    "not yet valid": "first second",
    "serial of 21 octets": "serial of 20 octets",
    "P-521": "P-384",
    "SHA-1": "SHA-384",
    "serverAuth": "good",
    "enciphers": "no keyUsage",
    "unknown critical": "unknown",
    "critical policies": "policies",
    "Netscape server": "Netscape client",
    "X.509 v1": "bare",
    "self-signed": "bare",
    "stranger's": "good",
    "namesake's": "good",
    "five CAs": "four CAs",
    "five CAs, four sent": "four CAs, three sent",
    "path length 0": "path length 1",
    "the root is missing": "below the root",
    "the issuing CA is missing": "the issuing CA is sent",
    "crowd": "company",
    "CA in its last second": "CA valid",
    "CA P-224": "CA P-521",
    "CA serverAuth": "CA clientAuth",
    "CA critical policies": "CA policies",
    "another key identifier": "key identifier",
    "PSS, odd salt": "PSS",
    "DNS constraint on a CN": "DNS constraint",
    "cross-signed, listed": "cross-signed, sent",
    "another spelling": "good",
}

HEAD = """\
{name}{twin}

expect: api-gateway {0}
expect: alb {1}
at: {at}

presented:
"""


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in dict.fromkeys((*PAIRS, *PAIRS.values())):
        (FOLDER / file_name(name)).write_text("".join(_parts(name)))


def file_name(name: str) -> str:
    words = re.findall(r"[a-z0-9-]+", name.lower())
    return f"{'-'.join(words)}.pem"


def _parts(name: str) -> Iterator[str]:
    client, codes = _case(name)
    expected = [code or "accepted" for code in codes]
    twin = f"; what is barely good: {file_name(PAIRS[name])}" if name in PAIRS else ""
    yield HEAD.format(*expected, name=name, twin=twin, at=iso(NOW))
    yield bundle(client.holder.certificate, *(holder.certificate for holder in client.sent))
    yield "\ntruststore:\n"
    yield bundle(*(holder.certificate for holder in client.truststore))


def _case(name: str) -> tuple[Client, tuple[str, str]]:
    if name in LEAVES:
        make, codes = LEAVES[name]
        return Client(make()), codes
    path, codes = CHAINS[name]
    return path(), codes


if __name__ == "__main__":
    main()
