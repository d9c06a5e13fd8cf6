"""Every environment variable, as one frozen Config."""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from . import registry_settings, throttle_settings, token_settings
from .certificate import Name, parse_name
from .policy import AllowList
from .registry_settings import RegistrySettings
from .revocation import settings as revocation_settings
from .revocation.settings import RevocationSettings
from .sources import SOURCES, Source
from .throttle_settings import ThrottleSettings
from .token_settings import TokenSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Value = TypeVar("Value")

#: Bodies over this many bytes are 413. Lambda takes 6 MB, of which base64 leaves 4.5.
MAX_BODY = 4 * 1024 * 1024
#: Peers that have no address.
WORDS = frozenset({"unix", "elb"})


class InvalidConfiguration(ValueError):
    """All faults of the environment at once, one a line; *hint*: what to do about them."""

    def __init__(self, faults: str, hint: str = "service/config.py lists the variables") -> None:
        super().__init__(faults)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Config:
    r"""What the environment asks for.

    CLIENT_CERT_SOURCE   alb-verify, alb-passthrough, api-gateway: where the certificate is put
    TRUSTED_PROXIES      whose headers count: addresses or networks, "unix" for a unix socket, "elb"
                         for the events of an ALB target group; not needed for api-gateway
    ALLOW_ISSUERS        RFC 4514 names, separated by ";" (in a value: "\;"); so are the next three
    ALLOW_SUBJECTS       RFC 4514 names
    ALLOW_URIS           exact, or ending in "/*"
    ALLOW_FINGERPRINTS   SHA-256 over DER, hex
    DEFAULT_ALLOW_…      any of these four, for when none of the four is set
    TRUSTSTORE           a PEM file with CA certificates: for alb-passthrough those to trust, for
                         REVOCATION_CRLS those whose CRLs count; for the latter alone it may be in
                         S3: s3://bucket/key, s3://bucket/key?versionId=VERSION, or that version and
                         the newest: s3://bucket/key?versionId=VERSION&newest
    BASE_PATH            in Lambda: the base path of the custom domain's mapping, such as "/v1"
    REVOCATION_CRLS      where CRLs are: files (.pem, .crl, .der), http(s):// and s3:// URLs; unset:
                         nobody asks whether a certificate is revoked. Needs TRUSTSTORE
    REVOCATION_POLICY    fail-closed, or grace=24h: how long a CRL counts after it has expired
    REVOCATION_REFRESH   how often they are looked at: 60s; in Lambda, by the next request then
    REVOCATION_INDEX     a folder for what is made of them; by default in the temporary one
    REVOCATION_EXEMPT    RFC 4514 names of issuers that have no CRL, on purpose
    CLIENT_REGISTRY      who is registered: sqlite:///PATH or dynamodb://TABLE; unset: the ALLOW_
                         lists alone say who may call
    REGISTRY_TTL         how long what it says of a certificate is kept: 30s
    TOKEN_ISSUER         whose tokens count for views that are marked @requires_token: their `iss`
    TOKEN_AUDIENCE       for whom they must be: in their `aud`
    TOKEN_JWKS           the issuer's public keys: a file, or an https URL
    TOKEN_ALGORITHMS     of their signatures: ES256 ES384 PS256 RS256 EdDSA Ed25519
    CLIENT_RATE          how often each client may call, such as 20/s or 90/m, and CLIENT_BURST how
                         often at once; CLIENT_…_MOST: what no registration gives more than
    """

    source: Source
    allow: AllowList
    trusted_networks: tuple[Network, ...] = ()
    trusted_words: frozenset[str] = frozenset()  #: of "unix", "elb"
    base_path: str = ""
    revocation: RevocationSettings | None = None
    registry: RegistrySettings | None = None
    tokens: TokenSettings | None = None
    throttle: ThrottleSettings | None = None

    def trusts(self, peer: str) -> bool:
        """Whether identity headers from *peer* (REMOTE_ADDR, empty on a unix socket) count."""
        if (peer or "unix") in WORDS:
            return (peer or "unix") in self.trusted_words
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.trusted_networks)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Config:
        """Read *env*, or raise InvalidConfiguration with every fault."""
        reader = _Reader(_with_default_list(env))
        source = reader.source()
        trusted = reader.trusted_proxies(needed=source is None or source.in_headers)
        base_path, revocation = reader.base_path(), reader.revocation()
        allow = AllowList(
            issuers=frozenset(reader.entries("ALLOW_ISSUERS", _name)),
            subjects=frozenset(reader.entries("ALLOW_SUBJECTS", _name)),
            uris=frozenset(reader.entries("ALLOW_URIS", _uri)),
            fingerprints=frozenset(reader.entries("ALLOW_FINGERPRINTS", _fingerprint)),
        )
        registry = reader.registry()
        tokens = token_settings.read(env, reader.faults)
        throttle = throttle_settings.read(env, reader.faults)
        if not allow and not registry:
            reader.faults.append(
                "nobody is allowed to call; set CLIENT_REGISTRY, or at least one of "
                "ALLOW_ISSUERS, ALLOW_SUBJECTS, ALLOW_URIS, ALLOW_FINGERPRINTS"
            )
        if reader.faults or source is None:
            raise InvalidConfiguration("\n".join(reader.faults))
        return cls(source, allow, *trusted, base_path, revocation, registry, tokens, throttle)


