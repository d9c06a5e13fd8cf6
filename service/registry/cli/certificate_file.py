"""How a certificate in a file is recognised: by its URI, or else its subject, of its issuer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
from cryptography import x509

from service.certificate import UNREADABLE, ClientCertificate, MalformedCertificate
from service.registry.matcher import InvalidMatcher, Matcher, looked_for

from .refusing import Refused

_LARGEST = 1024 * 1024  # octets
_HINT = "give the client's certificate, PEM or DER: --certificate .pki/clients/billing.pem"


@dataclass(frozen=True, slots=True)
class Named:
    """A leaf, and what it is called in messages."""

    path: str
    leaf: ClientCertificate


class CertificateFile(click.ParamType[Named]):
    """The first certificate in a file, or in what is typed: a leaf."""

    name = "certificate"

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Named:
        """As click's; raises Refused, and OSError."""
        return value if isinstance(value, Named) else Named(value, _read(value))


def matchers(named: Named) -> list[dict[str, str]]:
    """Return what recognises the certificate, as draft.read takes it; raises Refused."""
    leaf = named.leaf
    found = [("uri", uri) for uri in leaf.uris] or [("subject", leaf.subject)]
    for kind, value in found:
        # Some names have no text from which the same name is read again.
        try:
            is_itself = Matcher.of(kind, value, leaf.issuer).key in looked_for(leaf)
        except InvalidMatcher:
            is_itself = False
        if not is_itself:
            raise Refused(
                f"{named.path!r} cannot be recognised by its {kind} {value!r} and its issuer",
                f"--fingerprint {leaf.fingerprint}",
            )
    return [{"kind": kind, "value": value, "issuer": leaf.issuer} for kind, value in found]


def _read(path: str) -> ClientCertificate:
    with click.open_file(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Refused(f"{path!r} is larger than {_LARGEST} octets", _HINT)
    try:
        is_pem = b"-----BEGIN " in data
        first = (
            x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
        )
        leaf = ClientCertificate.from_certificate(first)
    except (MalformedCertificate, *UNREADABLE) as error:
        raise Refused(f"{path!r} has no certificate that can be read", _HINT) from error
    if leaf.is_ca:
        raise Refused(f"{path!r} is the certificate of an authority, {leaf.subject!r}", _HINT)
    return leaf
