"""Reads tests/vectors/identity_headers; the README there says what a vector is."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from tests.builders import Holder

FOLDER = Path(__file__).parent.parent / "vectors/identity_headers"
TRUSTED_PROXY = "192.0.2.1"
_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]+)\}")
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[rnt0\\])")
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Vector:
    """One attack, and what has to come of it."""

    name: str
    attack: str
    expect: tuple[str, ...]
    request: str

    @classmethod
    def load(cls, path: Path) -> Vector:
        match = re.fullmatch(
            r"(?s)(?P<prose>.+?)\n\nattack: (?P<attack>[^\n]+)\nexpect: (?P<expect>[^\n]+)\n\n"
            r"(?P<request>.+)",
            path.read_text(encoding="ascii"),
        )
        assert match is not None, f"{path} is no vector"
        return cls(
            path.stem, match["attack"], tuple(match["expect"].split(" or ")), match["request"]
        )

    def as_bytes(self, values: Mapping[str, str]) -> bytes:
        """The request on the wire."""
        text = self.request.replace("\\\n", "\0joined").replace("\n", "\r\n")
        raw = _bytes(text.replace("\0joined", ""), values)
        below = len(raw) - raw.index(b"\r\n\r\n") - 4
        raw = raw.replace(b"{BYTES_BELOW}", b"%d" % below)
        start, found, rest = raw.partition(b"{HEX_BELOW}\r\n")
        size = len(rest) - len(_LAST_CHUNK)
        return start + (b"%x\r\n" % size if found else b"") + rest

    def as_headers(
        self, values: Mapping[str, str]
    ) -> tuple[list[tuple[str, str]], bytes, list[tuple[str, str]]]:
        """Headers, body and trailers of an HTTP/2 request."""
        headers, body, trailers = (*self.request.rstrip("\n").split("\n\n"), "", "")[:3]
        return _pairs(headers, values), _bytes(body, values), _pairs(trailers, values)


def load(folder: str) -> list[Vector]:
    """Every vector of one folder."""
    return [Vector.load(path) for path in sorted((FOLDER / folder).glob("*.txt"))]


@dataclass(frozen=True)
class Cast:
    """Whose leaves the placeholders stand for."""

    other_client: Holder
    stranger: Holder
    outsider: Holder
    expired: Holder

    @cached_property
    def values(self) -> Mapping[str, str]:
        certificate = self.other_client.certificate
        lines = self.other_client.pem.splitlines()[1:-1]
        tail = base64.b64encode(base64.b64decode("".join(lines)) + b"\0").decode()
        serial = certificate.serial_number
        return {
            "HOST": "localhost",
            "LEAF_OF_OTHER_CLIENT": _escaped(self.other_client.pem),
            "LEAF_OF_STRANGER": _escaped(self.stranger.pem),
            "LEAF_OF_OUTSIDER": _escaped(self.outsider.pem),
            "LEAF_OF_EXPIRED": _escaped(self.expired.pem),
            "BODY_OF_OTHER_CLIENT": "%0A".join(lines),
            "ESCAPED_BODY_OF_OTHER_CLIENT": quote("\n".join(lines), safe=""),
            "HALF_BODY_OF_OTHER_CLIENT": "%0A".join(lines[: len(lines) // 2]),
            "BODY_WITH_TAIL": tail,
            "BASE64_OF_OTHER_CLIENT": "".join(lines),
            "SERIAL_OF_OTHER_CLIENT": f"{serial:040X}",
            "SUBJECT_OF_OTHER_CLIENT": certificate.subject.rfc4514_string(),
            "TRUSTED_PROXY": TRUSTED_PROXY,
            "FILLER": "A" * 13_000,
        }


def _escaped(pem: str) -> str:
    return quote(pem, safe="+=/")


def _bytes(text: str, values: Mapping[str, str]) -> bytes:
    filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
    return _ESCAPE.sub(_unescape, filled).encode("latin-1")


def _unescape(found: re.Match[str]) -> str:
    escape = found[1]
    return chr(int(escape[1:], 16)) if escape[0] == "x" else _ESCAPED[escape]


def _pairs(text: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = []
    for line in text.splitlines():
        # The colon at the beginning belongs to a pseudo-header's name.
        name, _, value = line[1:].partition(": ")
        pairs.append(
            tuple(_bytes(part, values).decode("latin-1") for part in (line[0] + name, value))
        )
    return [(name, value) for name, value in pairs]
