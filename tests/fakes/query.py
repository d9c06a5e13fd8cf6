"""The query protocol's parameters: Names.member.1=a becomes {"Names": ["a"]}."""

from __future__ import annotations

from typing import Any


def read(shape: Any, flat: dict[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the parameters as *shape* has them, and the names that it does not know."""
    if shape is None:
        return {}, tuple(sorted(flat))
    used: set[str] = set()
    value = _value(shape, flat, "", used)
    return value, tuple(sorted(set(flat) - used))


def scalar(shape: Any, text: str) -> Any:
    """Return *text* as the type of *shape*; as it is where that does not fit."""
    kind = shape.type_name
    try:
        if kind in {"integer", "long"}:
            return int(text)
        if kind in {"float", "double"}:
            return float(text)
    except ValueError:
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _value(shape: Any, flat: dict[str, str], prefix: str, used: set[str]) -> Any:
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            below = f"{prefix}.{wire}" if prefix else wire
            if any(key == below or key.startswith(f"{below}.") for key in flat):
                found[name] = _value(member, flat, below, used)
        return found
    if shape.type_name == "list":
        return _list(shape, flat, prefix, used)
    used.add(prefix)
    return scalar(shape, flat.get(prefix, ""))


def _list(shape: Any, flat: dict[str, str], prefix: str, used: set[str]) -> list[Any]:
    if flat.get(prefix) == "":  # how botocore writes an empty list
        used.add(prefix)
        return []
    inner = shape.member.serialization.get("name", "member")
    below = prefix if shape.serialization.get("flattened") else f"{prefix}.{inner}"
    numbers = {
        int(number)
        for key in flat
        if key.startswith(f"{below}.") and (number := key[len(below) + 1 :].split(".")[0]).isdigit()
    }
    return [_value(shape.member, flat, f"{below}.{number}", used) for number in sorted(numbers)]
