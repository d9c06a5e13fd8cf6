"""/crl, /ocsp, /ca.pem and the like over HTTP: a WSGI application (PEP 3333), no framework.

Every answer is public, and signed or an error; no file is served but those of documents.py. The
issuing CA's key is never read here: OCSP answers are signed by its delegate.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography.x509.ocsp import OCSPResponseStatus

from . import addresses, delegate, ocsp
from .describe import iso
from .documents import Fresh, documents
from .errors import PkiError
from .initialisation import authority_certificates
from .ocsp import Answer
from .patience import limit_answer, limited_body
from .profiles import ISSUING
from .reply import Reply, cached, conditional, not_allowed, plain
from .status import Statuses
from .store import Store

_REQUEST, _RESPONSE = "application/ocsp-request", "application/ocsp-response"
_UNCACHED = ("Content-Type", _RESPONSE), ("Cache-Control", "no-store")
_READS = ("GET", "HEAD")
_BELOW = f"{addresses.OCSP}/"

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Environ = dict[str, Any]


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


class Responder:
    """Answers for the PKI in *store*; *clock* gives the time."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._documents = documents(store)
        issuing = store.authorities / f"{ISSUING.name}.pem"
        self._signer = Fresh(lambda: delegate.signer(store, clock()), store.responders, issuing)
        self._statuses = Fresh(lambda: Statuses(store, authority_certificates(store)[0]), issuing)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        limit_answer(environ)
        try:
            reply = self._reply(environ, environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        except PkiError as error:
            environ["wsgi.errors"].write(f"error: {error.message}\n  hint: {error.hint}\n")
            reply = plain("503 Service Unavailable", "not available at the moment")
        except Exception as error:  # noqa: BLE001  (nobody is to see a traceback)
            environ["wsgi.errors"].write(f"error: {type(error).__name__}: {error}\n")
            reply = plain("500 Internal Server Error", "internal error")
        headers = [*reply.headers, ("X-Content-Type-Options", "nosniff")]
        if not reply.status.startswith("304"):
            headers.append(("Content-Length", str(len(reply.body))))
        start_response(reply.status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    def _reply(self, environ: Environ, method: str, path: str) -> Reply:
        if path in (addresses.OCSP, _BELOW):
            return self._posted(environ) if method == "POST" else not_allowed("POST")
        document = self._documents.get(path)
        if document is None and path != "/health" and not path.startswith(_BELOW):
            return plain("404 Not Found", "not found")
        if method not in _READS:
            return not_allowed(*_READS)
        if path == "/health":
            return self._health()
        if document is None:
            return self._got(path.removeprefix(_BELOW))
        found = document.get()
        reply = cached(
            found.body,
            found.content_type,
            modified=found.modified,
            until=found.until,
            now=self._clock(),
        )
        return conditional(reply, environ)

    def _posted(self, environ: Environ) -> Reply:
        content_type = str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
        if content_type != _REQUEST:
            return plain("415 Unsupported Media Type", f"expected {_REQUEST}")
        declared = str(environ.get("CONTENT_LENGTH") or "")
        too_large = plain("413 Content Too Large", f"expected at most {ocsp.LARGEST} bytes")
        if declared.isdecimal() and int(declared) > ocsp.LARGEST:
            return too_large
        with limited_body(environ):
            body = environ["wsgi.input"].read(ocsp.LARGEST + 1)
        if len(body) > ocsp.LARGEST:
            return too_large
        answer = self._answer(body, self._clock())
        return Reply("200 OK", answer.der, _UNCACHED)

    def _got(self, encoded: str) -> Reply:
        """Answer GET /ocsp/{base64 of the request} (RFC 6960, A.1); clients may omit the "="."""
        now = self._clock()
        try:
            request = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (ValueError, binascii.Error):
            request = b""
        answer = self._answer(request, now)
        if answer.until is None:
            return Reply("200 OK", answer.der, _UNCACHED)
        return cached(answer.der, _RESPONSE, modified=now, until=answer.until, now=now)

    def _answer(self, request: bytes, now: datetime) -> Answer:
        try:
            signer = self._signer.get()
            if signer is None:
                return ocsp.refusal(OCSPResponseStatus.TRY_LATER)
            return signer.answer(request, self._statuses.get().of, now)
        except PkiError:
            return ocsp.refusal(OCSPResponseStatus.TRY_LATER)

    def _health(self) -> Reply:
        """Say until when what is served is good; whoever answers is healthy."""
        lines = (
            f"{what} {self._end(end)}"
            for what, end in (
                ("crl", lambda: self._documents[addresses.CRL].get().until),
                ("ocsp", self._end_of_signer),
            )
        )
        return plain("200 OK", "\n".join(lines))

    def _end_of_signer(self) -> datetime | None:
        signer = self._signer.get()
        return None if signer is None else signer.end

    def _end(self, end: Callable[[], datetime | None]) -> str:
        try:
            until = end()
        except PkiError as error:
            return f"not available: {error.message}"
        if until is None:
            return "not available"
        return f"{'ended' if until <= self._clock() else 'good until'} {iso(until)}"
