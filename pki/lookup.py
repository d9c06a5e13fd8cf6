"""Find a certificate by file, by name or by serial number."""

from pathlib import Path

from cryptography import x509

from . import truststore
from .errors import PkiError, filesystem
from .store import Store


def certificates(store: Store, what: str) -> list[x509.Certificate]:
    """Return the certificates in the file *what*; else the present ones called so; else by serial.

    A serial number is hex, whole or its first digits. PkiError if nothing or too much is found.
    """
    path = Path(what)
    with filesystem("read", what):
        is_file = path.exists()
    if is_file:
        return _from_file(path)
    store.require()
    found = store.index.find(what)
    named = {entry.profile: entry for entry in found if entry.name == what}
    chosen = list(named.values()) or found
    if not chosen:
        raise PkiError(
            f"{what!r} is no file, no name and no serial number here",
            "see what there is: python -m pki list",
        )
    if not named and len(chosen) > 1:
        raise PkiError(
            f"{len(chosen)} serial numbers begin with {what!r}", "give more digits of it"
        )
    return [x509.load_pem_x509_certificate(entry.pem.encode()) for entry in chosen]


def _from_file(path: Path) -> list[x509.Certificate]:
    with filesystem("read", path), path.open("rb") as file:
        start = file.read(2)
    if start[:1] == b"\x30":  # an ASN.1 SEQUENCE: DER
        return [truststore.read_der(path)]
    return truststore.read(path)
