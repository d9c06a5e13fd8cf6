"""What `mtls off` and `mtls on` say: plain text and JSON, made from values."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict

from pki.describe import printable
from pki.findings import Finding

from .domain import Domain
from .mutual_tls import On
from .pin import OFF, Pin

_OPEN = "until it is on again anybody reaches the API, with or without a certificate"
_ANSWERS = "our service then answers 403 certificate-required, but for its public views"


def on_again(found: Domain, options: Sequence[str]) -> str:
    """Return what to type to switch it on again, *options* being profile and region."""
    words = ["python", "-m", "aws", "mtls", "on", found.name, "--truststore", found.truststore_uri]
    # Without a version it was whatever was there when the domain took it: the newest, now.
    words += ["--version", found.truststore_version] if found.truststore_version else []
    return shlex.join([*words, *options])


def off_plan(found: Domain, again: str) -> str:
    """Return what is to be done, and what that means."""
    if not found.has_mutual_tls:
        return printable(f"{found.name} has no mutual TLS, and is {found.status}: wait for it")
    lines = [
        f"{found.name} is on {found.pin}",
        f"  1. switch mutual TLS of {found.name} off, and wait until it is AVAILABLE",
        f"  {_OPEN}",
        f"  {_ANSWERS}",
        "on again, keep this:",
        f"  {again}",
    ]
    return "\n".join(map(printable, lines))


def off(before: Domain, done: Domain | None, again: str) -> str:
    """Return what is now; nothing was *done* where it was off already, or in a dry run."""
    if done is None and before.has_mutual_tls:
        return "nothing was changed"
    if done is None:
        return printable(f"{before.name} has no mutual TLS already: anybody reaches the API")
    lines = [f"{done.name} is {done.status}, without mutual TLS: {_OPEN}"]
    if before.has_mutual_tls:
        lines += ["next:", f"  {again}"]
    return "\n".join(map(printable, lines))


def off_json(before: Domain, done: Domain | None, again: str, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    value = {
        "domain": before.name,
        "is_changed": done is not None,
        "before": _pin(before.pin),
        "after": _pin(done.pin if done else before.pin),
        "on_again": again if before.has_mutual_tls else None,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def on_plan(plan: On) -> str:
    """Return what is to be done, and what that means."""
    count = len(plan.checked.certificates)
    only = f"only certificates of {count} CA{'s' * (count != 1)} get in"
    lines = [
        f"{plan.domain.name} is {plan.domain.status}, on {plan.domain.pin}",
        f"  from then on {only}; the truststore is that of {plan.origin}",
        f"  1. switch mutual TLS on, with {plan.to}, and wait until it is AVAILABLE",
    ]
    return "\n".join(map(printable, lines))


def on(plan: On, done: Domain | None) -> str:
    """Return what is now; nothing was *done* where it was on already, or in a dry run."""
    if done is None and plan.is_done:
        return printable(f"{plan.domain.name} is on it already: {plan.to}")
    if done is None:
        return "nothing was changed"
    lines = [
        f"{done.name} is {done.status}: {done.pin}",
        f"  sha-256  {plan.checked.sha256}",
        "next:",
        f"  python -m aws status {done.name}   # is the default endpoint off as well?",
    ]
    return "\n".join(map(printable, lines))


def on_json(plan: On, done: Domain | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    value = {
        "domain": plan.domain.name,
        "is_changed": done is not None,
        "before": _pin(plan.domain.pin),
        "after": _pin(done.pin if done else plan.domain.pin),
        "wanted": {**(_pin(plan.to) or {}), "from": plan.origin},
        "sha256": plan.checked.sha256,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _pin(pin: Pin) -> dict[str, str] | None:
    return None if pin == OFF else {"uri": pin.uri, "version": pin.version}
