"""A real leaf, and a real event that carries it."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509

from pki import keys
from pki.authority import CertificateAuthority, subject
from pki.profiles import CLIENT
from pki.sans import Sans
from proxy.client_cert import ClientCert
from proxy.events import Event, event
from proxy.gateway import new_call
from proxy.request import Request, Settings

from .issuing import PLACE, issuing


def client_leaf(
    authority: CertificateAuthority | None = None, client: str = "billing"
) -> x509.Certificate:
    """Return the leaf of a *client* of *authority* whom the stack's own rules admit."""
    public_key = keys.generate("ec-p256").public_key()
    name = subject(client, "Example")
    now = datetime.now(UTC)
    issuer = authority or issuing("ec-p256")
    return issuer.issue(public_key, CLIENT, name, Sans(uris=(f"{PLACE}{client}",)), now=now)


def whoami_event(authority: CertificateAuthority | None = None) -> Event:
    """Return what the gateway sends for GET /whoami of that client: a REST API's event."""
    headers = (("Host", "localhost"), ("Accept", "*/*"), ("User-Agent", "curl/8.5.0"))
    leaf = ClientCert.from_certificate(client_leaf(authority))
    request = Request("GET", "/whoami", headers, b"", "127.0.0.1", leaf)
    made = event(request, Settings(), new_call(datetime.now(UTC)))
    assert made is not None
    return made
