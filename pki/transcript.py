"""What a server says in a handshake, overheard: its version, chain, CA names and alerts."""

import ssl
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from . import handshake
from .errors import UNREADABLE, PkiError
from .handshake import MalformedHandshake

__all__ = ["MalformedHandshake", "Transcript"]

_ALERT, _HANDSHAKE = 21, 22  # content types: RFC 8446, 5.1
_VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
_TLS_1_3 = 0x0304
_FATAL = 2
#: SSL_OP_NO_RX_CERTIFICATE_COMPRESSION: OpenSSL 3.2 would take the chain compressed (RFC 8879).
_UNCOMPRESSED = 1 << 33
#: Python 3.8 and later; ssl does not document it.
CAN_HEAR = hasattr(ssl.SSLContext, "_msg_callback")
_CERTIFICATE = bytes([handshake.CERTIFICATE])


@dataclass(slots=True)
class Transcript:
    """What was heard of one connection; None in *chain* and *authorities*: it cannot be read.

    protocol: "" before the server has said anything; chain: as sent, the leaf first;
    authorities: the CA names that it asks for, None if it asks for no certificate;
    alert: the last fatal one that it sent (RFC 8446, 6).
    """

    protocol: str = ""
    chain: list[x509.Certificate | None] = field(default_factory=list)
    authorities: list[x509.Name | None] | None = None
    alert: int | None = None
    _messages: list[tuple[int, bytes]] = field(default_factory=list)

    @classmethod
    def of(cls, context: ssl.SSLContext) -> "Transcript":
        """Return the one of the next connection, the only one, that is made with *context*.

        PkiError where this Python lets nobody overhear it.
        """
        if not CAN_HEAR:
            raise PkiError(
                "this Python does not let a handshake be overheard",
                "use one that does: Python 3.11 to 3.14",
            )
        heard = cls()
        with suppress(OverflowError):  # an OpenSSL that cannot compress has no such bit
            context.options |= _UNCOMPRESSED
        # The only way to a CertificateRequest, which TLS 1.3 encrypts, and to the chain as it was
        # sent.
        context._msg_callback = heard._note  # type: ignore[attr-defined]  # noqa: SLF001
        return heard

    @property
    def has_chain(self) -> bool:
        """Whether the server has shown certificates, be they read or not."""
        return any(message[:1] == _CERTIFICATE for _, message in self._messages)

    def read(self) -> None:
        """Read what was heard so far; MalformedHandshake if it cannot be read to its end."""
        try:
            for version, message in self._messages:
                self._read(version, message)
        except IndexError as error:
            raise MalformedHandshake("an empty message") from error

    def _note(self, *words: Any) -> None:  # noqa: ANN401
        # connection, direction, version, content type, message type, octets (decrypted)
        _, direction, version, content_type, _, octets = words
        if direction != "read" or not isinstance(octets, bytes):
            return
        if content_type == _HANDSHAKE:
            self._messages.append((int(version), octets))
        elif content_type == _ALERT and len(octets) == 2 and octets[0] == _FATAL:  # noqa: PLR2004
            self.alert = octets[1]

    def _read(self, version: int, message: bytes) -> None:
        is_tls_1_3 = version == _TLS_1_3
        self.protocol = _VERSIONS.get(version, f"0x{version:04x}")
        if message[0] == handshake.CERTIFICATE:
            ders = handshake.certificates(message, is_tls_1_3=is_tls_1_3)
            self.chain = [_certificate(der) for der in ders]
        if message[0] == handshake.CERTIFICATE_REQUEST:
            names = handshake.authorities(message, is_tls_1_3=is_tls_1_3)
            self.authorities = [handshake.as_name(der) for der in names]


def _certificate(der: bytes) -> x509.Certificate | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of some that it loads
        try:
            return x509.load_der_x509_certificate(der)
        except UNREADABLE:
            return None
