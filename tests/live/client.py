"""One request at a time to a domain with mutual TLS; what came back, down to the alert."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path

PATIENCE = 40.0  # above API Gateway's own 29 seconds


@dataclass(frozen=True)
class Files:
    """A certificate (and what is sent after it), and its key."""

    pem: Path
    key: Path


@dataclass(frozen=True)
class Seen:
    """What came back: nothing but an alert, or an HTTP response."""

    version: str = ""  #: of TLS
    cipher: str = ""
    alpn: str = ""
    alert: str = ""
    status: int = 0  #: 0: no response
    headers: tuple[tuple[str, str], ...] = field(default=())  #: as they were spelled
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of *name* (in lower case), "none" if it is not there."""
        return next((value for sent, value in self.headers if sent.lower() == name), "none")

    def __str__(self) -> str:
        if not self.status:
            return f"{self.version or 'no handshake'}, closed: {self.alert or 'no alert'}"
        kind = self.header("x-amzn-errortype")
        return f"{self.status}, x-amzn-ErrorType {kind}, {self.body[:80].decode(errors='replace')}"


@dataclass(frozen=True)
class Target:
    """A domain, and the client that it admits."""

    domain: str
    port: int
    ca: Path | None  #: None: the system's
    client: Files | None
    path: str = "/whoami"

    def without_client(self) -> Target:
        """The same, nobody presented."""
        return replace(self, client=None)

    def as_client(self, client: Files) -> Target:
        """The same, another presented."""
        return replace(self, client=client)

    def get(self, *headers: str, path: str = "", method: str = "GET", body: bytes = b"") -> bytes:
        """A request; each header is a whole line."""
        length = [f"Content-Length: {len(body)}"] if body else []
        lines = [f"{method} {path or self.path} HTTP/1.1", f"Host: {self.domain}", *length]
        return "\r\n".join([*lines, "Connection: close", *headers, "", ""]).encode() + body

    def ask(
        self,
        request: bytes = b"",
        *,
        version: ssl.TLSVersion | None = None,
        alpn: tuple[str, ...] = ("http/1.1",),
    ) -> Seen:
        """What came back of *request* (GET, by default)."""
        try:
            context = self._context(version, alpn)
        except ssl.SSLError as error:
            return Seen(alert=f"OpenSSL here does not present it: {error.reason}")
        received, seen = b"", Seen()
        try:
            with (
                socket.create_connection((self.domain, self.port), timeout=PATIENCE) as plain,
                context.wrap_socket(plain, server_hostname=self.domain) as connection,
            ):
                name = connection.cipher()
                seen = Seen(
                    version=connection.version() or "",
                    cipher=name[0] if name else "",
                    alpn=connection.selected_alpn_protocol() or "",
                )
                if "h2" in alpn:
                    return seen
                connection.sendall(request or self.get())
                while more := connection.recv(65536):
                    received += more
        except ssl.SSLError as error:
            seen = replace(seen, alert=error.reason or str(error))
        except OSError as error:
            seen = replace(seen, alert=type(error).__name__)
        return _with_response(seen, received)

    def _context(self, version: ssl.TLSVersion | None, alpn: tuple[str, ...]) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca)
        context.set_ciphers("ALL:@SECLEVEL=0")  # whatever is presented is for them to refuse
        context.set_alpn_protocols(list(alpn))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if self.client is not None:
            context.load_cert_chain(self.client.pem, self.client.key)
        return context


def _with_response(seen: Seen, received: bytes) -> Seen:
    head, parted, body = received.partition(b"\r\n\r\n")
    if not parted:
        return seen
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((n, v.strip()) for n, _, v in (line.partition(":") for line in lines))
    answered = replace(seen, status=int(first.split()[1]), headers=headers, body=body)
    if answered.header("transfer-encoding") == "chunked":
        return replace(answered, body=_dechunked(body))
    return answered


def _dechunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        if not length:
            break
        whole += rest[:length]
        body = rest[length + 2 :]
    return whole
