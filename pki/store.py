"""The PKI's folder: its paths, its lock, and files that appear whole or not at all."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from . import staging
from .errors import PkiError, filesystem
from .index import Index
from .profiles import SERVER, Profile

FOLDERS = {"client": "clients", "server": "server"}
PUBLIC_MODE = 0o644
FOLDER_MODE = 0o700
_OURS = {
    "authorities", "clients", "server", "ocsp", "ca.pem", "truststore.pem", "crl.pem",
    "index.sqlite", "lock", ".gitignore",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is of one leaf: its PEM, if any, and whether there is a key."""

    pem: bytes | None
    has_key: bool


@dataclass(frozen=True, slots=True)
class LeafFiles:
    """Where one leaf's files are, or would be; sends_chain: whether the PEM holds the chain."""

    certificate: Path
    key: Path
    p12: Path
    sends_chain: bool

    def seen(self) -> Seen:
        """Return what there is now."""
        has_key = os.path.lexists(self.key)
        if not os.path.lexists(self.certificate):
            return Seen(None, has_key)
        with filesystem("read", self.certificate):
            return Seen(self.certificate.read_bytes(), has_key)


class Store:
    """The folder *home* and what lies where in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.authorities = home / "authorities"
        self.ca = home / "ca.pem"
        self.truststore = home / "truststore.pem"
        self.crl = home / "crl.pem"
        self.responders = home / "ocsp"
        self.index = Index(home / "index.sqlite")

    def leaf(self, profile: Profile, name: str) -> LeafFiles:
        """Return the paths of the leaf *name*."""
        folder = self.home / FOLDERS[profile.name]
        certificate, key, p12 = (folder / f"{name}{end}" for end in (".pem", ".key", ".p12"))
        # A TLS server must send its intermediates (RFC 8446, 4.4.2). API Gateway takes those of
        # a client from the truststore only, so a client here sends none.
        return LeafFiles(certificate, key, p12, sends_chain=profile is SERVER)

    def is_made(self) -> bool:
        """Whether there are authorities."""
        with filesystem("look into", self.home):
            return self.authorities.is_dir()

    def require(self) -> None:
        """Raise PkiError if there is no PKI here."""
        if not self.is_made():
            raise PkiError(f"no PKI in {str(self.home)!r}", "make one: python -m pki init")

    def prepare(self) -> None:
        """Make the folder, or take an empty one, for its owner alone; PkiError if it is another's.

        A folder with files of unknown purpose is left as it is.
        """
        with filesystem("make", self.home):
            self.home.parent.mkdir(parents=True, exist_ok=True)
            self.home.mkdir(mode=FOLDER_MODE, exist_ok=True)
        with filesystem("look into", self.home):
            strangers = sorted(path.name for path in self.home.iterdir() if not _is_ours(path.name))
        if strangers and not self.is_made():
            raise PkiError(
                f"{str(self.home)!r} is no PKI and not empty: it has {strangers[0]!r}",
                "choose a new folder: PKI_HOME=.pki python -m pki init",
            )
        with filesystem("make private", self.home):
            self.home.chmod(FOLDER_MODE)

    @contextmanager
    def lock(self) -> Iterator[frozenset[str]]:
        """Hold the only right to change the folder, after completing what was interrupted.

        Gives the fingerprints of the certificates that were completed just now.
        """
        with filesystem("lock", self.home / "lock"):
            fd = os.open(
                self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, staging.PRIVATE_MODE
            )
        try:
            with filesystem("lock", self.home / "lock"):
                fcntl.flock(fd, fcntl.LOCK_EX)
            with filesystem("tidy", self.home):
                completed = staging.recover(self.home, self.index)
            yield completed
        finally:
            os.close(fd)

    def write(self, path: Path, data: bytes) -> None:
        """Replace the public file *path* with *data* in one step."""
        with filesystem("write", path):
            partial = path.parent / f".{path.name}.{secrets.token_hex(4)}{staging.PARTIAL}"
            try:
                staging.write_public(partial, data)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)


def create(path: Path, data: bytes) -> None:
    """Create the public file *path* with *data* in one step; PkiError if it exists."""
    with filesystem("write", path):
        partial = path.parent / f".{path.name}.{secrets.token_hex(4)}{staging.PARTIAL}"
        try:
            staging.write_public(partial, data)
            os.link(partial, path)
        except FileExistsError as error:
            raise PkiError(f"{str(path)!r} exists", "choose another file with --out") from error
        finally:
            partial.unlink(missing_ok=True)


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Return the certificates of our own file *path*, the file's first one first."""
    with filesystem("read", path):
        return parse_certificates(path.read_bytes(), path)


def parse_certificates(pem: bytes, path: Path) -> list[x509.Certificate]:
    """Return the certificates in *pem*, which was read from our own file *path*."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise PkiError(
            f"{str(path)!r} holds no certificate", f"remove it and make it again: rm {path}"
        ) from error


def _is_ours(name: str) -> bool:
    return (
        name in _OURS
        or name.startswith((staging.PREFIX, "index.sqlite-"))
        or (name.startswith(".") and name.endswith(staging.PARTIAL))
    )
