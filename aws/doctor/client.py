"""The client's certificate as it is given: whether it can be presented at all.

The key is not read here: its path goes to the ssl module.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509

from pki import presented
from pki.errors import PkiError, filesystem
from pki.tls_context import UnusableKey

from . import conversation

Fault = Literal["", "unreadable", "key-encrypted", "key-of-another", "key-unreadable"]


@dataclass(frozen=True, slots=True)
class Client:
    """Who is to call: *chain* as it is sent, the leaf first; empty if it cannot be read.

    fault: why it cannot be presented, "" if it can; said: in words.
    """

    certificate: Path
    key: Path
    chain: tuple[x509.Certificate, ...] = ()
    fault: Fault = ""
    said: str = ""

    @property
    def leaf(self) -> x509.Certificate | None:
        """Return its own certificate, if it could be read."""
        return self.chain[0] if self.chain else None


def read(certificate: Path, key: Path) -> Client:
    """Return the client of these files; whatever is wrong with them is its fault."""
    try:
        with filesystem("read", certificate), certificate.open("rb") as file:
            content = file.read(presented.LARGEST + 1)
        chain = tuple(presented.read(content, repr(str(certificate))))
    except PkiError as error:
        return Client(certificate, key, (), "unreadable", error.message)
    try:
        conversation.context(client=(certificate, key))
    except UnusableKey as error:
        fault: Fault = "key-of-another" if error.is_another else "key-unreadable"
        fault = "key-encrypted" if error.is_encrypted else fault
        return Client(certificate, key, chain, fault, error.message)
    except PkiError as error:
        return Client(certificate, key, chain, "key-unreadable", error.message)
    return Client(certificate, key, chain)
