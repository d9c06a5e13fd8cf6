"""Would API Gateway take these bytes as a truststore? They come in, their count goes out."""

import base64
import re
import ssl
from collections.abc import Iterator

from .errors import Refused

#: API Gateway's quotas: "1,000 certificates, up to 1 MB total object size". The stricter megabyte.
LARGEST = 1_000_000
MOST = 1_000

_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"
_LABEL = re.compile(r"-----(?:BEGIN|END) ([^-]{0,64})-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SEQUENCE = 0x30
_BUILD = "build it anew: make truststore"


def certificates(content: bytes) -> int:
    """Return how many certificates the truststore *content* holds; Refused if it is none.

    1. at most 1 MB;
    2. no private key, whatever else there is;
    3. text: UTF-8 without NUL, so no UTF-16 either;
    4. every PEM block is a CERTIFICATE, its two lines stand alone, and base64 is between them;
    5. from 1 to 1,000 of them;
    6. each is the DER of one X.509 certificate as OpenSSL reads it, and nothing follows it.

    Text between the blocks is allowed (RFC 7468, 2), as are CRLF and duplicates. What a
    certificate says is not looked at: of that, API Gateway warns, and serves the others.
    """
    if len(content) > LARGEST:  # (1)
        raise Refused(
            f"truststore.pem has {len(content):,} bytes, expected at most {LARGEST:,}",
            f"keep only the CAs that issue your clients' certificates, then {_BUILD}",
        )
    if b"PRIVATE KEY-----" in content:  # (2)
        raise Refused(
            "truststore.pem holds a private key, expected certificates only",
            f"it has been in a deployment package: replace that key, then {_BUILD}",
        )
    blocks = list(_blocks(_text(content)))
    if not 1 <= len(blocks) <= MOST:  # (5)
        raise Refused(
            f"truststore.pem holds {len(blocks):,} certificates, expected 1 to {MOST:,}", _BUILD
        )
    _refuse_unreadable(blocks)
    return len(blocks)


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # (3)
        raise Refused("truststore.pem is no UTF-8 text, expected PEM certificates", _BUILD)
    return text


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line's number and the base64 of every block (4)."""
    begun, lines = 0, list[str]()
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.rstrip(" \t\r")
        if not begun and line == _BEGIN:
            begun, lines = number, []
        elif begun and line == _END:
            yield begun, "".join(lines)
            begun = 0
        elif "-----BEGIN" in line or "-----END" in line:
            raise _misplaced(number, line)
        elif begun and not _BASE64.fullmatch(line):
            found = f"line {number} of truststore.pem, in a certificate, is no base64"
            raise Refused(f"{found}, expected nothing else there", _BUILD)
        elif begun:
            lines.append(line)
    if begun:
        raise Refused(f"the certificate in line {begun} of truststore.pem has no end", _BUILD)


def _misplaced(number: int, line: str) -> Refused:
    for label in _LABEL.findall(line):
        if label != "CERTIFICATE":
            found = f"line {number} of truststore.pem says {label!r}"
            return Refused(f"{found}, expected 'CERTIFICATE'", _BUILD)
    found = f"line {number} of truststore.pem begins or ends a certificate out of place"
    return Refused(f"{found}, expected each mark in turn, alone on its line", _BUILD)


def _refuse_unreadable(blocks: list[tuple[int, str]]) -> None:
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for number, (line, text) in enumerate(blocks, 1):
        try:
            der = base64.b64decode(text, validate=True)
            store.load_verify_locations(cadata=der)
            readable = _is_complete(der)  # OpenSSL would pass over what follows
        except (ValueError, ssl.SSLError):
            readable = False
        if not readable:  # (6)
            found = f"certificate {number} of truststore.pem (line {line}) cannot be read"
            raise Refused(f"{found}, expected the base64 of one X.509 certificate", _BUILD)


def _is_complete(der: bytes) -> bool:
    """Is *der* one SEQUENCE of definite length, and nothing more (X.690, 10.1)."""
    if len(der) < 2 or der[0] != _SEQUENCE:  # noqa: PLR2004
        return False
    octets = der[1] & 0x7F if der[1] & 0x80 else 0
    length = int.from_bytes(der[2 : 2 + octets], "big") if octets else der[1]
    return len(der) == 2 + octets + length
