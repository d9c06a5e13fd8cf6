"""Who is calling, once they are let in."""

from __future__ import annotations

from dataclasses import dataclass

from .certificate import ClientCertificate
from .rate import Rate


@dataclass(frozen=True, slots=True)
class Client:
    """The holder of a verified, admitted leaf.

    id, organization: as registered; without a registration id is "", and organization what the
    certificate says. scopes: what it may (RFC 6749, 3.3); nothing, if nobody has said so. rate: how
    often it may call, None = as often as any client.
    """

    certificate: ClientCertificate
    id: str = ""
    organization: str = ""
    scopes: frozenset[str] = frozenset()
    rate: Rate | None = None
