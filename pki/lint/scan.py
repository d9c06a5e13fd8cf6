"""What lies in a truststore file, line by line: PEM blocks, and everything around them.

Unlike a PEM library it drops nothing silently: a block without an end, text, a second block on the
same line are all told, with their lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BOM = b"\xef\xbb\xbf"
CERTIFICATE = b"CERTIFICATE"
#: Whoever sends more has sent no truststore: the rest is counted, and not read.
MAX_BLOCKS = 2000

_MARK = re.compile(rb"-----(BEGIN|END) ([^-\n]{0,64})-----")
_NEWLINE = 10
_INDENT = 100  # octets before a mark that are looked at
_PRIVATE = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
# Lines of 64 characters between marks on lines of their own (RFC 7468, 2).
_STRICT = re.compile(rb"\n(?:\S{64}\n)*\S{1,64}\n")
_MAX_LABELS = 20


@dataclass(slots=True)
class Places:
    """Lines of one kind: how many, which is the first, and what it says."""

    count: int = 0
    first: int = 0
    text: bytes = b""

    def add(self, line: int, text: bytes = b"") -> None:
        """Count *line*, which says *text*."""
        if not self.count:
            self.first, self.text = line, text[:80]
        self.count += 1


@dataclass(frozen=True, slots=True)
class Block:
    """A PEM block of certificates: the line of its BEGIN, and what is between the marks."""

    line: int
    body: bytes
    size: int  #: with its marks


@dataclass(slots=True)
class Scan:
    """Everything in a file."""

    blocks: list[Block] = field(default_factory=list)
    count: int = 0  #: of certificate blocks, those beyond MAX_BLOCKS too
    others: dict[bytes, Places] = field(default_factory=dict)  #: blocks by another label
    keys: Places = field(default_factory=Places)
    blank: Places = field(default_factory=Places)
    comments: Places = field(default_factory=Places)
    dashed: Places = field(default_factory=Places)  #: comments with a "-"
    stray: Places = field(default_factory=Places)
    returns: Places = field(default_factory=Places)  #: lines that end in CR
    glued: Places = field(default_factory=Places)  #: a BEGIN that does not begin its line
    loose: Places = field(default_factory=Places)  #: not laid out as RFC 7468 has it
    cut: Places = field(default_factory=Places)  #: a BEGIN without END, an END without BEGIN
    has_bom: bool = False
    ends_in_newline: bool = True


def private_keys(content: bytes) -> Places:
    """Return where private keys begin in *content*."""
    found = Places()
    # UTF-16 has a NUL beside each letter.
    text = content.replace(b"\0", b"")
    for mark in _PRIVATE.finditer(text):
        found.add(0 if found.count else text.count(b"\n", 0, mark.start()) + 1)
    return found


def scan(content: bytes) -> Scan:
    """Return what is in *content*, whatever that is."""
    found = Scan(keys=private_keys(content), has_bom=content.startswith(BOM))
    _returns(content, found)
    text = content
    if found.returns.count:
        text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found.ends_in_newline = not text or text.endswith(b"\n")
    opened: tuple[bytes, int, int, int] | None = None  # label, line, start, where the body begins
    position = line = 0
    for mark, start, begins_line in _marks(text):
        if not begins_line and opened is None:
            continue  # a word of some text
        between = text[position:start]
        if opened is None and between:
            _outside(between, line + 1, found, starts_line=position == 0)
        line += between.count(b"\n")
        if mark is None:
            break
        kind, label = mark.groups()
        here = line + 1
        if kind == b"END" and opened and opened[0] == label:
            _closed(Block(opened[1], between, mark.end() - opened[2]), label, found)
            opened = None
        else:
            if opened or kind == b"END":
                found.cut.add(opened[1] if opened else here)
            opened = (label, here, start, mark.end()) if kind == b"BEGIN" else None
        if kind == b"BEGIN" and start and text[start - 1 : start] == b"-":
            found.glued.add(here)
        position = mark.end()
    if opened:
        found.cut.add(opened[1])
    return found


def _marks(text: bytes) -> Iterator[tuple[re.Match[bytes] | None, int, bool]]:
    """Each mark, where it starts, and whether it begins its line, or follows another at once.

    At the end, None.
    """
    for mark in _MARK.finditer(text):
        start = mark.start()
        if not start or text[start - 1] == _NEWLINE:
            yield mark, start, True
            continue
        newline = text.rfind(b"\n", max(start - _INDENT, 0), start)
        before = text[newline + 1 : start] if newline >= 0 or start <= _INDENT else b"?"
        if not before.removeprefix(BOM).strip(b" \t"):
            yield mark, newline + 1, True
        else:
            yield mark, start, text[start - 5 : start] == b"-----"
    yield None, len(text), True


def _returns(content: bytes, found: Scan) -> None:
    found.returns.count = content.count(b"\r")
    if found.returns.count:
        found.returns.first = content.count(b"\n", 0, content.index(b"\r")) + 1


def _closed(block: Block, label: bytes, found: Scan) -> None:
    if label != CERTIFICATE:
        if label in found.others or len(found.others) < _MAX_LABELS:
            found.others.setdefault(label, Places()).add(block.line)
        return
    found.count += 1
    if len(found.blocks) < MAX_BLOCKS:
        found.blocks.append(block)
        if not _STRICT.fullmatch(block.body):
            found.loose.add(block.line)
            for number, text in enumerate(block.body.split(b"\n")[1:-1], block.line + 1):
                if not text.strip():
                    found.blank.add(number)


def _outside(between: bytes, number: int, found: Scan, *, starts_line: bool) -> None:
    for line, text in _lines(between, number, starts_line=starts_line):
        told = text.removeprefix(BOM) if line == 1 else text
        if line == number and not starts_line:
            if told.strip():
                found.stray.add(line, told)
            elif told:
                found.loose.add(line)
        elif not told.strip():
            if not (line == 1 and text):
                found.blank.add(line)
        elif not told.startswith(b"#"):
            found.stray.add(line, told)
        else:
            found.comments.add(line, told)
            if b"-" in told:
                found.dashed.add(line, told)


def _lines(between: bytes, number: int, *, starts_line: bool) -> Iterator[tuple[int, bytes]]:
    lines = between.split(b"\n")
    if not lines[-1] and (starts_line or len(lines) > 1):
        lines.pop()
    return enumerate(lines, number)
