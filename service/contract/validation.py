"""A value held against a type that msgspec knows: all that is wrong with it, not the first alone.

msgspec stops at the first fault. What it refuses is looked through again here, member by member,
down to where a type is no longer a Struct, an array or an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct, ValidationError

from .fault import Fault, Faulty, Place

MOST = 20  #: faults that are told
_ARRAYS = (list, tuple, set, frozenset)
_WHERE = re.compile(r" - at `[^`]*`$")

_Found = Iterator[tuple[tuple[str, ...], str]]
_Members = Iterator[tuple[str, object, Any]]
_Check = Callable[[object, Any], str]


def converted(value: object, type_: Any, place: Place, *, strict: bool = True) -> Any:  # noqa: ANN401
    """Return *value*, as JSON has it, as one of *type_*; raises Faulty.

    Not *strict*: texts of a path, query or header, which have no other types ("1" is 1).
    """
    try:
        return msgspec.convert(value, type_, strict=strict)
    except (ValidationError, RecursionError) as error:
        check = _said(strict=strict)
        found = islice(_faults(value, type_, check), MOST)
        raise Faulty([Fault(place, path, message) for path, message in found]) from error


def _said(*, strict: bool) -> _Check:
    """Return what says what msgspec says of a value that should have a type; "" = it has."""

    def check(value: object, type_: Any) -> str:  # noqa: ANN401
        try:
            msgspec.convert(value, type_, strict=strict)
        except ValidationError as error:
            said = _WHERE.sub("", str(error))
            return said[:1].lower() + said[1:]
        except RecursionError:
            return "nested too deeply"
        return ""

    return check


def _faults(value: object, type_: Any, check: _Check) -> _Found:  # noqa: ANN401
    inside = False
    for name, member, expected in _members(value, _plain(type_)):
        if isinstance(expected, str):
            inside = True
            yield (name,), expected
            continue
        for path, message in _faults(member, expected, check):
            inside = True
            yield (name, *path), message
    if not inside and (message := check(value, type_)):
        yield (), message


def _members(value: object, type_: Any) -> _Members:  # noqa: ANN401
    """Yield the members of *value*: name, value, and type; or, as text, what is wrong with it."""
    if isinstance(value, Mapping) and isinstance(type_, type) and issubclass(type_, Struct):
        yield from _fields_of(value, type_)
    elif isinstance(value, list) and get_origin(type_) in _ARRAYS:
        expected = get_args(type_)[0]
        yield from ((str(number), item, expected) for number, item in enumerate(value))
    elif isinstance(value, Mapping) and get_origin(type_) is dict:
        yield from ((name, item, get_args(type_)[1]) for name, item in value.items())


def _fields_of(value: Mapping[str, object], type_: type[Struct]) -> _Members:
    fields = _fields(type_)
    if type_.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                yield name, None, f"unknown, expected one of {', '.join(fields) or 'none'}"
    for name, (required, expected) in fields.items():
        if name in value:
            yield name, value[name], expected
        elif required:
            yield name, None, "missing"


@lru_cache(maxsize=256)
def _fields(type_: type[Struct]) -> Mapping[str, tuple[bool, Any]]:
    found = msgspec.structs.fields(type_)
    return {one.encode_name: (one.required, one.type) for one in found}


def _plain(type_: Any) -> Any:  # noqa: ANN401
    """*type_* without its constraints, and without the None that it may be instead."""
    while get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    if get_origin(type_) in {Union, UnionType}:
        kinds = [kind for kind in get_args(type_) if kind is not NoneType]
        return _plain(kinds[0]) if len(kinds) == 1 else type_
    return type_
