"""CA certificates from partners' files and folders: PEM, DER and PKCS#7, told by their content."""

import binascii
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from . import truststore
from .errors import UNREADABLE, PkiError, filesystem

MOST_FILES = 2000
#: Octets of all files with certificates together: four times what API Gateway takes.
LARGEST = 4 * 1024 * 1024
_PKCS7 = (b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA")
_BEGIN = b"-----BEGIN "
_LABEL = re.compile(rb"([^\r\n]{0,40}?)-----")
_SEQUENCE = b"\x30"
_STDIN = "standard input"
_FEWER = "name files with the partners' CAs alone"
_HINT = "look at it with: openssl storeutl -noout -text FILE"


@dataclass(slots=True)
class Collected:
    """What was found: by file, its certificates; *skipped*: files in folders without any."""

    by_file: dict[str, list[x509.Certificate]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def certificates(self) -> list[x509.Certificate]:
        """Return all of them, in their order."""
        return [certificate for found in self.by_file.values() for certificate in found]


def collect(paths: Iterable[str], stdin: bytes = b"") -> Collected:
    """Return the certificates in the files *paths*, and in all files in folders among them.

    "-" stands for *stdin*. A file in a folder that holds no certificate is skipped; PkiError if
    one that is named holds none, any holds a private key or what cannot be read, or if they hold
    more than LARGEST octets together, or more than truststore.MOST different certificates.
    """
    found = Collected()
    size = 0
    for name, content, is_named in _contents(paths, stdin):
        if not is_named and not _has_any(content):
            found.skipped.append(name)
            continue
        size += len(content)
        if size > LARGEST:
            raise PkiError("the files are larger than 4 MiB together", _FEWER)
        origin = name if name == _STDIN else repr(name)
        found.by_file[name] = certificates(content, origin)
    if len(set(found.certificates)) > truststore.MOST:
        raise PkiError(f"the files hold more than {truststore.MOST:,} CAs", _FEWER)
    return found


def _contents(paths: Iterable[str], stdin: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Each file's name, what is in it, and whether it was named, and is not of a folder."""
    for path in paths:
        if path == "-":
            yield _STDIN, stdin, True
            continue
        with filesystem("read", path):
            is_folder = Path(path).is_dir()
        for file in _files(Path(path)) if is_folder else (Path(path),):
            yield str(file), truststore.content(file), not is_folder


def certificates(content: bytes, origin: str) -> list[x509.Certificate]:
    """Return the certificates in *content*: PEM, DER, or PKCS#7 in either; PkiError if none."""
    if len(content) > truststore.LARGEST:
        raise PkiError(f"{origin} is larger than 2 MiB", "give a file with the CAs alone")
    if content.startswith(_SEQUENCE):
        return _from_der(content, origin)
    if any(b"-----BEGIN %s-----" % label in content for label in _PKCS7):
        found = []
        for der in _pkcs7_blocks(content, origin):
            found += _from_pkcs7(der, origin)
            if len(found) > truststore.MOST:
                raise PkiError(f"{origin} holds more than {truststore.MOST:,} CAs", _FEWER)
        return found
    return truststore.parse(content, origin)


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if name.startswith(".") or not path.is_file():
                continue
            count += 1
            if count > MOST_FILES:
                found = f"{str(folder)!r} holds more than {MOST_FILES:,} files"
                raise PkiError(found, "name a folder with the partners' CAs alone")
            yield path


def _has_any(content: bytes) -> bool:
    return b"-----BEGIN " in content or content.startswith(_SEQUENCE + b"\x82")


def _from_der(content: bytes, origin: str) -> list[x509.Certificate]:
    try:
        certificate = x509.load_der_x509_certificate(content)
    except UNREADABLE:
        return _from_pkcs7(content, origin)
    return [truststore.readable(certificate)]


def _from_pkcs7(der: bytes, origin: str) -> list[x509.Certificate]:
    try:
        found = pkcs7.load_der_pkcs7_certificates(der)
    except UNREADABLE as error:
        raise PkiError(f"{origin} is neither a certificate nor PKCS#7", _HINT) from error
    if not found:
        raise PkiError(f"{origin} is PKCS#7 without a certificate", _HINT)
    if len(found) > truststore.MOST:
        raise PkiError(f"{origin} holds more than {truststore.MOST:,} CAs", _FEWER)
    return [truststore.readable(certificate) for certificate in found]


def _pkcs7_blocks(content: bytes, origin: str) -> Iterator[bytes]:
    """The DER in each block; PkiError for blocks of another kind: a key may be among them."""
    place = content.find(_BEGIN)
    while place >= 0:
        begin = _LABEL.match(content, place + len(_BEGIN))
        label = begin.group(1) if begin else b""
        end = content.find(b"-----END %s-----" % label, begin.end() if begin else place)
        if begin is None or label not in _PKCS7 or end < 0:
            said = label.decode(errors="replace")
            raise PkiError(f"{origin} holds {said!r} beside PKCS#7", _HINT)
        try:
            body = content[begin.end() : end]
            yield binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
        except binascii.Error as error:
            raise PkiError(f"{origin} holds PKCS#7 that is not base64", _HINT) from error
        place = content.find(_BEGIN, end)
