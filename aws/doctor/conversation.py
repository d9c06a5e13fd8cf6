"""One TLS connection: the handshake, a request if there is one, and how it ended."""

import ssl
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from pki import tls_context
from pki.endpoint import is_no_tls
from pki.errors import PkiError
from pki.tls_client import Silent, TlsClient
from pki.transcript import MalformedHandshake, Transcript

from .answer import Answer, NoHttp
from .answer import read as read_answer
from .url import Url

Versions = tuple[ssl.TLSVersion, ssl.TLSVersion]
_ALERT_WAIT = 1.0
NEWEST: Versions = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class End(StrEnum):
    """How a connection ended."""

    AGREED = "agreed"  #: the handshake was all that was asked for
    ANSWERED = "answered"
    REFUSED = "refused"  #: by an alert
    CLOSED = "closed"
    SILENT = "silent"
    NO_TLS = "no-tls"
    NO_HTTP = "no-http"
    FAILED = "failed"  #: by our side of TLS, or before there was a connection


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect, by *address*, which *name* to ask for there, and how long it may take."""

    address: str
    port: int
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """GET of *path*, after whose answer the server may close."""

    url: Url
    path: str

    @property
    def octets(self) -> bytes:
        """Return what is sent."""
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.url.authority}",
            "User-Agent: python-m-aws-doctor",
            "Accept: */*",
            "Connection: close",
        )
        return "\r\n".join((*lines, "", "")).encode()


@dataclass(slots=True)
class Conversation:
    """What was said. *heard*: the server's side of the handshake.

    is_agreed: our side of the handshake came to its end; answer: what has come of it, whole or
    not; said: what the end was, in words.
    """

    path: str = ""
    heard: Transcript = field(default_factory=Transcript)
    is_agreed: bool = False
    cipher: str = ""
    alpn: str = ""
    end: End = End.AGREED
    said: str = ""
    answer: Answer | None = None

    @property
    def is_tls(self) -> bool:
        """Whether the server has said anything in TLS, but for an alert."""
        return bool(self.heard.protocol)

    @property
    def chain(self) -> Sequence[x509.Certificate | None]:
        """Return what the server has shown, the leaf first."""
        return self.heard.chain

    def finished(self) -> "Conversation":
        """Return itself once the handshake has been read: not for a thread of its own."""
        try:
            self.heard.read()
        except MalformedHandshake as error:
            self.end, self.said = End.FAILED, f"its handshake is malformed: {error}"
        return self


def context(
    versions: Versions = NEWEST,
    alpn: Sequence[str] = ("http/1.1",),
    client: tuple[Path, Path | None] | None = None,
) -> ssl.SSLContext:
    """Return what to begin a conversation with; PkiError if *client* cannot be presented."""
    made = tls_context.looking()
    # However weak the certificate or the server is: who refuses it is to be seen.
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TLS 1.1, which is asked for to see whether it is there
        made.minimum_version, made.maximum_version = versions
    made.set_alpn_protocols(list(alpn))
    if client is not None:
        tls_context.present(made, *client)
    return made


def converse(with_: ssl.SSLContext, place: Place, request: Request | None = None) -> Conversation:
    """Return what the server at *place* does; `finished` is to be called. Nothing is raised."""
    found = Conversation(request.path if request else "", Transcript.of(with_))
    ends = time.monotonic() + place.seconds
    try:
        _converse(with_, place, request, found)
    except Silent:
        found.end, found.said = End.SILENT, f"it said nothing more in {place.seconds:g} s"
    except ssl.SSLError as error:
        found.said = tls_context.reason(error)
        found.end = _end(found, error)
    except PkiError as error:
        found.end, found.said = End.FAILED, error.message
    except NoHttp as error:
        found.end, found.said = End.NO_HTTP, str(error)
    except ConnectionAbortedError as error:  # by us, who have had enough
        found.end, found.said = (End.NO_HTTP if found.is_agreed else End.FAILED), str(error)
    except OSError as error:
        found.end, found.said = End.CLOSED, (error.strerror or str(error)).lower()
        if found.is_agreed and found.heard.alert is None:
            _ask_why(with_, place, found, ends - time.monotonic())
    return found


def _converse(
    with_: ssl.SSLContext, place: Place, request: Request | None, found: Conversation
) -> None:
    address = (place.address, place.port)
    with TlsClient(with_, address, place.name, seconds=place.seconds) as client:
        client.handshake()
        found.is_agreed = True
        cipher = client.tls.cipher()
        found.cipher = cipher[0] if cipher else ""
        found.alpn = client.tls.selected_alpn_protocol() or ""
        if request:
            client.send(request.octets)
            _listen(client, found)


def _listen(client: TlsClient, found: Conversation) -> None:
    received = b""
    try:
        while more := client.receive():
            received += more
            found.answer = read_answer(received)
            if found.answer is not None and found.answer.is_whole:
                break
        else:
            found.answer = read_answer(received, is_ended=True)
    except ssl.SSLEOFError:
        # Many a server closes without TLS's own close_notify.
        found.answer = read_answer(received, is_ended=True)
    found.end = End.ANSWERED if found.answer else End.CLOSED
    found.said = "" if found.answer else "it closed the connection without an answer"


def _ask_why(with_: ssl.SSLContext, place: Place, found: Conversation, seconds: float) -> None:
    """Wait for the alert, which a reset has overtaken: a request was on its way."""
    heard, address = Transcript.of(with_), (place.address, place.port)
    seconds = min(_ALERT_WAIT, max(seconds, 0))
    try:
        with TlsClient(with_, address, place.name, seconds=seconds) as client:
            client.handshake()
            client.listen(seconds)
    except ssl.SSLError as error:
        if heard.alert is not None:
            found.heard.alert = heard.alert
            found.end, found.said = End.REFUSED, tls_context.reason(error)
    except (PkiError, OSError):
        return


def _end(found: Conversation, error: ssl.SSLError) -> End:
    if found.heard.alert is not None:
        return End.REFUSED
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        found.said = "it closed the connection"
        return End.CLOSED
    return End.NO_TLS if is_no_tls(found.said) else End.FAILED
