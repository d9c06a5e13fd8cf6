"""What `certificate request` and `certificate import` say: text and JSON, made from values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from pki.describe import describe, iso, printable, remaining
from pki.findings import Finding

from .certificate_import import Imported
from .certificate_import import Plan as ImportPlan
from .certificate_request import Plan as RequestPlan
from .certificate_request import Request
from .zone import Record


def request_plan(plan: RequestPlan) -> str:
    """Return what is to be done."""
    wish = plan.wish
    lines = [f"ACM has no certificate for {wish.name} with a key {wish.key_type}"]
    steps = ["ask ACM for one, validated through DNS"]
    if plan.existing:
        lines = [f"{plan.existing.arn} is {plan.existing.status}"]
        steps = ["go on with it"]
    if plan.zone:
        steps.append(f"write the record that ACM wants into the zone of {plan.zone.name}")
        steps.append("wait until it is ISSUED")
    else:
        steps.append("say which record ACM wants")
    return _lines([*lines, *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])


def request(plan: RequestPlan, done: Request | None, again: str) -> str:
    """Return what ACM has now, and what is to be done by hand: *again* is the same command."""
    found = done or plan.existing
    if found is None or (done is None and not found.is_issued):
        return "nothing was changed"
    lines = [f"{plan.wish.name} is {found.status}: {found.arn}"]
    if found.is_issued:
        lines += ["next, one of:", *_uses(found.arn)]
    elif found.record:
        lines += ["set this record, and let it stay: ACM renews by it", f"  {found.record}"]
        lines += ["next:", f"  {again}"]
    return _lines(lines)


def request_json(plan: RequestPlan, done: Request | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    found = done or plan.existing
    value = {
        "name": plan.wish.name,
        "key_type": plan.wish.key_type,
        "is_changed": done is not None,
        "arn": found.arn if found else None,
        "status": found.status if found else None,
        "record": _record(found.record) if found else None,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def import_plan(plan: ImportPlan, now: datetime) -> str:
    """Return what is to be done, and with what."""
    steps = list(_steps(plan))
    return _lines([*_facts(plan, now), *(f"  {n}. {step}" for n, step in enumerate(steps, 1))])


def imported(plan: ImportPlan, done: Imported | None) -> str:
    """Return what is now; nothing was *done* where all was so already, or in a dry run."""
    if done is None and plan.is_done:
        where = f", and in use at {plan.use.domain.name}" if plan.use else ""
        return _lines([f"it is in ACM already{where}: {plan.arn}"])
    if done is None:
        return "nothing was changed"
    lines = [f"it is in ACM: {done.arn}"]
    if done.domain:
        lines += [f"{done.domain.name} is {done.domain.status}, and has it", "next:"]
        lines += [
            f"  python -m aws status {done.domain.name}   # API Gateway looks at it once more"
        ]
    else:
        lines += ["next, one of:", *_uses(done.arn)]
    return _lines(lines)


def imported_json(plan: ImportPlan, done: Imported | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    leaf = describe(plan.presented.leaf)
    domain = done.domain if done else None
    value = {
        "arn": (done.arn if done else plan.arn) or None,
        "is_changed": done is not None,
        "is_replaced": bool(plan.replaced) and not plan.is_there,
        "subject": leaf.subject,
        "fingerprint": leaf.fingerprint,
        "names": list(plan.presented.names),
        "not_after": iso(leaf.not_after),
        "domain": plan.use.domain.name if plan.use else None,
        "status": domain.status if domain else None,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _facts(plan: ImportPlan, now: datetime) -> Iterator[str]:
    leaf, chain = describe(plan.presented.leaf), plan.presented.chain
    yield leaf.subject or "(empty subject)"
    yield f"  names    {', '.join(plan.presented.names)}"
    yield f"  issuer   {leaf.issuer}"
    yield f"  until    {iso(leaf.not_after)} ({remaining(leaf.not_after, now)})"
    yield f"  key      {leaf.key_type}, in {str(plan.key)!r}"
    yield f"  chain    {len(chain)} certificate{'s' * (len(chain) != 1)}"


def _steps(plan: ImportPlan) -> Iterator[str]:
    if plan.is_there:
        yield f"nothing is imported: ACM has it already, as {plan.arn}"
    elif plan.replaced:
        yield f"import it, with its key, in the place of {plan.arn}: ACM keeps none from before,"
        yield "and all that has that one has this one from then on"
    else:
        yield "import it into ACM, with its key"
    if plan.use:
        name, has = plan.use.domain.name, plan.use.domain.certificate
        yield f"put it in use at {name}, which has {has}, and wait until that is AVAILABLE"
        if plan.use.ownership:
            yield f"prove with {plan.use.ownership} whose the name is"


def _uses(arn: str) -> list[str]:
    return [
        f"  make deploy ARGS='--set CertificateArn={arn}'",
        f"  make deploy ARGS='--set OwnershipVerificationCertificateArn={arn}'",
    ]


def _record(record: Record | None) -> dict[str, str] | None:
    return asdict(record) if record else None


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(map(printable, lines))
