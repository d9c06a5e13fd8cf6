"""Who is calling, once they are let in."""

from __future__ import annotations

from dataclasses import dataclass

from .certificate import ClientCertificate


@dataclass(frozen=True, slots=True)
class Client:
    """The holder of a verified, admitted leaf.

    id, organization: as registered; without a registration id is "", and organization what the
    certificate says. scopes: what it may (RFC 6749, 3.3); nothing, if nobody has said so.
    """

    certificate: ClientCertificate
    id: str = ""
    organization: str = ""
    scopes: frozenset[str] = frozenset()
