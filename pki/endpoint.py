"""A TLS server as a client meets it: what it shows, and what it asks a client for.

No key is read here: its path goes to the ssl module.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from . import tls_context
from .errors import PkiError
from .tls_client import SECONDS, Silent, TlsClient
from .tls_context import reason
from .transcript import MalformedHandshake, Transcript

_ALERT_WAIT = 1.0
_WRONG_NAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
#: OpenSSL's reasons where the other side speaks something else than TLS.
_NO_TLS = {"wrong version number", "unknown protocol", "http request", "record layer failure"}


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


@dataclass(frozen=True, slots=True)
class Verification:
    """What OpenSSL has against a server's certificate: its code and words, 0 and "" for nothing.

    failed: why it could not be asked.
    """

    code: int = 0
    message: str = ""
    failed: str = ""

    @property
    def is_misnamed(self) -> bool:
        """Whether the name alone is wrong: OpenSSL looks at it after the chain."""
        return self.code in _WRONG_NAME


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
        return is_named(self.authorities or (), client)


def is_named(authorities: Sequence[x509.Name | None], client: Sequence[x509.Certificate]) -> bool:
    """Whether *authorities* hold the issuer of one of the *client*'s certificates, or nothing."""
    return not authorities or any(one.issuer in authorities for one in client)


def is_no_tls(said: str) -> bool:
    """Whether OpenSSL's words are those for something else than TLS."""
    return any(words in said.lower() for words in _NO_TLS)


def look(wanted: Wanted) -> Endpoint:
    """Return what the server at *wanted* shows; PkiError if there is none, or it speaks no TLS."""
    found = Endpoint(wanted)
    context = tls_context.looking()
    if wanted.certificate is not None:
        tls_context.present(context, wanted.certificate, wanted.key)
    heard = Transcript.of(context)
    with TlsClient(context, (wanted.host, wanted.port), wanted.name) as client:
        _negotiate(client, found)
    try:
        heard.read()
    except MalformedHandshake as error:
        found.ended = f"its handshake is malformed: {error}"
    found.protocol, found.chain, found.authorities = heard.protocol, heard.chain, heard.authorities
    if found.chain:
        _verify(found)
    elif found.ended:
        raise PkiError(f"no TLS handshake with {wanted.address!r}: {found.ended}", _hint(found))
    return found


def verify(wanted: Wanted, *, seconds: float | None = None) -> Verification:
    """Ask OpenSSL in a handshake, which ends where the certificate is not good.

    What goes wrong after that is not the certificate's. *seconds*: as of a TlsClient. PkiError if
    there is no CA in *wanted*'s.
    """
    context = tls_context.verifying(wanted.ca)
    heard = Transcript.of(context)
    if wanted.certificate is not None:
        tls_context.present(context, wanted.certificate, wanted.key)
    address = (wanted.host, wanted.port)
    try:
        with TlsClient(context, address, wanted.name, seconds=seconds) as client:
            client.handshake()
    except ssl.SSLCertVerificationError as error:
        return Verification(error.verify_code, error.verify_message.rstrip("."))
    except (ssl.SSLError, PkiError, OSError) as error:
        if not heard.has_chain:
            return Verification(failed=f"a second connection failed: {error}")
    return Verification()


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
        found.ended = reason(error)
    except OSError as error:
        found.ended = (error.strerror or str(error)).lower()
    # After an alert OpenSSL does not tell the version any more, but still the cipher.
    cipher = client.tls.cipher()
    found.cipher = cipher[0] if cipher else ""


def _verify(found: Endpoint) -> None:
    verified = verify(found.wanted)
    if verified.is_misnamed:
        found.misnamed = verified.message
    elif verified.code:
        found.untrusted = verified.message
    elif not found.ended:
        found.untrusted = verified.failed


def _hint(found: Endpoint) -> str:
    if is_no_tls(found.ended):
        return f"is it plain HTTP? try: curl http://{found.wanted.address}/"
    return f"try: openssl s_client -connect {found.wanted.address}"
