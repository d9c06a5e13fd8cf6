"""A TLS server as a client meets it: what it shows, and what it asks a client for.

No key is read here: its path goes to the ssl module.
"""

import ssl
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from . import handshake
from .errors import UNREADABLE, PkiError, filesystem
from .handshake import MalformedHandshake
from .tls_client import SECONDS, Silent, TlsClient

_ALERT_WAIT = 1.0
_HANDSHAKE = 22  # content type: RFC 8446, 5.1
_TLS_1_3 = 0x0304
_LARGEST_FILE = 1024 * 1024
_WRONG_NAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to connect, as whom: *name* is asked for and checked; *ca* None: the system's CAs."""

    host: str
    port: int
    name: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def address(self) -> str:
        """Return host and port as they are typed."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True)
class Endpoint:
    """What was seen. *chain* as sent, the leaf first; None stands for what cannot be read.

    authorities: the CA names that it asks for, None if it asks for no certificate;
    ended: what it said against the client, or why there was no end to the handshake;
    untrusted, misnamed: why not, "" if it is good.
    """

    wanted: Wanted
    protocol: str = ""
    cipher: str = ""
    chain: list[x509.Certificate | None] = field(default_factory=list)
    authorities: list[x509.Name | None] | None = None
    ended: str = ""
    untrusted: str = ""
    misnamed: str = ""

    def names(self, client: list[x509.Certificate]) -> bool:
        """Whether a CA that issued one of the *client*'s certificates is named, or none is."""
        issuers = [certificate.issuer for certificate in client]
        return not self.authorities or any(issuer in self.authorities for issuer in issuers)


def look(wanted: Wanted) -> Endpoint:
    """Return what the server at *wanted* shows; PkiError if there is none, or it speaks no TLS."""
    found = Endpoint(wanted)
    context = _context(wanted)
    messages: list[tuple[int, bytes]] = []

    def note(*words: Any) -> None:  # noqa: ANN401
        # connection, direction, version, content type, message type, octets (decrypted)
        _, direction, version, content_type, _, octets = words
        if (direction, content_type) == ("read", _HANDSHAKE) and isinstance(octets, bytes):
            messages.append((int(version), octets))

    # ssl does not document it, and has it since Python 3.8: the only way to a CertificateRequest,
    # which TLS 1.3 encrypts, and to the chain as it was sent.
    context._msg_callback = note  # type: ignore[attr-defined]  # noqa: SLF001
    with TlsClient(context, (wanted.host, wanted.port), wanted.name) as client:
        _negotiate(client, found)
    _read(found, messages)
    if found.chain:
        _verify(found)
    elif found.ended:
        raise PkiError(f"no TLS handshake with {wanted.address!r}: {found.ended}", _hint(found))
    return found


def _negotiate(client: TlsClient, found: Endpoint) -> None:
    try:
        client.handshake()
        # A server with TLS 1.3 judges a client only after the client's handshake is over.
        if client.tls.version() == "TLSv1.3":
            client.listen(_ALERT_WAIT)
    except Silent:
        if client.tls.version() is None or client.tls.cipher() is None:
            found.ended = f"it said nothing more for {SECONDS:.0f} s"
    except ssl.SSLZeroReturnError:
        pass  # it closed in good manners
    except ssl.SSLError as error:
        found.ended = _reason(error)
    except OSError as error:
        found.ended = (error.strerror or str(error)).lower()
    # After an alert OpenSSL does not tell the version any more, but still the cipher.
    cipher = client.tls.cipher()
    found.cipher = cipher[0] if cipher else ""


def _read(found: Endpoint, messages: list[tuple[int, bytes]]) -> None:
    try:
        for version, message in messages:
            is_tls_1_3 = version == _TLS_1_3
            found.protocol = "TLSv1.3" if is_tls_1_3 else "TLSv1.2"
            if message[0] == handshake.CERTIFICATE:
                ders = handshake.certificates(message, is_tls_1_3=is_tls_1_3)
                found.chain = [_certificate(der) for der in ders]
            if message[0] == handshake.CERTIFICATE_REQUEST:
                names = handshake.authorities(message, is_tls_1_3=is_tls_1_3)
                found.authorities = [handshake.as_name(der) for der in names]
    except (MalformedHandshake, IndexError) as error:
        found.ended = f"its handshake is malformed: {error}"


def _verify(found: Endpoint) -> None:
    """Ask OpenSSL in a second handshake, which ends where the certificate is not good."""
    wanted = found.wanted
    context = _context(wanted, verify=True)
    try:
        with TlsClient(context, (wanted.host, wanted.port), wanted.name) as client:
            client.handshake()
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _WRONG_NAME:
            found.misnamed = error.verify_message.rstrip(".")
        else:
            found.untrusted = error.verify_message
    except (ssl.SSLError, PkiError, OSError) as error:
        if not found.ended:
            found.untrusted = f"a second connection failed: {error}"


def _context(wanted: Wanted, *, verify: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if verify:
        _trust(context, wanted.ca)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if wanted.certificate is not None:
        _require_small(wanted.certificate, wanted.key or wanted.certificate)
        try:
            context.load_cert_chain(wanted.certificate, wanted.key, _no_passphrase)
        except (ssl.SSLError, ValueError) as error:
            raise PkiError(
                f"cannot use {str(wanted.certificate)!r} and its key: {_reason(error)}",
                "give both as PEM, of the same key: --cert FILE --key FILE",
            ) from error
    return context


def _trust(context: ssl.SSLContext, ca: Path | None) -> None:
    if ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    _require_small(ca)
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        hint = "give the CAs as PEM, such as --ca .pki/ca.pem"
        raise PkiError(f"{str(ca)!r} holds no CA: {_reason(error)}", hint) from error


def _require_small(*files: Path) -> None:
    """What OpenSSL reads by itself has to end."""
    for file in files:
        with filesystem("read", file):
            is_fit = file.is_file() and file.stat().st_size <= _LARGEST_FILE
            file.open("rb").close()
        if not is_fit:
            raise PkiError(f"{str(file)!r} is no file of up to 1 MiB", "give a PEM file")


def _no_passphrase() -> str:
    raise PkiError(
        "the key is encrypted", "give one without a passphrase: openssl pkey -in KEY -out PLAIN"
    )


def _certificate(der: bytes) -> x509.Certificate | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of some that it loads
        try:
            return x509.load_der_x509_certificate(der)
        except UNREADABLE:
            return None


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error) or type(error).__name__
    return str(reason).lower().replace("_", " ")


def _hint(found: Endpoint) -> str:
    if any(words.lower().replace("_", " ") in found.ended for words in _NO_TLS):
        return f"is it plain HTTP? try: curl http://{found.wanted.address}/"
    return f"try: openssl s_client -connect {found.wanted.address}"
