"""What `truststore versions` and `pull` say."""

import hashlib
import json
from collections.abc import Sequence

from pki.describe import iso, printable

from .domain import Domain
from .pin import Pin
from .versions import Detail, Version

_SHORT = 16


def text(domain: Domain, rows: Sequence[tuple[Version, Detail]]) -> str:
    """Return a line for each version: the one in force has an arrow."""
    lines = [f"{domain.name} is {domain.status}, on {domain.pin}"]
    for version, detail in rows:
        arrow = "->" if version.id == domain.truststore_version else "  "
        sha = f"sha256 {detail.sha256[:_SHORT]}" if detail.sha256 else "sha256 not known"
        by = f"pushed by {detail.push.by}" if detail.push.by else ""
        state = ", ".join(filter(None, (detail.mark.value, by)))
        lines.append(f"{arrow} {version.id}  {iso(version.at)}  {version.size:>8}  {sha}  {state}")
    return "\n".join(printable(line.rstrip()) for line in lines)


def as_json(domain: Domain, rows: Sequence[tuple[Version, Detail]]) -> str:
    """Return the same for programs."""
    value = {
        "domain": domain.name,
        "status": domain.status,
        "in_force": {"uri": domain.truststore_uri, "version": domain.truststore_version},
        "versions": [
            {
                "version": version.id,
                "at": iso(version.at),
                "size": version.size,
                "sha256": detail.sha256,
                "mark": detail.mark.value,
                "pushed_by": detail.push.by,
                "before": detail.push.before,
            }
            for version, detail in rows
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def pulled(pin: Pin, content: bytes, out: str | None) -> str:
    """Return what was written where."""
    return printable(f"{out}: {pin}, sha-256 {hashlib.sha256(content).hexdigest()}")


def pulled_json(pin: Pin, content: bytes, out: str | None) -> str:
    """Return the same for programs, with the content where it went into no file."""
    value: dict[str, object] = {
        "uri": pin.uri,
        "version": pin.version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "file": out,
    }
    if out is None:
        value["content"] = content.decode("ascii", "replace")
    return json.dumps(value, indent=2, ensure_ascii=True)
