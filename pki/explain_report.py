"""What `explain` says: for a terminal at night, and for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

from .describe import fingerprint, iso, printable, remaining
from .explain import Answer, Explanation
from .steps import Step, subject
from .unconfirmed import Choice
from .verdict import Accepted, Front, Refused

Since = tuple[datetime, str]  #: since when a leaf is revoked, and why

_LONGEST_LINE = 400
_SHORT = 16
_UNDOCUMENTED = "AWS does not document what its execution log says"
_REVOKED = "refused, 403 certificate-revoked: since {}, for {}; no front knows of it by itself"
_PLACES = {"given": "", "sent": "sent after the leaf", "truststore": "in the truststore"}


def text(found: Explanation, truststore: str, revoked: Since | None = None) -> str:
    """Return *found* as lines: verdicts, path, then causes and remedies; *truststore*: which.

    *revoked*: what our CRL says of the leaf.
    """
    count = len(found.case.truststore)
    lines = [
        *(headline(answer, found) for answer in found.answers),
        *([f"service: {_REVOKED.format(iso(revoked[0]), revoked[1])}"] if revoked else ()),
        "",
        f"at {iso(found.case.now)}, with {truststore} ({count} certificate{'s' * (count != 1)})",
        "",
        *(line for number, step in enumerate(found.steps, 1) for line in _step(step, number)),
        *([f"      the path ends here: {found.end}"] if found.end else []),
        *_causes(found),
    ]
    return "\n".join(map(_line, lines))


def headline(answer: Answer, found: Explanation) -> str:
    """Return the verdict of one front in a line."""
    verdict = answer.verdict
    if isinstance(verdict, Accepted):
        left = remaining(verdict.not_after, found.case.now)
        return f"{answer.front}: accepted, until {iso(verdict.not_after)} ({left})"
    log = "connection log" if answer.front == "alb" else "execution log"
    said = f"{log}: {answer.log}" if answer.log else _UNDOCUMENTED
    return f"{answer.front}: refused, {answer.client}; {said}"


def as_json(found: Explanation, truststore: str, revoked: Since | None = None) -> str:
    """Return *found* for programs; *revoked*: what our CRL says of the leaf."""
    since = {"since": iso(revoked[0]), "reason": revoked[1]} if revoked else None
    value = {
        "at": iso(found.case.now),
        "truststore": truststore,
        "is_accepted": found.is_accepted,
        "revoked": since,
        "fronts": [_answer_json(answer) for answer in found.answers],
        "path": [_step_json(step) for step in found.steps],
        "path_ends": found.end,
        "findings": [asdict(finding) for finding in found.findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _step(step: Step, number: int) -> Iterator[str]:
    place = _PLACES[step.place]
    yield f"{number}  {step.role:<5}{subject(step.certificate)}{f', {place}' if place else ''}"
    yield f"      {'':<5}{'sha256':<13}{fingerprint(step.certificate)}"
    for check in step.checks:
        if not check.faults:
            yield f"      ok   {check.what:<13}{check.found}"
        for because, fronts in _grouped(check.faults):
            yield f"      NO   {check.what:<13}{because} [{', '.join(fronts)}]"


def _causes(found: Explanation) -> Iterator[str]:
    refusals = {a.front: a for a in found.answers if isinstance(a.verdict, Refused)}
    causes = {front: _because(answer) for front, answer in refusals.items()}
    for because, fronts in _grouped(causes):
        first = refusals[fronts[0]]
        yield ""
        yield f"cause        {because} [{', '.join(fronts)}]"
        if first.remedy:
            yield f"remedy       {first.remedy.text}"
            yield from (f"  {command}" for command in first.remedy.commands)
        for front in fronts:
            verdict = refusals[front].verdict
            source = verdict.source if isinstance(verdict, Refused) else ""
            yield f"source       {front}: {source}"
    for choice in dict.fromkeys(c for answer in found.answers for c in answer.unconfirmed):
        yield f"unconfirmed  {choice.id}: {choice.question} {choice.choice}: {choice.why}"


def _because(answer: Answer) -> str:
    verdict = answer.verdict
    return f"{verdict.code}: {verdict.because}" if isinstance(verdict, Refused) else ""


def _grouped(by_front: Mapping[Front, str]) -> list[tuple[str, list[Front]]]:
    groups: dict[str, list[Front]] = {}
    for front, because in by_front.items():
        groups.setdefault(because, []).append(front)
    return list(groups.items())


def _plain(by_front: Mapping[Front, str]) -> dict[str, str]:
    return dict(by_front.items())


def _line(text: str) -> str:
    """A stranger chose much of it: neither control characters nor a name of a megabyte."""
    clean = printable(text)
    return clean if len(clean) <= _LONGEST_LINE else f"{clean[:_LONGEST_LINE]}…"


def _answer_json(answer: Answer) -> dict[str, object]:
    verdict = answer.verdict
    fields: dict[str, object] = {
        "front": answer.front,
        "is_accepted": isinstance(verdict, Accepted),
        "unconfirmed": [_choice(choice) for choice in answer.unconfirmed],
    }
    if isinstance(verdict, Accepted):
        return fields | {
            "not_before": iso(verdict.not_before),
            "not_after": iso(verdict.not_after),
            "path": [fingerprint(member) for member in verdict.path],
        }
    return fields | {
        "code": verdict.code,
        "because": verdict.because,
        "client": answer.client,
        "log": answer.log,
        "source": verdict.source,
        "remedy": asdict(answer.remedy) if answer.remedy else None,
    }


def _choice(choice: Choice) -> dict[str, str]:
    return {
        "id": choice.id,
        "question": choice.question,
        "choice": choice.choice,
        "why": choice.why,
    }


def _step_json(step: Step) -> dict[str, object]:
    return {
        "role": step.role,
        "place": step.place,
        "subject": subject(step.certificate),
        "fingerprint": fingerprint(step.certificate),
        "checks": [
            {"what": check.what, "found": check.found, "faults": _plain(check.faults)}
            for check in step.checks
        ],
    }
