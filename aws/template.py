"""template.yaml: its parameters, and what CloudFormation would say of a value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from pki.errors import filesystem

from .errors import AwsRefused

FILE = Path("template.yaml")
_LONGEST = 4096  # octets: CloudFormation's quota for one value
_HINT = "see what is wrong with it: sam validate --lint"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, as CloudFormation checks it; None = that is not limited."""

    name: str
    type: str = "String"
    default: str | None = None
    description: str = ""
    pattern: str | None = None
    values: tuple[str, ...] = ()
    lengths: tuple[int | None, int | None] = (None, None)
    range: tuple[Decimal | None, Decimal | None] = (None, None)
    constraint: str = ""  #: what to say of a value that AllowedPattern refuses
    is_secret: bool = False  #: NoEcho

    @property
    def is_list(self) -> bool:
        """Whether a value is several, with commas between."""
        return self.type == "CommaDelimitedList" or self.type.startswith("List<")

    def items(self, value: str) -> list[str]:
        """Return *value* as a list, if this is a parameter for lists; else it alone."""
        return [item.strip() for item in value.split(",")] if self.is_list else [value]

    def faults(self, value: str) -> Iterator[str]:
        """Yield what CloudFormation would refuse about *value*: "must be …"."""
        if len(value.encode()) > _LONGEST:
            yield f"must be at most {_LONGEST} octets long, not {len(value.encode())}"
        for item in self.items(value):
            # One word for one item: the first thing that is wrong with it.
            yield from list(self._faults(item))[:1]

    def _faults(self, item: str) -> Iterator[str]:
        if self.values and item not in self.values:
            yield f"must be one of {', '.join(self.values)}"
        if self.pattern is not None and not re.fullmatch(self.pattern, item):
            yield self.constraint or f"must match {self.pattern}"
        if self.type in {"Number", "List<Number>"}:
            yield from _number_faults(item, *self.range)
        elif self.type == "String":
            yield from _length_faults(item, *self.lengths)


@dataclass(frozen=True, slots=True)
class Template:
    """The parts of a template that can be checked before anything is asked of AWS."""

    parameters: Mapping[str, Parameter]
    rules: Mapping[str, Any]


def read(path: Path) -> Template:
    """Return the parameters and rules of the template in the file *path*."""
    if not path.exists():
        raise AwsRefused(
            f"there is no {path} here", "cd to the folder that has it, the repository's"
        )
    with filesystem("read", path):
        content = path.read_bytes()
    return parse(content, str(path))


def parse(content: bytes | str, origin: str = "template") -> Template:
    """Return the parameters and rules of *content*; *origin* is its name for messages."""
    try:
        document = yaml.load(content, Loader)  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise AwsRefused(f"{origin} is no YAML: {said}", _HINT) from error
    parameters = document.get("Parameters", {}) if isinstance(document, Mapping) else None
    if not isinstance(parameters, Mapping) or not all(
        isinstance(says, Mapping) for says in parameters.values()
    ):
        raise AwsRefused(f"{origin} is no template: its Parameters are no mapping", _HINT)
    try:
        known = {str(name): _parameter(str(name), says) for name, says in parameters.items()}
    except (ValueError, TypeError, InvalidOperation, re.error) as error:
        raise AwsRefused(f"{origin} is no template: a parameter has {error}", _HINT) from error
    return Template(known, document.get("Rules") or {})


def _parameter(name: str, says: Mapping[str, Any]) -> Parameter:
    default = says.get("Default")
    re.compile(says.get("AllowedPattern", ""))
    return Parameter(
        name=name,
        type=says.get("Type", "String"),
        default=None if default is None else _text(default),
        description=says.get("Description", ""),
        pattern=says.get("AllowedPattern"),
        values=tuple(map(_text, says.get("AllowedValues", ()))),
        lengths=(_whole(says.get("MinLength")), _whole(says.get("MaxLength"))),
        range=(_decimal(says.get("MinValue")), _decimal(says.get("MaxValue"))),
        constraint=says.get("ConstraintDescription", ""),
        is_secret=_text(says.get("NoEcho", "")) == "true",
    )


def _text(value: object) -> str:
    # An unquoted on, off, yes or no is a boolean in YAML 1.1, for CloudFormation too.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _number_faults(item: str, least: Decimal | None, most: Decimal | None) -> Iterator[str]:
    try:
        number = Decimal(item)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not item.isascii():
        yield "must be a number"
    elif least is not None and number < least:
        yield f"must be {least} or more"
    elif most is not None and number > most:
        yield f"must be {most} or less"


def _length_faults(item: str, least: int | None, most: int | None) -> Iterator[str]:
    if least is not None and len(item) < least:
        yield f"must be {least} characters long or longer, not {len(item)}"
    elif most is not None and len(item) > most:
        yield f"must be {most} characters long or shorter, not {len(item)}"


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """Plain YAML, and CloudFormation's short tags: !Ref X is {"Ref": X}."""


def _short_tag(loader: Loader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
        if name == "Fn::GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_multi_constructor("!", _short_tag)
