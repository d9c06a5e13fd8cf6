"""From what was typed to what is wanted: every word checked before anything is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from . import names
from .profiles import CLIENT, SERVER, Profile
from .sans import Sans, as_ip_address


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a leaf as typed; None and () for those not given. days: from now on."""

    uri: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    organization: str | None = None
    key_type: str | None = None
    days: int | None = None

    @property
    def lifetime(self) -> timedelta | None:
        """The days as a timedelta."""
        return None if self.days is None else timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Wish:
    """The leaf somebody wants. None stands for what the leaf has already, or the default.

    name: of its files; common_name: CN; lifetime: from now on.
    """

    profile: Profile
    name: str
    common_name: str
    default_sans: Sans
    sans: Sans | None = None
    organization: str | None = None
    key_type: str | None = None
    lifetime: timedelta | None = None


def client(name: str, asked: Asked) -> Wish:
    """Return the wish for the client *name*; PkiError if any of it is malformed.

    Without any SAN asked it gets the URI spiffe://example.org/*name*.
    """
    names.client(name)
    sans = Sans.parse(
        dns_names=asked.dns, uris=asked.uri, emails=asked.email, ip_addresses=asked.ip
    )
    default = Sans(uris=(f"spiffe://example.org/{name}",))
    return _wish(CLIENT, (name, name), default, sans or None, asked=asked)


def server(hosts: Sequence[str], asked: Asked) -> Wish:
    """Return the wish for the server called *hosts*, the first being the common name.

    IP addresses become iPAddress, the rest dNSName (RFC 5280, 4.2.1.6). PkiError if any of it is
    malformed.
    """
    common_name = names.server(hosts[0])
    addresses = [host for host in hosts if as_ip_address(host)]
    sans = Sans.parse(
        dns_names=[*(host for host in hosts if host not in addresses), *asked.dns],
        ip_addresses=[*addresses, *asked.ip],
        wildcard=True,
    )
    is_only_named = len(hosts) == 1 and not (asked.dns or asked.ip)
    name = (names.file_name(common_name), common_name)
    return _wish(SERVER, name, sans, None if is_only_named else sans, asked=asked)


def _wish(
    profile: Profile, name: tuple[str, str], default: Sans, sans: Sans | None, *, asked: Asked
) -> Wish:
    organization = asked.organization
    return Wish(
        profile,
        *name,
        default_sans=default,
        sans=sans,
        organization=None if organization is None else names.organization(organization),
        key_type=asked.key_type,
        lifetime=asked.lifetime,
    )
