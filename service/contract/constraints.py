"""Constraints of texts that Python and JSON Schema read alike."""

from __future__ import annotations

from msgspec import Meta

#: One line, and several, of whatever characters but those that control a terminal.
LINE = r"[^\x00-\x1f\x7f]*"
LINES = r"[^\x00-\x08\x0b-\x1f\x7f]*"


def text(
    pattern: str = LINE,
    *,
    at_most: int,
    at_least: int = 0,
    about: str = "",
    examples: tuple[str, ...] = (),
) -> Meta:
    r"""Return the constraint of a text that is *pattern* from its first character to its last.

    about, examples: for the document.
    Python's "$" also stands before a "\n" at the end (re, "$"), which ECMA-262's does not.
    """
    return Meta(
        pattern=rf"^(?:{pattern})$(?!\n)",
        min_length=at_least or None,
        max_length=at_most,
        description=about or None,
        examples=list(examples) or None,
    )


#: `next` of a page, to ask for the one that follows.
CURSOR = text(r"[A-Za-z0-9._:=-]*", at_most=200, about="`next` of the page before")
