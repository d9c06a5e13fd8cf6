"""What `status` says: plain text and JSON, made from values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from pki.describe import iso, printable, remaining
from pki.findings import Finding

from . import domain as domains
from .default_endpoint import Closed, Open
from .facts import Certificate
from .mapping import Api
from .status import Status

_WIDTH = 13


def text(status: Status, found: Sequence[Finding], now: datetime) -> str:
    """Return what the domain is, a line for each part; *found* is told elsewhere."""
    domain = status.domain
    lines = [
        f"{domain.name}, {status.where}",
        _row("status", _status(status)),
        _row("DNS target", domain.target or "(none)"),
        _row("endpoint", f"{', '.join(domain.endpoint_types)}, {domain.security_policy}"),
        *(_row("stack", domain.stack_name) for _ in [0] if domain.stack_name),
        *_truststore(status, now),
        _row("certificate", _certificate(status.server, domain.certificate, now)),
        *_ownership(status, now),
        *_mappings(status),
        _row("", "all is well" if not found else ""),
    ]
    return "\n".join(printable(line.rstrip()) for line in lines if line.strip())


def as_json(status: Status, found: Sequence[Finding]) -> str:
    """Return the same for programs."""
    domain = status.domain
    value = {
        "domain": domain.name,
        "where": status.where,
        "status": domain.status,
        "status_message": domain.status_message,
        "target": domain.target,
        "endpoint_types": domain.endpoint_types,
        "security_policy": domain.security_policy,
        "stack": domain.stack_name,
        "mutual_tls": domain.has_mutual_tls,
        "truststore": _truststore_json(status),
        "certificate": _certificate_json(status.server),
        "ownership_certificate": _certificate_json(status.ownership),
        "http_api_view": asdict(status.http) if status.http else None,
        "mappings": [asdict(one) for one in status.mappings or ()],
        "apis": [
            {
                "id": api.id,
                "kind": api.kind,
                "name": api.name,
                "is_default_endpoint_off": api.is_default_endpoint_off,
                "default_endpoint": _endpoint(status, api),
                "stages": {name: iso(at) if at else None for name, at in api.stages.items()},
            }
            for api in status.apis.values()
            if api
        ],
        "findings": [asdict(finding) for finding in found],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _row(label: str, value: str) -> str:
    return f"  {label:<{_WIDTH}}{value}"


def _status(status: Status) -> str:
    domain = status.domain
    meaning = domains.STATUSES.get(domain.status)
    said = f"{domain.status or '(none)'}: {meaning.means if meaning else 'not known here'}"
    if status.http and status.http.status != domain.status:
        said += f" (HTTP APIs say {status.http.status})"
    return said


def _truststore(status: Status, now: datetime) -> Iterator[str]:
    domain, stored = status.domain, status.stored
    if not domain.has_mutual_tls:
        yield _row("mutual TLS", "off")
        return
    yield _row("mutual TLS", f"on, with {domain.truststore_uri}")
    newest = ""
    if stored.versions:
        is_newest = stored.versions[0].id == domain.truststore_version
        newest = ", the newest" if is_newest else ", not the newest"
    yield _row("version", f"{domain.truststore_version or '(none)'}{newest}")
    content = stored.content
    if content and content.certificates:
        count = len(content.certificates)
        ends = min(one.not_valid_after_utc for one in content.certificates)
        cas = f"{count} CA{'s' * (count != 1)}, the first ends at {iso(ends)}"
        yield _row("truststore", f"{cas} ({remaining(ends, now)}), sha-256 {content.sha256[:16]}")


def _certificate(certificate: Certificate | None, arn: str, now: datetime) -> str:
    if certificate is None:
        return arn or "(none)"
    ends = certificate.not_after
    until = f", until {iso(ends)} ({remaining(ends, now)})" if ends else ""
    names = ", ".join(certificate.names)
    return f"{certificate.type}, {certificate.status}, for {names}{until}"


def _ownership(status: Status, now: datetime) -> Iterator[str]:
    arn = status.domain.ownership_certificate
    if arn:
        yield _row("ownership", _certificate(status.ownership, arn, now))


def _mappings(status: Status) -> Iterator[str]:
    for one in status.mappings or ():
        api = status.apis.get(one.api)
        name = f"{api.kind} API {api.id} ({api.name})" if api else f"API {one.api}"
        endpoint = ""
        if api:
            endpoint = f", default endpoint {_endpoint(status, api)}"
        yield _row(f"/{one.path}", f"{name}, stage {one.stage}{endpoint}")
    if not status.mappings:
        yield _row("mappings", "(none)" if status.mappings is not None else "(not asked)")


def _endpoint(status: Status, api: Api) -> str:
    if not api.is_default_endpoint_off:
        return "OPEN"
    answer = status.endpoints.get(api.id)
    if isinstance(answer, Closed):
        return "closed"
    return "OPEN until a deployment" if isinstance(answer, Open) else "off"


def _truststore_json(status: Status) -> dict[str, object]:
    domain, stored = status.domain, status.stored
    return {
        "uri": domain.truststore_uri,
        "version": domain.truststore_version,
        "newest_version": stored.versions[0].id if stored.versions else None,
        "is_versioned": stored.is_versioned,
        "sha256": stored.content.sha256 if stored.content else None,
        "warnings": domain.warnings,
    }


def _certificate_json(certificate: Certificate | None) -> dict[str, object] | None:
    if certificate is None:
        return None
    ends = certificate.not_after
    return {**asdict(certificate), "not_after": iso(ends) if ends else None}