def registry_from_env(env: Mapping[str, str] = os.environ) -> RegistrySettings | None:
    """Read CLIENT_REGISTRY and REGISTRY_TTL alone; raises InvalidConfiguration."""
    reader = _Reader(env)
    found = reader.registry()
    if reader.faults:
        raise InvalidConfiguration("\n".join(reader.faults))
    return found


def or_exit(start: Callable[[], Value]) -> Value:
    """What *start* returns; if the configuration is at fault, a line a fault, and the end."""
    try:
        return start()
    except InvalidConfiguration as faults:
        lines = [f"error: {fault}" for fault in str(faults).splitlines()]
        sys.stderr.write("\n".join([*lines, f"  hint: {faults.hint}\n"]))
        sys.exit(1)


def from_env_or_exit() -> Config:
    """Config.from_env for entry points."""
    return or_exit(Config.from_env)


def _with_default_list(env: Mapping[str, str]) -> Mapping[str, str]:
    """Defaults that were joined to what is set would let in more than was asked for."""
    if any(value.strip() for name, value in env.items() if name.startswith("ALLOW_")):
        return env
    defaults = {n: value for n, value in env.items() if n.startswith("DEFAULT_ALLOW_")}
    return {**env, **{name.removeprefix("DEFAULT_"): value for name, value in defaults.items()}}


