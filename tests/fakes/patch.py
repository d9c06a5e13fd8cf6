"""Patch operations of v1: which paths and which ops, and what API Gateway says to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.domain import Settings
from tests.fakes.refusal import bad_request

ALL = ("add", "replace", "remove")
#: [D:api patch-operations, UpdateDomainName], for a Regional domain: its ops, and our field.
DOMAIN: Mapping[str, tuple[tuple[str, ...], str]] = {
    "/mutualTlsAuthentication/truststoreUri": (ALL, "truststore_uri"),
    "/mutualTlsAuthentication/truststoreVersion": (ALL, "truststore_version"),
    "/ownershipVerificationCertificateArn": (ALL, "ownership_arn"),
    "/regionalCertificateArn": (ALL, "certificate_arn"),
    "/securityPolicy": (("replace",), "security_policy"),
    "/endpointAccessMode": (("replace",), "access_mode"),
    "/routingMode": (("replace",), "routing_mode"),
    "/endpointConfiguration/ipAddressType": (("replace",), "ip_address_type"),
}
_TYPES = "/endpointConfiguration/types"
_ENDPOINTS = ("REGIONAL", "EDGE")


@dataclass(frozen=True)
class Patched:
    """The settings after all operations, and whether the truststore was among them."""

    settings: Settings
    rereads: bool


def wrong_path(path: str, op: str, known: Sequence[str]) -> Exception:
    """Two spaces, as AWS writes it: hashicorp/terraform#10179."""
    return bad_request(
        f"Invalid patch path  '{path}' specified for op '{op}'."
        f" Must be one of: [{', '.join(known)}]"
    )


def wrong_op(path: str, op: str) -> Exception:
    """As LocalStack recorded it of AWS."""
    return bad_request(
        f"Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
    )


def domain(settings: Settings, operations: Sequence[Mapping[str, Any]]) -> Patched:
    """Return *settings* after *operations*, in their order; all of them or none."""
    if not operations:
        raise bad_request("Invalid patch operations specified: none")  # words not known
    rereads = False
    for one in operations:
        op, path = one.get("op", ""), one.get("path", "")
        value: str | None = one.get("value")
        if path == _TYPES or path.startswith(f"{_TYPES}/"):
            settings = _endpoint(settings, op, path, value or "")
            continue
        if path not in DOMAIN:
            raise wrong_path(path, op, [*DOMAIN, _TYPES])
        ops, field = DOMAIN[path]
        if op not in ops:
            raise wrong_op(path, op)
        if op != "remove" and value is None:
            raise bad_request(f"{path} Invalid request input")
        wanted = "" if op == "remove" else value or ""
        settings = _CHANGES.get(path, _plain)(settings, field, wanted)
        rereads = rereads or path.startswith("/mutualTlsAuthentication/")
    if settings.truststore_version and not settings.truststore_uri:
        raise bad_request("/mutualTlsAuthentication/truststoreVersion Invalid request input")
    return Patched(settings, rereads)


def _plain(settings: Settings, field: str, value: str) -> Settings:
    changes: dict[str, Any] = {field: value}
    return replace(settings, **changes)


def _uri(settings: Settings, field: str, value: str) -> Settings:
    """[D:rest-api-mutual-tls]: '' switches mutual TLS off; then there is no version either."""
    settings = _plain(settings, field, value)
    return settings if value else replace(settings, truststore_version="")


def _not_with_mutual_tls(settings: Settings, field: str, value: str) -> Settings:
    """hashicorp/terraform-provider-aws#47552: refused, whatever the value."""
    if settings.is_mutual and (field == "access_mode" or value != settings.security_policy):
        path = next(path for path, (_, name) in DOMAIN.items() if name == field)
        raise bad_request(f"{path} Invalid request input")
    return _plain(settings, field, value)


def _endpoint(settings: Settings, op: str, path: str, value: str) -> Settings:
    named = path.removeprefix(_TYPES).strip("/")
    fits = (op == "add" and not named) or (op == "replace" and named == settings.endpoint_type)
    if op == "remove" and not named and value != settings.endpoint_type:
        return settings  # the other of the two that a migration has for a while
    if not fits or value not in _ENDPOINTS:
        # hashicorp/terraform-provider-aws#28059
        raise bad_request(f"{path} Invalid request input")
    return replace(settings, endpoint_type=value)


_CHANGES: Mapping[str, Callable[[Settings, str, str], Settings]] = {
    "/mutualTlsAuthentication/truststoreUri": _uri,
    "/securityPolicy": _not_with_mutual_tls,
    "/endpointAccessMode": _not_with_mutual_tls,
}
