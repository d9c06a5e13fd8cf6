"""What the publisher refuses, and what keeps it from answering."""


class Refused(Exception):
    """A FAILED: *message* says what was found and expected, *hint* what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unanswerable(Exception):
    """The event names no URL to which an answer could go."""


class Undelivered(Exception):
    """The response URL did not take the answer. Lambda calls again, and nothing happens twice."""


def shortened(value: object) -> str:
    """Return the repr of *value*, or the beginning of a long one."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004
