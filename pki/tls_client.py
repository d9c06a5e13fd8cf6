"""One TLS connection as a client, bounded in time and in octets, whatever the server does."""

import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from .errors import PkiError

SECONDS = 5.0  #: for each of: the connection, the handshake, what follows
LARGEST = 512 * 1024  #: octets that a server may send
_READ = 16 * 1024


class Silent(OSError):
    """The server said nothing more in its time."""


class TlsClient:
    """A TLS connection to *address*, which asks for *name*; made when it is entered.

    seconds: for all that is done with it together; None: SECONDS for each step.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        address: tuple[str, int],
        name: str,
        *,
        seconds: float | None = None,
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        except (ValueError, TypeError) as error:  # IDNA, an empty label, NUL
            hint = "give the name in the server's certificate: --name NAME"
            raise PkiError(f"{name!r} is no name of a server", hint) from error
        self._address = address
        self._seconds = seconds
        self._ends = math.inf
        self._received = 0
        self._socket: socket.socket

    def __enter__(self) -> Self:
        """Connect; PkiError if nobody is there."""
        host, port = self._address
        shown = f"{host}:{port}"
        if self._seconds is not None:
            self._ends = time.monotonic() + self._seconds
        try:
            self._socket = socket.create_connection(self._address, timeout=self._each)
        except TimeoutError as error:
            hint = "is it the right address, and does a firewall let you through?"
            raise PkiError(f"no answer from {shown!r} in {self._each:.0f} s", hint) from error
        except (OSError, UnicodeError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            hint = f"is the server up? try: openssl s_client -connect {shown}"
            raise PkiError(f"cannot connect to {shown!r}: {reason}", hint) from error
        # In TLS 1.3 the server has nothing to say before the request: Nagle would wait for its ACK.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._socket.close()

    def handshake(self) -> None:
        """Finish the handshake; ssl.SSLError, Silent or OSError if it does not come to an end."""
        self._run(self.tls.do_handshake, self._each)

    def listen(self, seconds: float) -> None:
        """Wait whether the server ends the connection; raises as `handshake` does."""
        self._run(lambda: self.tls.read(1), seconds)

    def send(self, data: bytes) -> None:
        """Send *data*; raises as `handshake` does."""
        self._run(lambda: self.tls.write(data), self._each)

    def receive(self) -> bytes:
        """Return what the server says next, b"" once it has closed; raises as `handshake` does."""
        received: list[bytes] = []
        self._run(lambda: received.append(self.tls.read(_READ)), self._each)
        return received[0]

    @property
    def _each(self) -> float:
        return SECONDS if self._seconds is None else self._seconds

    def _run(self, step: Callable[[], object], seconds: float) -> None:
        deadline = min(time.monotonic() + seconds, self._ends)
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                self._receive(deadline)
            except ssl.SSLError:
                with _ignored():
                    self._flush(deadline)  # our alert
                raise
            else:
                self._flush(deadline)
                return

    def _flush(self, deadline: float) -> None:
        if self._outgoing.pending:
            self._limit(deadline)
            self._socket.sendall(self._outgoing.read())

    def _receive(self, deadline: float) -> None:
        self._limit(deadline)
        try:
            received = self._socket.recv(_READ)
        except TimeoutError as error:
            raise Silent from error
        self._received += len(received)
        if self._received > LARGEST:
            raise ConnectionAbortedError(f"the server sent more than {LARGEST // 1024} KiB")
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()

    def _limit(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Silent
        self._socket.settimeout(left)


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except OSError:
        return
