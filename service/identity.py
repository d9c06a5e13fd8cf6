"""Who is calling, and whether they may: looked at before every request that is not public."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from flask import Flask, g, request
from flask.globals import app_ctx

from . import authorization, problems
from .authorization import Demands, public
from .certificate import ClientCertificate, MalformedCertificate
from .chain import UntrustedChain
from .client import Client
from .config import Config
from .policy import Allowed, Denied
from .sources import Source, Verified
from .tokens import bearer

__all__ = ["current_client", "public"]

#: Takes a verified leaf, and when; returns what the log should say of it, or raises a Problem.
NotRevoked = Callable[[ClientCertificate, x509.Certificate, datetime], str]
#: Takes a verified leaf; returns its registered client and why, None if it is not registered, or
#: raises a Problem.
Registered = Callable[[ClientCertificate], tuple[Client, str] | None]
#: Takes the client; raises a Problem, or returns it with no more scopes than its token has.
Bound = Callable[[Client], Client]
Limited = Callable[[Client], None]
#: Takes the client; raises a Problem, or returns what the log should say of its API key.
Keyed = Callable[[Client], str]


def current_client() -> Client:
    """The admitted client of this request; RuntimeError in a public view."""
    kept = app_ctx.g  # once: a proxy looks for it at every access
    client = kept.get("client")
    if not isinstance(client, Client) or not isinstance(kept.get("verdict"), Allowed):
        raise RuntimeError("no client: current_client() was called in a @public view")
    return client


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked beside the certificate and the lists; None = nobody asks.

    not_revoked: part of the certificate's validity; registered: whose it is; limited: whether that
    client called too often; keyed: whether the API key is that client's; bound: whether the token.
    """

    not_revoked: NotRevoked | None = None
    registered: Registered | None = None
    limited: Limited | None = None
    keyed: Keyed | None = None
    bound: Bound | None = None


def init_app(app: Flask, config: Config, questions: Questions | None = None) -> None:
    """Check every request of *app*, also one for an unknown path: no probing."""
    gate = Gate(config, lambda: datetime.now(UTC), questions)

    def identify() -> None:
        demanded = authorization.demands(app.view_functions.get(request.endpoint or ""))
        if not demanded.is_public:
            gate.admit(demanded)

    app.before_request(identify)


class Gate:
    """Everything that decides whether a request may go on, in this order; the first *no* counts.

    1. the peer is trusted, and a certificate is there; 2. it is well formed; 3. valid now, and no
    authority's; 4. not revoked; 5. known: registered, or on the lists; 6. active; 7. it calls not
    too often; 8. it has the scopes of the view; 9. the API key, where the view wants one, is its;
    10. the token, where the view wants one, is right, bound to the certificate, and has the scopes
    too.
    """

    def __init__(
        self,
        config: Config,
        now: Callable[[], datetime],
        questions: Questions | None = None,
    ) -> None:
        self._config = config
        self._now = now
        self._verified = VerifiedCache(config.source)
        self._ask = questions or Questions()

    def admit(self, demanded: Demands) -> None:
        """Set g.client and g.verdict, or raise a Problem; the log has the verdict either way."""
        kept = app_ctx.g  # once: a proxy looks for it at every access
        kept.verdict = Denied("not decided")
        try:
            certificate, note = self._identify()
            client, because = self._known(certificate)
            kept.client = client
            kept.client, key = self._authorized(client, demanded)
        except problems.Problem as problem:
            kept.verdict = Denied(problem.detail or problem.slug)
            raise problem.told() from problem.__cause__
        kept.verdict = Allowed("; ".join(filter(None, (because, note, key))))

    def _identify(self) -> tuple[ClientCertificate, str]:
        """The certificate, and what the log should say beside the verdict: 1 to 4."""
        environ = request.environ
        peer = environ.get("service.peer") or environ.get("REMOTE_ADDR", "")
        if self._config.source.in_headers and not self._config.trusts(peer):
            raise problems.CertificateRequired("the peer is not one of TRUSTED_PROXIES")
        text = self._config.source.take(environ)
        if text is None:
            raise problems.CertificateRequired("the terminator handed over no certificate")
        now = self._now()
        try:
            verified = self._verified.read(text, now)
        except MalformedCertificate as error:
            raise problems.CertificateMalformed(str(error)) from error
        except UntrustedChain as error:
            raise problems.CertificateUntrusted(str(error)) from error
        certificate = g.certificate = verified.certificate
        if not verified.not_before <= now <= verified.not_after:
            raise problems.CertificateNotValidNow("the certificate is not valid now")
        if certificate.is_ca:
            # OpenSSL, and so nginx, takes it; what AWS does is not documented.
            raise problems.CertificateUntrusted("the certificate is an authority's")
        if self._ask.not_revoked is None:
            return certificate, ""
        # On every request: what the cache keeps may be revoked since.
        return certificate, self._ask.not_revoked(certificate, verified.leaf, now)

    def _known(self, certificate: ClientCertificate) -> tuple[Client, str]:
        """The client, and why it is one: 5 and 6. A registration counts before the lists."""
        if self._ask.registered is not None:
            found = self._ask.registered(certificate)
            if found is not None:
                return found
        verdict = self._config.allow.check(certificate)
        if isinstance(verdict, Denied):
            raise problems.CertificateNotAllowed(verdict.because)
        return Client(certificate, organization=certificate.organization), verdict.because

    def _authorized(self, client: Client, demanded: Demands) -> tuple[Client, str]:
        """The client as the view gets it, and what the log should say of its API key: 7 to 10."""
        if self._ask.limited is not None:
            self._ask.limited(client)
        _require_scopes(client, demanded)
        key = ""
        if demanded.api_key:
            if self._ask.keyed is None:
                raise problems.InvalidApiKey("no CLIENT_REGISTRY is set, so no API key is known")
            key = self._ask.keyed(client)
        if not demanded.token:
            return client, key
        if self._ask.bound is None:
            raise problems.InvalidToken("no TOKEN_ISSUER is set", bearer.MISSING)
        bound = self._ask.bound(client)
        _require_scopes(bound, demanded, bearer.INSUFFICIENT)
        return bound, key


def _require_scopes(
    client: Client, demanded: Demands, challenge: Mapping[str, str] | None = None
) -> None:
    missing = authorization.missing(client, demanded)
    if missing:
        detail = f"{client.id or 'it'} has no {' '.join(sorted(missing))}"
        raise problems.InsufficientScope(
            f"{detail} by its token" if challenge else detail, challenge
        )


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
