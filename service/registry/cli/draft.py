"""A client as it is written down, for `add`, `update`, `import` and `export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from msgspec import Meta, convert, to_builtins

from service.contract.constraints import text
from service.contract.fault import Fault, Faulty
from service.contract.validation import converted
from service.registry.api_keys import MOST_KEYS
from service.registry.registration import Registration, Status
from service.registry.representation import NewClient, Settings

_SHORT = 80  # characters of what is shown of a value
#: Instead of the patterns that representation.py has.
_EXPECTED = {
    "id": "a-z, 0-9 and '-' in between, 63 at most",
    "scopes": "one such as 'orders:read', in lower case",
    "organization": "one line, without control characters",
    "note": "text without control characters",
    "status": "active or suspended",
    "api_keys": "SHA-256 of an API key as 64 hex digits",
}


class Draft(NewClient, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of a client that can be told: its status and its keys' hashes too."""

    status: Status = Status.ACTIVE
    api_keys: Annotated[
        list[Annotated[str, text(r"[0-9a-f]{64}", at_most=64)]], Meta(max_length=MOST_KEYS)
    ] = []  # noqa: RUF012  (msgspec copies it)

    def applied(self, old: Registration) -> Registration:
        """Return *old* with all of this."""
        made = Settings.applied(self, old)
        return replace(made, status=self.status, api_keys=tuple(self.api_keys))


class Wrong(ValueError):
    """What was written down is no client; *lines*: each reason."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


def read(value: object, old: Registration | None = None) -> Registration:
    """Return the client that *value* is, of the fields of Draft, in place of *old*; raises Wrong.

    *value*: as JSON has it.
    """
    try:
        draft: Draft = converted(value, Draft, "body")
    except Faulty as faulty:
        raise Wrong([_said(fault, value) for fault in faulty.faults]) from faulty
    return draft.applied(old or Registration(draft.id, ""))


def written(registration: Registration) -> dict[str, Any]:
    """Return what read makes *registration* of again."""
    draft = convert(registration, Draft, from_attributes=True)
    value: dict[str, Any] = to_builtins(draft)
    return {**value, "scopes": sorted(value["scopes"])}


def is_same(one: Registration, other: Registration) -> bool:
    """Whether they say the same, in whatever order."""
    return _sorted(one) == _sorted(other)


def _sorted(one: Registration) -> tuple[object, ...]:
    matchers = sorted((two.kind, two.value, two.issuer) for two in one.matchers)
    parts = (one.id, one.organization, one.status, one.rate, one.note, sorted(one.scopes))
    return (*parts, matchers, sorted(one.api_keys))


def _said(fault: Fault, value: object) -> str:
    where, message = "/".join(fault.path) or "it", fault.message
    if message == "missing" or message.startswith("unknown"):
        return f"{where} is {message}"
    if " is " in message:  # as registry/matcher.py says it
        return f"{where}: {message}"
    found = _at(value, fault.path)
    if "matching regex" in message or "enum value" in message:
        field = next((step for step in fault.path if step in _EXPECTED), "")
        message = f"expected {_EXPECTED[field]}" if field else message
    shown = repr(found)
    return f"{where} is {shown if len(shown) <= _SHORT else shown[:_SHORT] + '…'}, {message}"


def _at(value: object, path: Sequence[str]) -> object:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)]
    return value
