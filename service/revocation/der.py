"""As much DER as it takes to find the parts of a large structure without copying it."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE = 0x02, 0x04, 0x0A, 0x30
TIMES = (0x17, 0x18)


class BrokenDer(ValueError):
    """An element ends beyond the bytes that there are."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element is: its tag at *at*, its content from *start* to *end*."""

    at: int
    start: int
    end: int


def read(data: bytes | memoryview, at: int) -> Element:
    """Return the element whose tag, of one octet, is at *at*; raises BrokenDer."""
    try:
        length, start = data[at + 1], at + 2
    except IndexError as error:
        raise BrokenDer(f"no element at {at}") from error
    if length & 0x80:
        octets = length & 0x7F
        length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
    if start + length > len(data):
        raise BrokenDer(f"the element at {at} is cut off")
    return Element(at, start, start + length)
