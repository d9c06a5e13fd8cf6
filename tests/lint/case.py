"""What a vector is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lint.cas import NOW


@dataclass(frozen=True)
class Case:
    """*expect*: such as "error expired" or "error key-type alb"."""

    prose: str
    make: Callable[[], bytes]
    expect: tuple[str, ...] = ()
    barely_not: tuple[str, ...] = ()
    front: str = ""

    def file(self) -> bytes:
        """The vector; the keys in it are new each time."""
        return self.head() + self.make()

    def head(self) -> bytes:
        lines = [self.prose, ""]
        lines += [f"front: {self.front}"] * bool(self.front)
        lines += [f"at: {NOW:%Y-%m-%dT%H:%M:%SZ}"]
        for expected in self.expect:
            severity, code, *front = expected.split()
            lines.append(" ".join(("expect:", severity, f"truststore.{code}", *front)))
        lines += ["expect: nothing"] * (not self.expect)
        lines += [f"barely-not: truststore.{code}" for code in self.barely_not]
        return "\n".join((*lines, "", "truststore:", "")).encode()


def trips(prose: str, make: Callable[[], bytes], *expect: str, front: str = "") -> Case:
    return Case(prose, make, expect, (), front)


def barely(
    prose: str,
    make: Callable[[], bytes],
    *codes: str,
    expect: tuple[str, ...] = (),
    front: str = "",
) -> Case:
    return Case(prose, make, expect, codes, front)
