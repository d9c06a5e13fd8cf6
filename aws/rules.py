"""A template's Rules: what CloudFormation would refuse of parameters together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import AwsRefused
from .template import Template

_HINT = "take it out of the template's Rules, or teach aws/rules.py"


@dataclass(frozen=True, slots=True)
class Broken:
    """An assertion that does not hold, in the words of the template."""

    rule: str
    description: str


def broken(template: Template, values: Mapping[str, str], region: str) -> Iterator[Broken]:
    """Yield every assertion that does not hold for *values*, which are all the parameters.

    AwsRefused for what is no rule, or has a function that only CloudFormation can evaluate.
    """
    names: dict[str, object] = {"AWS::Region": region}
    for name, parameter in template.parameters.items():
        items = parameter.items(values[name])
        names[name] = items if parameter.is_list else values[name]
    for rule, says in template.rules.items():
        try:
            yield from _broken(rule, says, _Evaluation(rule, names))
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise AwsRefused(f"the rule {rule} is malformed: {error}", _HINT) from error


def _broken(rule: str, says: Mapping[str, Any], evaluate: "_Evaluation") -> Iterator[Broken]:
    if "RuleCondition" in says and not evaluate.truth(says["RuleCondition"]):
        return
    for assertion in says["Assertions"]:
        if not evaluate.truth(assertion["Assert"]):
            yield Broken(rule, assertion.get("AssertDescription", f"the rule {rule} is broken"))


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The intrinsic functions that rules may use, over the values of *names*."""

    rule: str
    names: Mapping[str, object]

    def truth(self, expression: object) -> bool:
        found = self.value(expression)
        if not isinstance(found, bool):
            raise AwsRefused(f"the rule {self.rule} has {expression!r} for a condition", _HINT)
        return found

    def value(self, expression: object) -> object:
        if isinstance(expression, list):
            return [self.value(item) for item in expression]
        if not isinstance(expression, Mapping):
            return expression if isinstance(expression, bool) else str(expression)
        name, argument = next(iter(expression.items())) if len(expression) == 1 else ("", "")
        if name == "Ref" and argument in self.names:
            return self.names[argument]
        if name not in _FUNCTIONS:
            raise AwsRefused(
                f"the rule {self.rule} has {expression!r}, which is unknown here", _HINT
            )
        return _FUNCTIONS[name](self, argument)

    def texts(self, expression: object) -> Sequence[object]:
        found = self.value(expression)
        return found if isinstance(found, list) else [found]


def _equals(self: _Evaluation, argument: Any) -> bool:  # noqa: ANN401
    left, right = argument
    return self.value(left) == self.value(right)


def _contains(self: _Evaluation, argument: Any) -> bool:  # noqa: ANN401
    those, one = argument
    return self.value(one) in self.texts(those)


def _each_member_in(self: _Evaluation, argument: Any) -> bool:  # noqa: ANN401
    these, those = argument
    return set(self.texts(these)) <= set(self.texts(those))


def _each_member_equals(self: _Evaluation, argument: Any) -> bool:  # noqa: ANN401
    these, one = argument
    return all(item == self.value(one) for item in self.texts(these))


_FUNCTIONS: Mapping[str, Callable[[_Evaluation, Any], bool]] = {
    "Fn::And": lambda self, argument: all(self.truth(item) for item in argument),
    "Fn::Or": lambda self, argument: any(self.truth(item) for item in argument),
    "Fn::Not": lambda self, argument: not self.truth(argument[0]),
    "Fn::Equals": _equals,
    "Fn::Contains": _contains,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::EachMemberEquals": _each_member_equals,
}
