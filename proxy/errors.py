"""What went wrong at the start, and what to type next."""

from __future__ import annotations


class GatewayError(Exception):
    """A refusal with a *message* (lower case, no full stop) and a *hint* (what to type)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
