"""The one file of aws/ that reads a private key: ACM wants that of a certificate it imports.

Octets go from a file to ACM, over TLS. They are not parsed, not kept, and in no message; the plan
that leads here has not seen them. tests/packaging/test_arrows.py holds that no other file does it.
"""

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pki.errors import filesystem
from pki.findings import Finding, Severity

from .errors import AwsRefused, asking
from .server_certificate import Presented

_MOST = 5120  #: octets, of a key (ACM: import-certificate-prerequisites)
_REFUSED = ("ValidationException", "InvalidParameterException")


def findings(path: Path) -> Iterator[Finding]:
    """Yield a warning if others may read the key; it is not opened. PkiError if it is not there."""
    with filesystem("look at", path):
        mode = path.stat().st_mode
    if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
        said = f"the key {str(path)!r} is readable by others: mode {stat.S_IMODE(mode):04o}"
        hint = f"chmod 600 {path}"
        yield Finding(Severity.WARNING, "certificate.key-readable", said, hint, str(path))


def hand_over(client: Any, presented: Presented, key: Path, arn: str) -> str:  # noqa: ANN401
    """Import *presented* with its *key* into ACM, in the place of *arn* if that is set.

    Return its ARN. AwsRefused if ACM refuses it, or is asked without TLS.
    """
    require_tls(client.meta.endpoint_url)
    more: dict[str, object] = {"CertificateArn": arn} if arn else {}
    if presented.chain:
        more["CertificateChain"] = presented.chain_pem
    try:
        with asking("import the certificate", "acm:ImportCertificate"):
            answer = client.import_certificate(
                Certificate=presented.pem, PrivateKey=_read(key), **more
            )
    except AwsRefused as refused:
        if refused.code not in _REFUSED:
            raise
        hint = "the key has to be that of the certificate, in PEM, and without a passphrase"
        raise AwsRefused(refused.message, hint, code=refused.code) from refused
    return str(answer["CertificateArn"])


def require_tls(url: str) -> None:
    """Raise AwsRefused unless *url* is of TLS, or of this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise AwsRefused(
            f"a private key goes to ACM over TLS alone, and not to {url}",
            "see AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_ACM",
        )


def _read(path: Path) -> bytes:
    with filesystem("read", path), path.open("rb") as file:
        octets = file.read(_MOST + 1)
    if not 0 < len(octets) <= _MOST:
        said = "is empty" if not octets else f"has more than {_MOST} octets"
        raise AwsRefused(
            f"the key {str(path)!r} {said}", "give the file of one private key, in PEM"
        )
    return octets


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
