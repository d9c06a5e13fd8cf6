"""Parameters as SAM writes them: A=b C='d e', or ParameterKey=A,ParameterValue=b."""

import re
from collections.abc import Mapping

from .errors import AwsRefused

# Of SAM, which wants a blank before each pair. SAM drops whatever no pair takes in silence, so that
# Name=two words is "two" there; here it is refused.
_KEY = r"""([A-Za-z0-9"']+)"""
_VALUE = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^ "\\])+)"""
_PAIRS = (
    re.compile(f"(?:ParameterKey={_KEY},ParameterValue={_VALUE})"),
    re.compile(f"(?: {_KEY}={_VALUE})"),
)
_HINT = """write: parameter_overrides = "DomainName=api.example.com AllowSubjects='CN=a b'\""""


def read(given: object) -> dict[str, str]:
    """Return the parameters in *given*, a text, a list of such, or a table, as SAM reads them."""
    if isinstance(given, str):
        return _parse(given) if given.strip() else {}
    if isinstance(given, list):
        return {name: value for item in given for name, value in read(item).items()}
    if isinstance(given, Mapping):
        return {str(name): _text(str(name), value) for name, value in given.items()}
    raise AwsRefused(f"parameter_overrides has {given!r}, expected NAME=VALUE", _HINT)


def write(name: str, value: str) -> str:
    """Return NAME=VALUE so that SAM reads exactly *value*; AwsRefused if there is no way."""
    # What SAM takes away when it reads; the quotes around are tried below.
    escaped = value.replace("'", r"\'").replace('"', r"\"").replace(" ", r"\ ")
    for text in (value, escaped):
        for quote in ("", '"', "'"):
            pair = f"{name}={quote}{text}{quote}"
            if _found(pair) == ({name: value}, ""):
                return pair
    raise AwsRefused(
        f"{name} is {value!r}, which the syntax of sam cannot express",
        "write it without backslashes before blanks and quotes, or at the end",
    )


def _parse(text: str) -> dict[str, str]:
    if text.startswith("file://"):
        raise AwsRefused(f"parameter_overrides is {text!r}, expected NAME=VALUE", _HINT)
    found, left_over = _found(text)
    if left_over or not found:
        raise AwsRefused(
            f"parameter_overrides has {left_over or text!r} that belongs to no NAME=VALUE", _HINT
        )
    return found


def _found(text: str) -> tuple[dict[str, str], str]:
    spaced = " " + text.strip()
    for pattern in _PAIRS:
        pairs = pattern.findall(spaced)
        if pairs:
            found = {_unquoted(name): _unquoted(value) for name, value in pairs}
            return found, pattern.sub("", spaced).strip()
    return {}, ""


def _unquoted(text: str) -> str:
    if text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return text.replace(r"\ ", " ").replace(r"\"", '"').replace(r"\'", "'")


def _text(name: str, value: object) -> str:
    if isinstance(value, bool | int | float | str):
        return _unquoted(str(value)) if value != "" else ""
    if isinstance(value, list):
        return ",".join(str(item).strip() for item in value if item != "")
    raise AwsRefused(f"parameter_overrides has {name} = {value!r}, expected a text", _HINT)
