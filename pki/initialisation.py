"""Make a PKI, or complete one: folder, authorities, ca.pem, truststore.pem, index, CRL."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from . import keys, names, public_keys, publication, staging, truststore
from .addresses import Addresses
from .authority import CertificateAuthority
from .errors import PkiError, filesystem
from .index import Entry
from .profiles import CLIENT, ISSUING, ROOT, SERVER
from .store import FOLDER_MODE, FOLDERS, Store, read_certificates

_DEFAULT_ORGANIZATION = "Example"
_IGNORE_ALL = b"# Private keys: nothing here belongs into git.\n*\n"


@dataclass(frozen=True, slots=True)
class Initialised:
    """Whether the authorities are new, the files that were written, and whether a CRL is there.

    It takes the issuing CA's key to make one, which may have a passphrase that was not given.
    """

    is_new: bool
    files: tuple[Path, ...]
    has_crl: bool = True


def initialise(
    store: Store,
    *,
    now: datetime,
    organization: str | None = None,
    key_type: str | None = None,
    passphrase: bytes | None = None,
) -> Initialised:
    """Make the PKI of *store*, or put back what is missing of it; nothing there is overwritten.

    None stands for what is there, or the default (Example, ec-p256, no passphrase). PkiError
    if an option contradicts what is there.
    """
    if organization is not None:
        names.organization(organization)
    store.prepare()
    with store.lock():
        is_new = not store.is_made()
        if is_new:
            _make_authorities(
                store, organization or _DEFAULT_ORGANIZATION, key_type, passphrase, now=now
            )
        issuing, root = authority_certificates(store)
        if not is_new:
            _refuse_contradiction(store, issuing, organization, key_type, passphrase=passphrase)
        files = _complete(store, issuing, root, now)
        files += _crl(store, issuing, passphrase, now)
        has_crl = publication.current(store, issuing) is not None
    made = (store.authorities / f"{p.name}{s}" for p in (ROOT, ISSUING) for s in (".pem", ".key"))
    return Initialised(is_new, (*(made if is_new else ()), *files), has_crl)


def authority_certificates(store: Store) -> tuple[x509.Certificate, x509.Certificate]:
    """Return the certificates of the issuing CA and of the root; PkiError if they do not fit."""
    store.require()
    paths = [store.authorities / f"{profile.name}.pem" for profile in (ISSUING, ROOT)]
    issuing, root = (read_certificates(path)[0] for path in paths)
    if not truststore.is_issued_by(issuing, root):
        raise PkiError(
            f"{str(paths[0])!r} is not issued by {str(paths[1])!r}", "put the right files back"
        )
    return issuing, root


def load_authority(
    store: Store, ask: keys.Ask, addresses: Addresses | None = None
) -> CertificateAuthority:
    """Return the issuing CA, *ask*ing for the passphrase if its key has one.

    *addresses*: what its leaves are to say of CRL and OCSP.
    """
    issuing, root = authority_certificates(store)
    key = keys.read(_issuing_key(store), ask)
    return CertificateAuthority(issuing, key, (root,), addresses=addresses)


def _issuing_key(store: Store) -> Path:
    return store.authorities / f"{ISSUING.name}.key"


def _make_authorities(
    store: Store,
    organization: str,
    key_type: str | None,
    passphrase: bytes | None,
    *,
    now: datetime,
) -> None:
    key_type = key_type or public_keys.DEFAULT_KEY_TYPE
    root = CertificateAuthority.create_root(organization=organization, now=now, key_type=key_type)
    issuing = root.create_issuing(organization=organization, now=now, key_type=key_type)
    folder = store.home / f"{staging.PREFIX}init"
    with filesystem("write", folder):
        folder.mkdir(mode=FOLDER_MODE)
        for profile, authority in ((ROOT, root), (ISSUING, issuing)):
            keys.write(folder / f"{profile.name}.key", keys.to_pem(authority.key, passphrase))
            staging.write_public(folder / f"{profile.name}.pem", _pem(authority.certificate))
        staging.sync(folder)
        folder.rename(store.authorities)
        staging.sync(store.home)


def _refuse_contradiction(
    store: Store,
    issuing: x509.Certificate,
    organization: str | None,
    key_type: str | None,
    *,
    passphrase: bytes | None,
) -> None:
    hint = "leave the option out, or make another: PKI_HOME=.pki-new python -m pki init"
    there = organization_of(issuing)
    if organization not in (None, there):
        raise PkiError(f"the PKI is there, of {there!r}, not {organization!r}", hint)
    kind = public_keys.describe(issuing.public_key())
    if key_type not in (None, kind):
        raise PkiError(f"the PKI is there, with {kind} keys, not {key_type!r}", hint)
    if passphrase is not None and not keys.is_encrypted(_issuing_key(store)):
        raise PkiError("the PKI is there, and its keys have no passphrase", hint)


def organization_of(certificate: x509.Certificate) -> str:
    """Return O of the subject of *certificate*, or "" if it has none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else ""


def _complete(
    store: Store, issuing: x509.Certificate, root: x509.Certificate, now: datetime
) -> tuple[Path, ...]:
    with filesystem("write", store.home):
        for folder in FOLDERS.values():
            (store.home / folder).mkdir(mode=FOLDER_MODE, exist_ok=True)
        wanted = {
            store.home / ".gitignore": _IGNORE_ALL,
            store.ca: _pem(root),
            store.truststore: _pem(issuing) + _pem(root),
        }
        missing = {path: data for path, data in wanted.items() if not path.exists()}
    for path, data in missing.items():
        store.write(path, data)
    is_recorded = store.index.exists()
    store.index.create()
    store.index.add(*_on_disk(store, issuing, root, now))
    return (*missing, *(() if is_recorded else (store.index.path,)))


def _on_disk(
    store: Store, issuing: x509.Certificate, root: x509.Certificate, now: datetime
) -> list[Entry]:
    found = [
        Entry.of(authority, profile=profile.name, name=profile.name, issued_at=now)
        for profile, authority in ((ROOT, root), (ISSUING, issuing))
    ]
    for profile in (CLIENT, SERVER):
        for path in sorted((store.home / FOLDERS[profile.name]).glob("*.pem")):
            leaf = read_certificates(path)[0]
            if truststore.is_issued_by(leaf, issuing):
                found.append(Entry.of(leaf, profile=profile.name, name=path.stem, issued_at=now))
    return found


def _crl(
    store: Store, issuing: x509.Certificate, passphrase: bytes | None, now: datetime
) -> tuple[Path, ...]:
    """Publish a CRL if there is none, and the issuing CA's key can be read; return its path."""
    publication.catch_up(store, issuing)
    is_closed = passphrase is None and keys.is_encrypted(_issuing_key(store))
    if is_closed or publication.current(store, issuing) is not None:
        return ()
    publication.publish(store, load_authority(store, lambda: passphrase or b""), now=now)
    return (store.crl,)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
