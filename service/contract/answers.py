"""How an operation can be answered: with what it returns, and with which problems."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from service import problems
from service.authorization import Demands
from service.problems import TYPE_PREFIX, Problem

from .declared import Declaration

JSON, PROBLEM = "application/json", "application/problem+json"
REFERENCE = "#/components/schemas/{name}"
Refer = Callable[[Any], dict[str, Any]]
#: Whatever is asked.
_ALWAYS = (problems.ContentTooLarge, problems.InternalServerError)
#: Of every view that is not public: identity.Gate, in its order.
_GATE: tuple[type[Problem], ...] = (
    problems.CertificateRequired,
    problems.CertificateMalformed,
    problems.CertificateNotValidNow,
    problems.CertificateUntrusted,
    problems.CertificateRevoked,
    problems.CertificateStatusUnknown,
    problems.CertificateNotAllowed,
    problems.ClientSuspended,
    problems.RegistryUnavailable,
    problems.TooManyRequests,
)
_BODY = (problems.MalformedJson, problems.UnsupportedMediaType)
#: Headers that come with a status.
_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
#: What a terminator refuses by itself, in words of its own, before the service hears of it.
_TERMINATORS = {"414": "URI too long", "431": "Header fields too large"}
_PROBLEM = {
    "description": "Why it is refused (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": REFERENCE.format(name="Fault")}},
    },
}
_FAULT = {
    "description": "What is wrong, and where: a pointer (RFC 6901) to it.",
    "type": "object",
    "required": ["in", "pointer", "message"],
    "properties": {
        "in": {"enum": ["body", "query", "path", "header"]},
        "pointer": {"type": "string"},
        "message": {"type": "string"},
    },
}

_Schema = dict[str, Any]


def raised_by(declared: Declaration, demanded: Demands) -> set[type[Problem]]:
    """Every problem that the view can be answered with."""
    found: set[type[Problem]] = {*_ALWAYS, *declared.problems}
    if not demanded.is_public:
        found.update(_GATE)
    if demanded.scopes:
        found.add(problems.InsufficientScope)
    if demanded.token:
        found |= {problems.InvalidToken, problems.TokenKeysUnavailable}
    if demanded.api_key:
        found.add(problems.InvalidApiKey)
    if declared.inputs is not None:
        found.add(problems.ValidationFailed)
        found.update(header.missing for header, _ in declared.inputs.headers.values())
        found.update(_BODY if declared.inputs.body is not None else ())
    return found


def answers(declared: Declaration, raised: set[type[Problem]], refer: Refer) -> _Schema:
    """What comes back by status."""
    found: _Schema = {}
    for status in declared.statuses:
        answer: _Schema = {"description": "done" if status != 201 else "made"}  # noqa: PLR2004
        if declared.headers:
            answer["headers"] = _headers(declared.headers)
        if declared.returns is not None:
            answer["content"] = {declared.media_type: _content(declared, refer)}
        found[str(status)] = answer
    for status in sorted({one.status for one in raised}):
        found[str(status)] = _refusal(status, [one for one in raised if one.status == status])
    for by_itself, why in _TERMINATORS.items():
        found[by_itself] = {"description": f"{why}: the terminator's own answer"}
    return dict(sorted(found.items()))


def _content(declared: Declaration, refer: Refer) -> _Schema:
    if declared.media_type != JSON:
        return {"schema": {"type": "string"}}
    schema = refer(declared.returns)
    return {"schema": schema} if schema else {}


def _refusal(status: int, raised: list[type[Problem]]) -> _Schema:
    slugs = sorted(one.slug for one in raised)
    schemas = [{"$ref": REFERENCE.format(name=slug)} for slug in slugs]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    answer: _Schema = {
        "description": ", or ".join(sorted(one.title for one in raised)),
        "content": {PROBLEM: {"schema": schema}},
    }
    if status in _HEADERS:
        answer["headers"] = _headers(_HEADERS[status])
    return answer


def _headers(names: Iterable[str]) -> _Schema:
    return {name: {"required": True, "schema": {"type": "string"}} for name in names}


def one_by_one(raised: Iterable[type[Problem]]) -> dict[str, Any]:
    """A schema for each problem, by its slug, and what they are made of."""
    schemas = {
        one.slug: {
            "title": one.title,
            "description": inspect.getdoc(one) or "",
            "allOf": [{"$ref": REFERENCE.format(name="Problem")}],
            "properties": {
                "type": {"const": TYPE_PREFIX + one.slug},
                "status": {"const": one.status},
            },
        }
        for one in sorted(raised, key=lambda one: one.slug)
    }
    return {"Problem": _PROBLEM, "Fault": _FAULT, **schemas}
