"""Clients and certificates for the contract suite: right in everything, unless asked otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509

from service.certificate import ClientCertificate
from service.registry.matcher import Matcher
from service.registry.registration import Registration
from service.registry.store import Actor, Store
from tests.unit.service import certs

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
ADMIN = Actor("client:admin")
BILLING = "spiffe://example.org/billing"
ISSUER, ANOTHER_ISSUER = certs.ISSUER, "CN=Another Issuing CA,O=Example"


def uri(value: str = BILLING, issuer: str = "") -> Matcher:
    return Matcher.of("uri", value, issuer)


def registration(
    id_: str = "billing", *matchers: Matcher, organization: str = "Example"
) -> Registration:
    return Registration(
        id_,
        organization,
        matchers or (uri(f"spiffe://example.org/{id_}"),),
        scopes=frozenset({"orders:read"}),
    )


def create(store: Store, id_: str = "billing", *matchers: Matcher) -> Registration:
    return store.create(registration(id_, *matchers), ADMIN, NOW)


def certificate(
    *uris: str,
    dns: tuple[str, ...] = (),
    subject: str = "CN=billing,O=Example",
    issuer: str = ISSUER,
) -> ClientCertificate:
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(one) for one in uris]
    names += [x509.DNSName(one) for one in dns]
    made = certs.leaf(subject=subject, issuer=issuer, names=tuple(names))
    return ClientCertificate.from_certificate(made)


#: Each method but touch, which never fails.
METHODS: dict[str, Callable[[Store], object]] = {
    "recognise": lambda store: store.recognise(certificate(BILLING)),
    "get": lambda store: store.get("billing"),
    "list": lambda store: store.list(),
    "list of an organization": lambda store: store.list(organization="Example"),
    "create": create,
    "update": lambda store: store.update(registration(), ADMIN, NOW),
    "delete": lambda store: store.delete("billing", 1, ADMIN, NOW),
    "audit": lambda store: store.audit("billing"),
}
