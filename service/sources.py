"""Where each terminator puts the leaf.

A source takes a WSGI environ to the text that holds the leaf (`take`), and that text to the
certificate and the time in which it holds (`read`). Which one is used is configuration, never
guessed from a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from cryptography import x509

from . import chain
from .certificate import PEM_BLOCK, ClientCertificate, MalformedCertificate, load, load_pem

#: ALB: one header has at most 16 K ("Quotas for your Application Load Balancers").
MAX_LEAF = 16 * 1024
#: ALB: a TLS message, and so the chain that a client presents, has at most 64 K.
MAX_CHAIN = 64 * 1024


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified leaf, and when it holds: its own validity, or that of its whole path."""

    certificate: ClientCertificate
    not_before: datetime
    not_after: datetime
    leaf: x509.Certificate  #: as it came: who signed it is in nothing else


@dataclass(frozen=True, slots=True)
class Source:
    """One terminator's way. `read` raises MalformedCertificate or chain.UntrustedChain.

    *in_headers*: anybody who reaches the service could have written it, so the peer matters.
    """

    in_headers: bool
    take: Callable[[Mapping[str, Any]], str | None]
    read: Callable[[str, datetime], Verified]


def _header(name: str) -> Callable[[Mapping[str, Any]], str | None]:
    key = "HTTP_" + name.upper().replace("-", "_")

    def take(environ: Mapping[str, Any]) -> str | None:
        return environ.get(key) or None

    return take


def _decode(text: str, limit: int) -> str:
    """Undo ALB's URL encoding.

    unquote, never unquote_plus: ALB leaves the "+" of base64 as it is. Bytes that are no UTF-8
    become U+FFFD, which is in no PEM.
    """
    if len(text) > limit:
        raise MalformedCertificate(
            f"the header has {len(text)} characters, at most {limit} expected"
        )
    return unquote(text)


def _event(environ: Mapping[str, Any]) -> str | None:
    """From the event alone, which only AWS writes; REST and payload 1.0, then payload 2.0.

    AWS: "Introducing mutual TLS authentication for Amazon API Gateway", "Mutual TLS for HTTP APIs".
    """
    value: Any = environ.get("awsgi.event")
    payload_2 = isinstance(value, Mapping) and value.get("version") == "2.0"
    where = "authentication" if payload_2 else "identity"
    for key in ("requestContext", where, "clientCert", "clientCertPem"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None


def _read_event_leaf(pem: str, _now: datetime) -> Verified:
    return _leaf_alone(pem)


def _read_leaf(text: str, _now: datetime) -> Verified:
    return _leaf_alone(_decode(text, MAX_LEAF))


def _leaf_alone(pem: str) -> Verified:
    leaf = load_pem(pem)
    client = ClientCertificate.from_certificate(leaf)
    return Verified(client, client.not_before, client.not_after, leaf)


def _read_chain(truststore: Sequence[x509.Certificate]) -> Callable[[str, datetime], Verified]:
    def read(text: str, now: datetime) -> Verified:
        path = chain.verify(_split(_decode(text, MAX_CHAIN)), truststore, now)
        client = ClientCertificate.from_certificate(path.leaf)
        return Verified(client, path.not_before, path.not_after, path.leaf)

    return read


def _split(pem: str) -> list[x509.Certificate]:
    blocks = list(PEM_BLOCK.finditer(pem))
    if not blocks or sum(len(block[0]) for block in blocks) != len(pem):
        raise MalformedCertificate("expected PEM certificates and nothing else")
    return [load(block[1]) for block in blocks]


#: CLIENT_CERT_SOURCE picks one; those that verify for themselves get the truststore.
SOURCES: Mapping[str, Callable[[Sequence[x509.Certificate]], Source]] = {
    "alb-verify": lambda _: Source(
        in_headers=True, take=_header("X-Amzn-Mtls-Clientcert-Leaf"), read=_read_leaf
    ),
    "alb-passthrough": lambda truststore: Source(
        in_headers=True, take=_header("X-Amzn-Mtls-Clientcert"), read=_read_chain(truststore)
    ),
    "api-gateway": lambda _: Source(in_headers=False, take=_event, read=_read_event_leaf),
}
