"""A truststore in a file that says what lint has to find in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "vectors/truststores"
_FIELD = re.compile(r"(front|at|expect|barely-not): (.+)")
_END = b"\ntruststore:\n"


@dataclass(frozen=True)
class Vector:
    """expected: (severity, code, front), where the front is empty if it is all the same to both."""

    name: str
    at: datetime
    front: str
    expected: frozenset[tuple[str, str, str]]
    barely_not: frozenset[str]
    content: bytes

    @property
    def codes(self) -> set[str]:
        return {code for _, code, _ in self.expected}


def parse(name: str, whole: bytes) -> Vector:
    head, end, content = whole.partition(_END)
    assert end, f"{name} has no line 'truststore:'"
    prose, *lines = head.decode().split("\n\n", 1)
    assert prose
    fields = [match.groups() for line in lines[0].split("\n") if (match := _FIELD.fullmatch(line))]
    assert len(fields) == len(list(filter(None, lines[0].split("\n")))), f"{name}: unknown field"
    values = {kind: [value for k, value in fields if k == kind] for kind, _ in fields}
    expected = [(*line.split(), "")[:3] for line in values.get("expect", []) if line != "nothing"]
    assert "expect" in values, name
    return Vector(
        name,
        datetime.fromisoformat(values["at"][0]),
        values.get("front", [""])[0],
        frozenset((severity, code, front) for severity, code, front in expected),
        frozenset(values.get("barely-not", [])),
        content,
    )


def every() -> list[Vector]:
    return [parse(path.stem, path.read_bytes()) for path in sorted(FOLDER.glob("*.pem"))]
