"""Who is calling: looked at before every request that is not public."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from flask import Flask, current_app, g, request

from . import problems
from .certificate import ClientCertificate, MalformedCertificate
from .chain import UntrustedChain
from .config import Config
from .policy import Allowed, Denied
from .sources import Source, Verified

View = TypeVar("View", bound=Callable[..., object])


def public(view: View) -> View:
    """Mark *view* as open to callers without a certificate; every other one needs it."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def current_client() -> ClientCertificate:
    """The verified, admitted client of this request; RuntimeError in a public view."""
    client = g.get("client")
    if not isinstance(client, ClientCertificate) or not isinstance(g.get("verdict"), Allowed):
        raise RuntimeError("no client: current_client() was called in a @public view")
    return client


#: Takes a verified leaf, and when; returns what the log should say of it, or raises a Problem.
NotRevoked = Callable[[ClientCertificate, x509.Certificate, datetime], str]


def init_app(app: Flask, config: Config, require_not_revoked: NotRevoked | None = None) -> None:
    """Check every request of *app*, also one for an unknown path: no probing."""
    gate = Gate(config, lambda: datetime.now(UTC), require_not_revoked)

    def identify() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "is_public", False):
            gate.admit()

    app.before_request(identify)


class Gate:
    """Source, certificate, validity, revocation, policy: in this order; the first *no* counts."""

    def __init__(
        self,
        config: Config,
        now: Callable[[], datetime],
        require_not_revoked: NotRevoked | None = None,
    ) -> None:
        self._config = config
        self._now = now
        self._verified = VerifiedCache(config.source)
        self._require_not_revoked = require_not_revoked

    def admit(self) -> None:
        """Set g.client and g.verdict, or raise a Problem; the log has the verdict either way."""
        g.verdict = Denied("not decided")
        try:
            client, note = self._identify()
        except problems.Problem as problem:
            g.verdict = Denied(problem.detail or problem.slug)
            raise type(problem) from problem.__cause__
        g.verdict = self._config.allow.check(client)
        if isinstance(g.verdict, Denied):
            raise problems.CertificateNotAllowed
        if note:
            g.verdict = Allowed(f"{g.verdict.because}; {note}")

    def _identify(self) -> tuple[ClientCertificate, str]:
        """The client, and what the log should say beside the verdict."""
        peer = request.environ.get("service.peer") or request.environ.get("REMOTE_ADDR", "")
        if self._config.source.in_headers and not self._config.trusts(peer):
            raise problems.CertificateRequired("the peer is not one of TRUSTED_PROXIES")
        text = self._config.source.take(request.environ)
        if text is None:
            raise problems.CertificateRequired("the terminator handed over no certificate")
        now = self._now()
        try:
            verified = self._verified.read(text, now)
        except MalformedCertificate as error:
            raise problems.CertificateMalformed(str(error)) from error
        except UntrustedChain as error:
            raise problems.CertificateUntrusted(str(error)) from error
        client = g.client = verified.certificate
        if not verified.not_before <= now <= verified.not_after:
            raise problems.CertificateNotValidNow("the certificate is not valid now")
        if client.is_ca:
            # OpenSSL, and so nginx, takes it; what AWS does is not documented.
            raise problems.CertificateUntrusted("the certificate is an authority's")
        if self._require_not_revoked is None:
            return client, ""
        # On every request: what the cache keeps may be revoked since.
        return client, self._require_not_revoked(client, verified.leaf, now)


class VerifiedCache:
    """The last certificates read, by the terminator's own text. What was refused is not kept."""

    SIZE = 1024

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: OrderedDict[str, Verified] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, text: str, now: datetime) -> Verified:
        """As Source.read; whether it holds *now* is for the caller to check."""
        with self._lock:
            verified = self._kept.get(text)
            if verified is not None:
                self._kept.move_to_end(text)
                return verified
        verified = self._source.read(text, now)
        with self._lock:
            self._kept[text] = verified
            while len(self._kept) > self.SIZE:
                self._kept.popitem(last=False)
        return verified
