"""Whether parameters are what botocore's model of the operation allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.fakes.asked import UNKNOWN, Asked, model
from tests.fakes.refusal import Refusal

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
#: The code for parameters that do not fit. v1's, and the words:
#: amplify-education/serverless-domain-manager#177.
_CODES = {
    "apigateway": "ValidationException",
    "apigatewayv2": "BadRequestException",
    "elbv2": "ValidationError",
}


def check(asked: Asked) -> None:
    """Refuse what does not fit: required members, types, enums, patterns, lengths, unknown ones."""
    if asked.operation == UNKNOWN:
        if asked.protocol == "query":
            raise Refusal(400, "InvalidAction", "The action or operation requested is invalid")
        raise Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    shape = model(asked.service).operation_model(asked.operation).input_shape
    faults = [f"Unknown member '{name}'" for name in asked.unknown]
    if shape is not None:
        first = asked.operation[0].lower() + asked.operation[1:] + "Input"
        faults += _faults(shape, asked.parameters, first if asked.service == "apigateway" else "")
    if faults:
        count = f"{len(faults)} validation error{'s' * (len(faults) > 1)} detected"
        raise Refusal(400, _CODES[asked.service], f"{count}: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, where: str) -> Iterator[str]:
    allowed = _TYPES.get(shape.type_name)
    is_type = allowed is None or isinstance(value, allowed)
    if not is_type or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield _fault(value, where, f"have type {shape.type_name}")
    elif shape.type_name == "structure":
        yield from _structure(shape, value, where)
    elif shape.type_name == "list":
        yield from _length(shape, len(value), value, where)
        for index, one in enumerate(value, 1):
            yield from _faults(shape.member, one, f"{where}.{index}.member")
    elif shape.type_name == "map":
        for key, one in value.items():
            yield from _faults(shape.key, key, f"{where}.key")
            yield from _faults(shape.value, one, f"{where}.{key}")
    else:
        yield from _scalar(shape, value, where)


def _structure(shape: Any, value: dict[str, Any], where: str) -> Iterator[str]:
    place = f"{where}." if where else ""
    for name in shape.required_members:
        if name not in value:
            yield _fault(None, f"{place}{name}", "not be null")
    for name, one in value.items():
        if name not in shape.members:
            yield f"Unknown member '{place}{name}'"
        else:
            yield from _faults(shape.members[name], one, f"{place}{name}")


def _scalar(shape: Any, value: Any, where: str) -> Iterator[str]:
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _fault(value, where, f"satisfy enum value set: [{', '.join(enum)}]")
    if isinstance(value, str):
        yield from _length(shape, len(value), value, where)
        pattern = shape.metadata.get("pattern")
        # Java's \p{L} is nothing that re knows; only tags have it.
        if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):
            yield _fault(value, where, f"satisfy regular expression pattern: {pattern}")
    elif isinstance(value, int | float):
        yield from _length(shape, value, value, where)


def _length(shape: Any, size: float, value: Any, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what = "have length" if isinstance(value, str | list) else "have value"
    if low is not None and size < low:
        yield _fault(value, where, f"{what} greater than or equal to {low}")
    if high is not None and size > high:
        yield _fault(value, where, f"{what} less than or equal to {high}")


def _fault(value: Any, where: str, must: str) -> str:
    found = "null" if value is None else f"'{value}'"
    return f"Value {found} at '{where}' failed to satisfy constraint: Member must {must}"
