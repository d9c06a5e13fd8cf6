"""What can go wrong, with what to type next."""

from __future__ import annotations


class StackError(Exception):
    """*message* says what was found and expected, *hint* what to type."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