class _Reader:
    """Reads variables one by one and gathers what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._certificates: tuple[x509.Certificate, ...] | None = None
        self.faults: list[str] = []

    def source(self) -> Source | None:
        name = self._env.get("CLIENT_CERT_SOURCE", "")
        if name not in SOURCES:
            known = ", ".join(SOURCES)
            self.faults.append(f"CLIENT_CERT_SOURCE is {name!r}; expected one of {known}")
            return None
        return SOURCES[name](self._truststore() if name == "alb-passthrough" else ())

    def trusted_proxies(self, *, needed: bool) -> tuple[tuple[Network, ...], frozenset[str]]:
        entries = re.split(r"[,\s]+", self._env.get("TRUSTED_PROXIES", "").strip(" ,"))
        if entries == [""] and not needed:
            return (), frozenset()
        networks: list[Network] = []
        for entry in entries:
            if entry in WORDS:
                continue
            try:
                networks.append(_network(entry))
            except ValueError as error:
                self.faults.append(
                    f"TRUSTED_PROXIES has {entry!r}; expected 'unix', 'elb' "
                    f"or an address or network such as '10.0.1.0/24' ({error})"
                )
        return tuple(networks), WORDS.intersection(entries)

    def base_path(self) -> str:
        path = self._env.get("BASE_PATH", "").strip("/")
        if not re.fullmatch(r"[\w$.+!*'()/-]*", path, re.ASCII) or "//" in path:
            self.faults.append(f"BASE_PATH is {path!r}; expected a path such as '/v1'")
        return f"/{path}" if path else ""

    def entries(self, variable: str, parse: Callable[[str], Value]) -> list[Value]:
        values = []
        for entry in re.split(r"(?<!\\);|\n", self._env.get(variable, "")):
            if not entry.strip():
                continue
            try:
                values.append(parse(entry.strip()))
            except ValueError as error:
                self.faults.append(f"{variable} has {entry.strip()!r}; {error}")
        return values

    def revocation(self) -> RevocationSettings | None:
        if not self._env.get("REVOCATION_CRLS", "").strip(" ,\t\n"):
            return None
        folder = self._env.get("REVOCATION_INDEX", "")
        return RevocationSettings(
            sources=self._value("REVOCATION_CRLS", "", revocation_settings.sources) or (),
            truststore=self._whose_crls_count(),
            folder=Path(folder) if folder else None,
            grace=self._value("REVOCATION_POLICY", "fail-closed", revocation_settings.grace)
            or timedelta(0),
            refresh=self._value("REVOCATION_REFRESH", "60s", revocation_settings.seconds) or 0,
            exempt=frozenset(self.entries("REVOCATION_EXEMPT", _name)),
        )

    def registry(self) -> RegistrySettings | None:
        if not self._env.get("CLIENT_REGISTRY", "").strip():
            return None
        url = self._value("CLIENT_REGISTRY", "", registry_settings.url)
        ttl = self._value("REGISTRY_TTL", registry_settings.TTL, revocation_settings.seconds)
        return RegistrySettings(url or "", ttl or 0)

    def _value(self, variable: str, default: str, parse: Callable[[str], Value]) -> Value | None:
        text = self._env.get(variable, "").strip() or default
        try:
            return parse(text)
        except ValueError as error:
            self.faults.append(f"{variable} is {text!r}; {error}")
            return None

    def _whose_crls_count(self) -> tuple[str, ...]:
        """TRUSTSTORE, as RevocationSettings has it; of a file that it is a good one is seen now."""
        text = self._env.get("TRUSTSTORE", "")
        if not text.startswith("s3://"):
            self._truststore()
            return (str(Path(text).resolve()),)
        return self._value("TRUSTSTORE", "", revocation_settings.truststores_in_s3) or ()

    def _truststore(self) -> tuple[x509.Certificate, ...]:
        if self._certificates is None:
            path = self._env.get("TRUSTSTORE", "")
            try:
                self._certificates = _certificates(_file(path).read_bytes())
            except (OSError, ValueError) as error:
                self._certificates = ()
                self.faults.append(
                    f"TRUSTSTORE is {path!r}; expected a PEM file with CA certificates ({error})"
                )
        return self._certificates


def _file(path: str) -> Path:
    if path.startswith("s3://"):
        raise ValueError("in S3 it can be for REVOCATION_CRLS alone, not for alb-passthrough")
    return Path(path)


def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    found = tuple(x509.load_pem_x509_certificates(pem))
    # cryptography passes over a block without an end in silence.
    if len(found) != pem.count(b"-----BEGIN "):
        raise ValueError("something in it is no whole certificate")
    return found


def _network(entry: str) -> Network:
    network = ipaddress.ip_network(entry)
    if network.prefixlen == 0:
        raise ValueError("that is everybody")
    return network


def _name(entry: str) -> Name:
    try:
        return parse_name(entry)
    except ValueError as error:
        raise ValueError("expected a name such as 'CN=billing,O=Example' (RFC 4514)") from error


def _uri(entry: str) -> str:
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]+", entry) or "*" in entry[:-2]:
        raise ValueError("expected a URI, exact or ending in '/*'")
    if entry.endswith("*") and not re.search(r"://[^/*]+/(.*/)?\*$", entry):
        raise ValueError("expected something before '/*', such as 'spiffe://example.org/*'")
    return entry.replace("\\;", ";")


def _fingerprint(entry: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", entry.lower().replace(":", "")):
        raise ValueError("expected SHA-256 over DER as 64 hex digits")
    return entry.lower().replace(":", "")


if __name__ == "__main__":
    from_env_or_exit()
