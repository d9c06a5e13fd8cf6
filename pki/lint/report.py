"""What lint says: lines for people, a list of objects for programs."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from pki.describe import printable
from pki.findings import Finding, Severity

_LONGEST = 500


def text(findings: Sequence[Finding], name: str) -> str:
    """Return *findings* in the truststore *name* as lines, and how many there are of each kind."""
    return "\n".join((*map(_lines, findings), f"{printable(name)}: {_sum(findings)}"))


def as_json(findings: Iterable[Finding]) -> str:
    """Return *findings* as a JSON list of objects."""
    return json.dumps([asdict(finding) for finding in findings], indent=2)


def _lines(finding: Finding) -> str:
    where = finding.about + (f" (line {finding.line})" if finding.line else "")
    kind = f"{finding.severity} ({finding.front})" if finding.front else finding.severity
    head = ": ".join(filter(None, (kind, finding.code, where.strip(), finding.message)))
    rows = (head, f"  hint: {finding.hint}", f"  source: {finding.source}")
    return "\n".join(printable(row)[:_LONGEST] for row in rows)


def _sum(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(
        f"{counts[severity]} {_NAMES[severity]}{'s' * (counts[severity] != 1)}"
        for severity in Severity
        if counts[severity]
    ) or "nothing to say against it"  # fmt: skip


_NAMES = {
    Severity.CRITICAL: "secret",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "remark",
}
