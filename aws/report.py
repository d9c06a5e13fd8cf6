"""What the commands say: plain text and JSON, made from values."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from cryptography import x509

from pki.describe import describe, iso, printable, remaining
from pki.findings import Finding, Severity

from . import overrides
from .deploy import Deployed
from .truststore import Packed

_LABELS = {Severity.CRITICAL: "error"}


def findings(found: Iterable[Finding]) -> str:
    """Return a line or two for each: `error: CODE: …`, and `  hint: …`."""
    return "\n".join(_lines(finding) for finding in found)


def findings_json(found: Iterable[Finding]) -> str:
    """Return *found* as a JSON list of objects."""
    return json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False)


def packed(done: Packed, now: datetime) -> str:
    """Return what `truststore pack` put where, what came and went, and what to type next."""
    checked = done.checked
    count, anchors = len(set(checked.certificates)), len(set(checked.anchors))
    first = min(checked.certificates, key=lambda one: one.not_valid_after_utc)
    ends = first.not_valid_after_utc
    lines = [
        f"{'packed already' if done.is_same else 'packed'}: {done.path}",
        f"  CAs      {count}, of which {anchors} {_plural(anchors, 'trust anchor')}",
        f"  until    {iso(ends)} ({remaining(ends, now)}), when {_name(first)} expires",
        f"  sha-256  {checked.sha256}",
    ]
    if not done.is_first:
        lines += [f"  added    {_name(one)}" for one in done.added]
        lines += [f"  removed  {_name(one)}: its clients will be refused" for one in done.removed]
    return "\n".join((*lines, "next:", "  make deploy"))


def built(libraries: int, architecture: str) -> str:
    """Return what `build` made."""
    done = f"built for {architecture}: {libraries} native {_plural(libraries, 'library')}"
    return f"{done} in .aws-sam/build\nnext:\n  make deploy"


def checked() -> str:
    """Return what `deploy --check-only` says when nothing is in the way."""
    return "nothing is in the way\nnext:\n  make deploy"


def deployed(done: Deployed, client: Path) -> str:
    """Return where the API is, and the curl to type; *client* is .pki/clients/NAME, or the like."""
    key, certificate = (shlex.quote(f"{client}.{ending}") for ending in ("key", "pem"))
    lines = [
        f"{done.domain.name} is AVAILABLE: {done.url}",
        f"  truststore  {done.domain.truststore_uri}, version {done.domain.truststore_version}",
    ]
    if done.needs_dns:
        lines.append(f"  DNS         yours to set: {done.domain.name} CNAME {done.domain.target}")
    ask = f"curl --cert {certificate} --key {key} {done.url}/whoami"
    return "\n".join((*lines, *_to_keep(done), "next:", f"  {ask}"))


def _to_keep(done: Deployed) -> list[str]:
    planned = done.planned
    if all(planned.config.parameters.get(name) == value for name, value in planned.sets.items()):
        return []
    given = {**planned.config.parameters, **planned.sets}
    pairs = " ".join(overrides.write(name, value) for name, value in given.items())
    # A text of JSON is one of TOML.
    line = f"parameter_overrides = {json.dumps(pairs, ensure_ascii=False)}"
    where = f"[{planned.config.environment}.deploy.parameters]"
    return [f"to type only make deploy from now on, in samconfig.toml, {where}:", f"  {line}"]


def _lines(finding: Finding) -> str:
    label = _LABELS.get(finding.severity, finding.severity.value)
    # The linter's messages say "it"; of ours the parameter is in them.
    about = (finding.about,) if finding.code.startswith("truststore.") and finding.about else ()
    line = printable(": ".join((label, finding.code, *about, finding.message)))
    return f"{line}\n  hint: {printable(finding.hint)}" if finding.hint else line


def _name(certificate: x509.Certificate) -> str:
    return printable(describe(certificate).subject or "(empty)")


def _plural(count: int, word: str) -> str:
    if count == 1:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
