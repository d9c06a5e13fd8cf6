"""From a certificate to the registered client whose it is: what the identity step asks."""

from __future__ import annotations

from collections.abc import Callable

from service import problems
from service.certificate import ClientCertificate
from service.client import Client

from .known import Known
from .registration import Registration, Status
from .store import Ambiguous, StoreUnavailable

RETRY_AFTER = 5  #: seconds


def admission(known: Known) -> Callable[[ClientCertificate], tuple[Client, str] | None]:
    """Return what identity.Questions.registered is, over *known*.

    It raises ClientSuspended, RegistryUnavailable for who is not remembered while the store cannot
    be asked, and CertificateNotAllowed for a certificate of two clients.
    """

    def registered(certificate: ClientCertificate) -> tuple[Client, str] | None:
        try:
            found = known.find(certificate)
        except StoreUnavailable as error:
            raise problems.RegistryUnavailable(
                f"the registry cannot be asked: {error}", {"Retry-After": str(RETRY_AFTER)}
            ) from error
        except Ambiguous as error:
            raise problems.CertificateNotAllowed(str(error)) from error
        return None if found is None else (_client(certificate, found), f"client {found.id}")

    return registered


def _client(certificate: ClientCertificate, found: Registration) -> Client:
    if found.status is not Status.ACTIVE:
        raise problems.ClientSuspended(f"client {found.id} is {found.status}")
    return Client(certificate, found.id, found.organization, found.scopes, found.rate)
