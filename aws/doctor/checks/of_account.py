"""What AWS itself says of the domain: what keeps requests from arriving, and what is weak."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aws import status_findings
from aws.doctor.facts import Facts
from aws.doctor.inside import Refusals
from aws.doctor.meaning import code_of
from aws.status import Status
from pki.describe import iso
from pki.findings import Finding, Severity

from .check import finding

#: Codes of status_findings with which no request of anybody arrives as it should.
_CAUSES = ("domain.", "mapping.")
_CONFLICT = "conflicts with an existing certificate"
#: AWS re:Post: troubleshoot 403 errors of API Gateway custom domains with mutual TLS.
_REASONS = {
    "could not find issuer": "log.no-issuer",
    "insecure signature algorithm": "log.insecure-algorithm",
    "self signed certificate": "log.self-signed",
}


def causes(facts: Facts) -> Iterator[Finding]:
    """Yield what is wrong with the domain and its mappings, as `status` says it."""
    status = _status(facts)
    if facts.inside and facts.inside.absent:
        yield finding(facts, "domain.absent", facts.inside.absent)
    if status is None:
        return
    if _CONFLICT in status.domain.status_message:
        said = f"{status.domain.name} is {status.domain.status}: {status.domain.status_message}"
        yield finding(facts, "domain.subject-conflict", said.rstrip("."))
    yield from (one for one in _found(facts) if _is_cause(one))


def refusals(facts: Facts) -> Iterator[Finding]:
    """Yield what the execution log says: the cause, where API Gateway has refused just now."""
    read = facts.inside.refusals if facts.inside else None
    if not read:
        return
    was_refused = _was_forbidden(facts)
    reasons = [(log, reason, count) for log in read for reason, count in log.reasons.items()]
    for log, reason, count in reasons:
        times = f"{count} time{'s' * (count != 1)} since {iso(log.since)}"
        found = finding(facts, _code(reason), f"Access denied. Reason: {reason} ({times})")
        # Whose certificate it was is not in that log: another partner's, if ours is accepted.
        yield found if was_refused else replace(found, severity=Severity.WARNING)
    if was_refused and not reasons:
        yield _silent(facts, read)


def weaknesses(facts: Facts) -> Iterator[Finding]:
    """Yield what no client notices: ways around mutual TLS, what will end, what was not seen."""
    yield from (one for one in _found(facts) if not _is_cause(one))
    inside = facts.inside
    if inside is None:
        return
    if inside.is_public:
        status = _status(facts)
        where = status.domain.truststore_uri if status else "the truststore"
        yield finding(facts, "bucket.public", f"the bucket of {where} is open to the public")
    for name, since in inside.alarms or ():
        yield finding(facts, "alarm.active", f"{name} is in state ALARM since {iso(since)}")
    for one in inside.unasked:
        allow = f" (allow {one.permission})" if one.permission else ""
        yield finding(facts, "aws.not-allowed", f"not checked: {one.about}: {one.said}{allow}")


def _status(facts: Facts) -> Status | None:
    return facts.inside.status if facts.inside else None


def _found(facts: Facts) -> list[Finding]:
    status = _status(facts)
    return status_findings.findings(status, facts.question.now) if status else []


def _is_cause(found: Finding) -> bool:
    return found.severity.is_error and found.code.startswith(_CAUSES)


def _was_forbidden(facts: Facts) -> bool:
    answers = [one.answer for one in facts.answers if one.answer]
    return any(code_of(one, facts.question.url) == "doctor.http.forbidden" for one in answers)


def _code(reason: str) -> str:
    said = reason.lower()
    return next((code for words, code in _REASONS.items() if words in said), "log.other")


def _silent(facts: Facts, read: Sequence[Refusals]) -> Finding:
    missing = [one.log for one in read if not one.is_there]
    logs = ", ".join(one.log for one in read)
    said = f"API Gateway says 403, and nothing of it is in {logs}"
    if missing:
        said = f"API Gateway says 403, and there is no log {', '.join(missing)}"
    return finding(facts, "log.silent", f"{said}; it may come a minute later")
