"""JSON that means the same to everybody who reads it: I-JSON (RFC 7493). Pure."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

#: Every integer up to here is a double, and no two are the same one (RFC 7493, 2.2).
MOST_EXACT = 2**53 - 1
_LONGEST_INTEGER = 400  # digits; a double has 309
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotIJson(ValueError):
    """Says what is wrong, and where."""


def parse(data: bytes) -> object:
    """Return what *data* says; raises NotIJson.

    Refused are, besides what is no JSON: bytes that are no UTF-8, half a surrogate pair, a name
    twice in one object, NaN and Infinity, numbers that no double holds, and what is nested deeper
    than the interpreter can follow. 1.0 is 1 (RFC 8259, 6, has one kind of number).
    """
    try:
        text = data.decode()
        value: object = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise NotIJson(f"line {error.lineno}, column {error.colno}: {said}") from error
    except UnicodeDecodeError as error:
        raise NotIJson(f"byte {error.start} is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise NotIJson("half a surrogate pair is no character") from error
    except RecursionError as error:
        raise NotIJson("it is nested too deeply") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotIJson(f"{_short(_first_twice(pairs))!r} is in one object twice")
    return found


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _float(text: str) -> float | int:
    value = float(text)
    if math.isinf(value):
        raise NotIJson(f"{_short(text)} is out of range")
    return int(value) if value.is_integer() and abs(value) <= MOST_EXACT else value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise NotIJson(f"{_short(text)} is out of range")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise NotIJson(f"{text} is no number")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."  # noqa: PLR2004  (for a message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant
)
