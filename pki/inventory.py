"""Who the clients are: from an index or a folder of certificates, and who of them was seen."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from . import presented
from .describe import fingerprint
from .difference import Client
from .errors import UNREADABLE, PkiError, filesystem
from .index import Index

LARGEST = 128 * 1024 * 1024  #: of a folder: about 90,000 leaves
_ENDINGS = {".pem", ".crt", ".cer", ".der"}
_FINGERPRINT = re.compile(
    r"(?<![0-9a-f:])(?:(?:[0-9a-f]{2}:){31}[0-9a-f]{2}|[0-9a-f]{64})(?![0-9a-f:])"
)
_LONGEST_LINE = 65_536
_LONGEST_SHOWN = 60


@dataclass(slots=True)
class Inventory:
    """The clients by fingerprint, and what cannot be judged: what it is, and why not."""

    clients: dict[str, Client] = field(default_factory=dict)
    unknown: list[tuple[str, str]] = field(default_factory=list)

    def add(self, place: Path) -> None:
        """Add what is in the index or the folder *place*; PkiError if it is not there."""
        with filesystem("look into", place):
            is_folder, is_there = place.is_dir(), place.exists()
        if not is_there:
            hint = "give an index or a folder with --issued"
            raise PkiError(f"{str(place)!r} is not there", hint)
        (self.add_folder if is_folder else self.add_index)(place)

    def add_index(self, path: Path) -> None:
        """Add every client leaf that is recorded in the index *path*."""
        for entry in Index(path).entries():
            if entry.profile != "client":
                continue
            try:
                leaf = x509.load_pem_x509_certificate(entry.pem.encode())
            except UNREADABLE:
                self.unknown.append((entry.fingerprint, "its certificate is damaged in the index"))
            else:
                self.clients.setdefault(entry.fingerprint, Client(leaf, name=entry.name))

    def add_folder(self, path: Path) -> None:
        """Add the first certificate of each file in the folder *path*, and what is sent after it.

        Files are told by their endings; what cannot be read is listed. PkiError if they are larger
        than LARGEST together.
        """
        size = 0
        with filesystem("look into", path):
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _ENDINGS)
        for file in files:
            try:
                with filesystem("read", file), file.open("rb") as opened:
                    content = opened.read(presented.LARGEST + 1)
                size += len(content)
                leaf, *sent = presented.read(content, repr(str(file)))
            except PkiError as error:
                self.unknown.append((str(file), error.message))
            else:
                client = Client(leaf, tuple(sent), file.stem)
                self.clients.setdefault(fingerprint(leaf), client)
            if size > LARGEST:
                found = f"the certificates in {str(path)!r} are larger than 128 MiB together"
                raise PkiError(found, "give the clients' certificates alone")

    def seen(self, lines: Iterable[str]) -> list[Client]:
        """Return the clients whose fingerprints are in *lines*; list those that are not known."""
        found: dict[str, None] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            print_ = _fingerprint(line)
            if print_ is None:
                shown = f"line {number}: {line.strip()[:_LONGEST_SHOWN]!r}"
                self.unknown.append((shown, "no SHA-256 fingerprint in it"))
            elif print_:
                found[print_] = None
        for print_ in found:
            if print_ not in self.clients:
                self.unknown.append((print_, "no certificate with this fingerprint is known"))
        return [self.clients[print_] for print_ in found if print_ in self.clients]


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of the file *path*, each cut to 64 K."""
    with filesystem("read", path), path.open("r", encoding="utf-8", errors="replace") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line


def _fingerprint(line: str) -> str | None:
    """Return the fingerprint in *line*; "" for a line of the access log without a certificate."""
    if line.lstrip().startswith("{"):
        try:
            logged = json.loads(line)
        except (ValueError, RecursionError):
            return None
        line = logged.get("fingerprint", "") if isinstance(logged, dict) else ""
        if line == "":
            return ""
        if not isinstance(line, str):
            return None
    found = _FINGERPRINT.search(line.lower())
    return found.group().replace(":", "") if found else None
