"""What the environment says of the client registry. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

TTL = "30s"
_DYNAMODB = re.compile(r"dynamodb://[A-Za-z0-9_.-]{3,255}")  # AWS: naming rules of DynamoDB


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """url: sqlite:///PATH or dynamodb://TABLE; ttl: seconds that an answer of it is kept."""

    url: str
    ttl: float


def url(text: str) -> str:
    """Return *text* if it names a store; ValueError says what was expected."""
    path = text.removeprefix("sqlite:///")
    if (path != text and path and "\0" not in path) or _DYNAMODB.fullmatch(text):
        return text
    raise ValueError("expected sqlite:///PATH or dynamodb://TABLE")
