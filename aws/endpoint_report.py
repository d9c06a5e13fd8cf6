"""What `endpoint off` says: plain text and JSON, made from values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pki.describe import printable
from pki.findings import Finding, Severity

from .default_endpoint import Answer, Closed, Open, Unknown
from .endpoint import Door, How, Plan, Step


def plan(found: Plan) -> str:
    """Return what is to be done, and what else that does."""
    api = found.api
    steps = [*_off(found), *map(_step, found.steps), "ask it whether it is closed"]
    state = f"default endpoint {'off' if api.is_off else 'on'}{_at_no_stage(found)}"
    lines = [
        f"{api.id} is the {api.kind} API {api.name!r}; {state}",
        *(f"  {door.stage.name}: {_word(door.answer)}" for door in found.doors),
        *(f"  {number}. {step}" for number, step in enumerate(steps, 1)),
    ]
    if any(step.how is How.DEPLOY for step in found.steps):
        lines.append("  what was changed in the API and not deployed yet goes live with it")
    return "\n".join(map(printable, lines))


def text(found: Plan, done: Sequence[Door] | None) -> str:
    """Return what is now; nothing was *done* where it was off already, or in a dry run."""
    api = found.api
    if done is None and not found.is_done:
        return "nothing was changed"
    doors = found.doors if done is None else done
    state = "off already" if done is None else "off"
    lines = [
        f"the default endpoint of {api.id} is {state}",
        *(f"  {door.stage.name}: {_word(door.answer)}" for door in doors),
    ]
    return "\n".join(map(printable, lines))


def as_json(found: Plan, done: Sequence[Door] | None, findings: Sequence[Finding]) -> str:
    """Return all of it for programs."""
    value = {
        "api": found.api.id,
        "kind": found.api.kind,
        "is_changed": done is not None,
        "is_off": found.api.is_off or done is not None,
        "steps": [{"how": step.how.value, "stage": step.stage.name} for step in found.steps],
        "endpoints": [
            {"stage": door.stage.name, "url": door.url, **_answer(door.answer)}
            for door in (found.doors if done is None else done)
        ],
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def unverified(doors: Sequence[Door]) -> Iterator[Finding]:
    """Yield a warning for each that did not say whether it is closed."""
    for door in doors:
        if isinstance(door.answer, Unknown):
            said = f"nobody has seen the default endpoint closed at the stage {door.stage.name}:"
            said += f" {door.answer.because}"
            hint = f"ask from elsewhere: curl -i {door.url}" if door.url else "call a route of it"
            yield Finding(Severity.WARNING, "endpoint.not-verified", said, hint, door.stage.name)


def _off(found: Plan) -> list[str]:
    return [] if found.api.is_off else ["switch the default endpoint off, for all stages"]


def _step(step: Step) -> str:
    if step.how is How.TOUCH:
        return (
            f"change the description of the stage {step.stage.name}, which makes it take effect"
            " and puts nothing undeployed live"
        )
    return f"deploy the API to the stage {step.stage.name}, which makes it take effect"


def _at_no_stage(found: Plan) -> str:
    return "" if found.doors else "; it has no stage, so nothing answers"


def _word(answer: Answer) -> str:
    match answer:
        case Closed():
            return f"closed ({answer.said})"
        case Open():
            return f"open ({answer.said})"
        case Unknown():
            return f"not known ({answer.because})"


def _answer(answer: Answer) -> dict[str, str]:
    said = answer.because if isinstance(answer, Unknown) else answer.said
    return {"state": type(answer).__name__.lower(), "said": said}
