"""Conditional requests: a change names the version that it changes (RFC 9110, 13)."""

from __future__ import annotations

import re
from typing import Annotated

from service.problems import PreconditionFailed, PreconditionRequired

from .header import Header

_ETAGS = re.compile(r'(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*')
_VERSION = re.compile(r'(W/)?"([^"]*)"')


def etag(version: int) -> str:
    """The entity tag of what has *version* (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def _versions(text: str) -> frozenset[str]:
    """The tags in If-Match that can match: weak ones never do (RFC 9110, 13.1.1).

    "*" is refused: whoever changes something whatever it is now loses what others have changed.
    """
    if not _ETAGS.fullmatch(text):
        raise ValueError("expected the ETag of what was read, such as '\"3\"'")
    return frozenset(tag for weak, tag in _VERSION.findall(text) if not weak)


#: A parameter of a view: the tags of which one has to be that of what is changed.
IfMatch = Annotated[
    frozenset[str],
    Header(
        "If-Match",
        parse=_versions,
        missing=PreconditionRequired,
        pattern=rf"^(?:{_ETAGS.pattern})$(?!\n)",
        example='"1"',
    ),
]


def require(if_match: frozenset[str], version: int) -> None:
    """Raise PreconditionFailed unless *if_match* names *version*."""
    if str(version) not in if_match:
        raise PreconditionFailed("it was changed since, read it again")
