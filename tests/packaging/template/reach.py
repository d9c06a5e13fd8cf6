"""Which parameters a part of a template depends on, through conditions too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def parameters_of(part: Any, template: Mapping[str, Any]) -> set[str]:
    """The parameters of *template* that *part* of it names, or a condition that it names."""
    return set(_names(part, template.get("Conditions", {}))) & set(template["Parameters"])


def _names(node: Any, conditions: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item, conditions)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref":
            yield value
        elif key == "Fn::Sub":
            pattern = value if isinstance(value, str) else value[0]
            yield from re.findall(r"\$\{([\w:]+)\}", pattern)
        elif key == "Fn::If":
            yield from _names(conditions[value[0]], conditions)
        elif key == "Condition" and isinstance(value, str):
            yield from _names(conditions[value], conditions)
        yield from _names(value, conditions)
