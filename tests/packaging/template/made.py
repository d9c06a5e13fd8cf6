"""What CloudFormation makes of a template that SAM is done with: conditions and values filled in.

A reference to a resource stays in the text: !GetAtt Bucket.Arn is "${Bucket.Arn}".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/mtls-api/6c7f9a10",
    "AWS::StackName": "mtls-api",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()
_REFERENCE = re.compile(r"\$\{(\w+)(?:\.[\w.]+)?\}")


@dataclass(frozen=True)
class Made:
    """The resources and outputs of a stack with these parameters."""

    parameters: Mapping[str, str]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]

    def of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Logical id → properties of every resource of the type *kind*."""
        found = self.resources.items()
        return {name: r.get("Properties", {}) for name, r in found if r["Type"] == kind}

    def one(self, kind: str) -> tuple[str, Mapping[str, Any]]:
        """Logical id and properties of the only resource of the type *kind*."""
        (found,) = self.of(kind).items()
        return found

    def references(self, name: str) -> set[str]:
        """What the resource *name* names, wherever it does."""
        resource = self.resources[name]
        after = resource.get("DependsOn", [])
        return {*references(resource), *([after] if isinstance(after, str) else after)}

    def after(self, name: str) -> set[str]:
        """Every resource that is there before *name* is begun."""
        found: set[str] = set()
        todo = self.references(name)
        while todo:
            one = todo.pop()
            found.add(one)
            if one in self.resources:
                todo |= self.references(one) - found
        return found


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids that *value* names."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def made(template: Mapping[str, Any], given: Mapping[str, str]) -> Made:
    """What is made of *template*, SAM's result, with the parameters *given*."""
    assert "refused" not in template, template["refused"]
    declared = template["Parameters"].items()
    parameters = {name: given.get(name, says.get("Default")) for name, says in declared}
    assert set(given) <= set(parameters)
    assert None not in parameters.values()
    filling = _Filling(
        {name: str(value) for name, value in parameters.items()}, template["Conditions"]
    )
    return Made(
        filling.parameters,
        filling.those(template["Resources"]),
        filling.those(template.get("Outputs", {})),
    )


@dataclass(frozen=True)
class _Filling:
    parameters: Mapping[str, str]
    conditions: Mapping[str, Any]

    def those(self, section: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        wanted = {
            name: {key: value for key, value in says.items() if key != "Condition"}
            for name, says in section.items()
            if "Condition" not in says or self.holds({"Condition": says["Condition"]})
        }
        filled: dict[str, Any] = self.value(wanted)
        return filled

    def holds(self, expression: Mapping[str, Any]) -> bool:
        ((function, argument),) = expression.items()
        if function == "Condition":
            return self.holds(self.conditions[argument])
        if function == "Fn::Equals":
            left, right = argument
            return str(self.value(left)) == str(self.value(right))
        if function == "Fn::Not":
            (only,) = argument
            return not self.holds(only)
        if function in {"Fn::And", "Fn::Or"}:
            return (all if function == "Fn::And" else any)(self.holds(one) for one in argument)
        raise ValueError(f"{function} is no condition")

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for item in node if (value := self.value(item)) is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (name := next(iter(node))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, node[name])
        assert not [key for key in node if key == "Ref" or key.startswith("Fn::")], node
        filled = {key: self.value(item) for key, item in node.items()}
        return {key: value for key, value in filled.items() if value is not _NOTHING}

    def reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        return PSEUDO.get(name) or self.parameters.get(name, f"${{{name}}}")

    def selected(self, argument: tuple[int, Any]) -> Any:
        index, among = argument
        return self.value(among)[int(index)]

    def parts(self, argument: tuple[str, Any]) -> list[str]:
        delimiter, text = argument
        return str(self.value(text)).split(delimiter)

    def attribute(self, argument: list[str] | str) -> str:
        return f"${{{argument if isinstance(argument, str) else '.'.join(argument)}}}"

    def choice(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.value(yes if self.holds({"Condition": condition}) else no)

    def text(self, argument: Any) -> str:
        pattern, names = (argument, {}) if isinstance(argument, str) else argument
        own = {name: str(self.value(value)) for name, value in names.items()}

        def filled(found: re.Match[str]) -> str:
            name = found[1]
            return own[name] if name in own else str(self.reference(name))

        return re.sub(r"\$\{([\w:.]+)\}", filled, pattern)


_FUNCTIONS: Mapping[str, Callable[[_Filling, Any], Any]] = {
    "Ref": _Filling.reference,
    "Fn::GetAtt": _Filling.attribute,
    "Fn::If": _Filling.choice,
    "Fn::Sub": _Filling.text,
    "Fn::Select": _Filling.selected,
    "Fn::Split": _Filling.parts,
}
