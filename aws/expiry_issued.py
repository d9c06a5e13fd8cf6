"""Leaves that were issued, from our index or a folder of certificates; no key is ever read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.errors import UNREADABLE, PkiError, filesystem
from pki.index import Entry, Index
from pki.inventory import Inventory

from .expiry import Found, Kind, Unread
from .expiry_bundle import of_certificate

_PROFILES = {"client": Kind.CLIENT_LEAF, "server": Kind.SERVER_LEAF}
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
_HINT = "python -m pki show FILE"


@dataclass(slots=True)
class Issued:
    """Leaves that are in use as far as anybody knows; of the index neither replaced nor revoked."""

    found: Found = field(default_factory=Found)
    certificates: list[x509.Certificate] = field(default_factory=list)
    replaced: int = 0
    revoked: int = 0
    is_known: bool = False  #: whether anybody was asked

    def good(self, now: datetime) -> list[x509.Certificate]:
        """Return those that have not expired at *now*: who loses something when a CA ends."""
        return [one for one in self.certificates if now < one.not_valid_after_utc]

    def add(self, place: Path) -> None:
        """Add what is in *place*, an index or a folder; PkiError if it is neither."""
        with filesystem("look into", place):
            is_folder, is_there = place.is_dir(), place.exists()
        if not is_there:
            raise PkiError(f"{str(place)!r} is not there", "give an index or a folder: --issued")
        self.is_known = True
        if is_folder:
            self._add_folder(place)
        else:
            self._add_index(place)

    def _add_index(self, place: Path) -> None:
        index = Index(place)
        revoked = index.revoked()
        # The oldest first: what has the same names later took its place.
        present: dict[tuple[str, str, str], tuple[Entry, x509.Certificate]] = {}
        for entry in index.entries():
            if entry.profile not in _PROFILES:
                continue
            certificate = _loaded(entry)
            if certificate is None:
                what = f"the certificate {entry.serial_number} of the index {place}"
                kind = _PROFILES[entry.profile]
                self.found.unread.append(Unread(what, "it is damaged", _HINT, kind))
            elif (_authority(certificate), entry.serial_number) in revoked:
                self.revoked += 1
            else:
                names = (entry.profile, entry.name, entry.subject)
                self.replaced += names in present
                present[names] = (entry, certificate)
        for entry, certificate in present.values():
            # Of a server the index has the file's name; both commands want the common name.
            self._add(_PROFILES[entry.profile], certificate, str(place), _common_name(certificate))

    def _add_folder(self, place: Path) -> None:
        inventory = Inventory()
        inventory.add_folder(place)
        for file, because in inventory.unknown:
            self.found.unread.append(Unread(f"the certificate in {file}", because, _HINT))
        for client in inventory.clients.values():
            kind = _kind(client.leaf)
            if kind:
                self._add(kind, client.leaf, f"{place}, {client.name}", "")

    def _add(self, kind: Kind, certificate: x509.Certificate, place: str, name: str) -> None:
        try:
            self.found.watched.append(of_certificate(kind, certificate, place, name))
        except UNREADABLE as error:
            what = f"a certificate of {place}"
            self.found.unread.append(Unread(what, f"it is malformed: {error}", _HINT, kind))
        else:
            self.certificates.append(certificate)


def read(places: Iterable[Path]) -> Issued:
    """Return the leaves in *places*; PkiError if one of them is not there, or is no index."""
    issued = Issued()
    for place in places:
        issued.add(place)
    return issued


def _loaded(entry: Entry) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(entry.pem.encode())
    except UNREADABLE:
        return None


def _common_name(certificate: x509.Certificate) -> str:
    try:
        found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except UNREADABLE:
        return ""
    return str(found[0].value) if found else ""


def _authority(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ""
    return (found.value.key_identifier or b"").hex()


def _kind(certificate: x509.Certificate) -> Kind | None:
    """Return what the leaf is for; None for a CA, which is watched in the truststore.

    One that does not say is taken for a client's.
    """
    try:
        extensions = certificate.extensions
    except UNREADABLE:
        return Kind.CLIENT_LEAF
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints) and value.ca:
            return None
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.ExtendedKeyUsage):
            only_server = _SERVER in value and ExtendedKeyUsageOID.CLIENT_AUTH not in value
            return Kind.SERVER_LEAF if only_server else Kind.CLIENT_LEAF
    return Kind.CLIENT_LEAF
