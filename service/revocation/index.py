"""The revocation index: which serials which issuer has revoked, in one block of bytes.

    magic and version, 8 octets
    CRC-32 of all that follows, 4
    length of the header, 8
    length of the whole, 8
    the header, JSON: issuers, blocks, sources
    the blocks: records of one width, sorted: a serial, big-endian, and the reason, one octet;
        before the records of a large one, where those begin whose first 12 bits are 0, 1, 2, …

A block is what one CRL says; serials of two issuers never meet. It is read where it lies, in a
mapped file: a million serials of 16 octets are 17 MB, and eight steps.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from mmap import mmap
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from service.certificate import UNREADABLE

from .issuer import Issuer

MAGIC = b"REVOKED\x01"
_HEAD = struct.Struct(">8sIQQ")
_CHECKED_FROM = 12  #: what the CRC is of
_FAN = 1 << 12
_FAN_SIZE = 4 * (_FAN + 1)
_NEAR = 32  #: so many records are searched as they are
_PAIR = struct.Struct(">II")
#: RFC 5280, 4.1.2.2. A longer serial, which should not be, is kept as a hash of so many octets.
MAX_SERIAL = 20
_REASONS = (
    *("unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded"),
    *("cessationOfOperation", "certificateHold", "", "removeFromCRL", "privilegeWithdrawn"),
    "aACompromise",
)
#: RFC 5280, 5.3.1
REASONS = dict(enumerate(_REASONS))


Buffer = bytes | mmap


class BrokenIndex(ValueError):
    """The bytes are no index, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Block:
    """What one CRL says, and where its records lie."""

    issuer: str  #: Issuer.id
    points: tuple[str, ...]  #: as Crl.points, sorted
    number: int | None
    this_update: datetime
    next_update: datetime
    width: int  #: of a serial; the record has one octet more
    count: int
    offset: int = 0

    @property
    def scope(self) -> tuple[str, tuple[str, ...]]:
        """What a later CRL has to share with it to take its place."""
        return self.issuer, self.points

    @property
    def has_fan(self) -> bool:
        """Whether it says where its serials begin, by their first bits."""
        return self.count >= _FAN and self.width > 1

    @property
    def begin(self) -> int:
        """Where its records begin."""
        return self.offset + (_FAN_SIZE if self.has_fan else 0)

    @property
    def end(self) -> int:
        """Where they end."""
        return self.begin + (self.width + 1) * self.count


@dataclass(frozen=True, slots=True)
class Header:
    """What an index says beside its records. *tags*: per source, what it was when it was read."""

    truststore: str  #: SHA-256 of the bundle that `issuers` is made of
    issuers: tuple[Issuer, ...]
    tags: Mapping[str, str]
    blocks: tuple[Block, ...]


class Index:
    """An index in *buffer*; raises BrokenIndex if not every bit of it is what was written."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        header = _checked(buffer)
        try:
            found = json.loads(buffer[_HEAD.size : _HEAD.size + header])
            self.truststore: str = found["truststore"]
            self.tags: Mapping[str, str] = found["tags"]
            self._certificates: dict[str, list[str]] = found["issuers"]
            self.blocks = tuple(_placed(found["blocks"], _HEAD.size + header, len(buffer)))
        except (ValueError, TypeError, KeyError) as error:
            raise BrokenIndex(f"cannot read the header: {error}") from error

    def issuers(self, name: str) -> Iterator[Issuer]:
        """The authorities with *name*, RFC 4514; the text only narrows the search."""
        for text in self._certificates.get(name, ()):
            yield Issuer.of(x509.load_der_x509_certificate(base64.b64decode(text)))

    def all_issuers(self) -> tuple[Issuer, ...]:
        """The authorities of the truststore that it was made with."""
        return tuple(issuer for name in self._certificates for issuer in self.issuers(name))

    def covering(self, leaf: x509.Certificate) -> tuple[Block, ...]:
        """What speaks for *leaf*: of who signed it, and not for other distribution points."""
        signer = next(
            (i for i in self.issuers(leaf.issuer.rfc4514_string()) if i.issued(leaf)), None
        )
        if signer is None:
            return ()
        own = [block for block in self.blocks if block.issuer == signer.id]
        points = _points(leaf) if any(block.points for block in own) else frozenset()
        return tuple(b for b in own if not b.points or not points.isdisjoint(b.points))

    def reason(self, block: Block, serial_number: int) -> int | None:
        """Why *serial_number* is revoked, a key of REASONS; None if *block* does not have it."""
        buffer, begin, width = self._buffer, block.begin, block.width
        try:
            wanted = serial_number.to_bytes(width, "big")
        except OverflowError:
            if width < MAX_SERIAL:
                return None
            wanted = key(serial_number)
        low, high, record = 0, block.count, width + 1
        if block.has_fan:
            at = block.offset + 4 * (wanted[0] << 4 | wanted[1] >> 4)
            low, high = _PAIR.unpack(buffer[at : at + 8])
        while high - low > _NEAR:
            middle = (low + high) >> 1
            at = begin + middle * record
            if buffer[at : at + width] < wanted:
                low = middle + 1
            else:
                high = middle + 1
        near = buffer[begin + low * record : begin + high * record]
        at = near.find(wanted)
        while at > 0 and at % record:  # two records together may look like a third
            at = near.find(wanted, at + 1)
        return near[at + width] if at >= 0 else None

    def records(self, block: Block) -> bytes:
        """All of *block*, to be taken over into the next index."""
        return self._buffer[block.begin : block.end]


def key(serial_number: int) -> bytes:
    """*serial_number* as an index has it."""
    octets = serial_number.to_bytes((serial_number.bit_length() + 7) // 8, "big")
    return octets if len(octets) <= MAX_SERIAL else hashlib.sha256(octets).digest()[:MAX_SERIAL]


def sort(rows: Mapping[int, Sequence[bytes]]) -> tuple[int, list[bytes]]:
    """The width of the serials in *rows* (see crl.revoked), and the records in order."""
    width = min(max(rows, default=1), MAX_SERIAL)
    records: list[bytes] = []
    for length, found in rows.items():
        if length == width:
            records += found
        elif length < width:
            records += [row.rjust(width + 1, b"\0") for row in found]
        else:
            records += [key(int.from_bytes(row[:-1], "big")) + row[-1:] for row in found]
    records.sort()
    return width, records


def _fan(block: Block, records: bytes) -> bytes:
    """Where the serials begin whose first bits are 0, 1, 2, …; and behind the last."""
    if not block.has_fan:
        return b""
    record = block.width + 1

    def first_bits(number: int) -> int:
        at = number * record
        return records[at] << 4 | records[at + 1] >> 4

    numbers = range(block.count)
    begins = [bisect_left(numbers, bits, key=first_bits) for bits in range(_FAN + 1)]
    return struct.pack(f">{_FAN + 1}I", *begins)


def pack(header: Header, records: Iterable[bytes]) -> Iterator[bytes]:
    """The index, piece by piece; *records* of each block of *header*, in that order."""
    issuers: dict[str, list[str]] = {}
    for issuer in header.issuers:
        encoded = base64.b64encode(issuer.certificate.public_bytes(Encoding.DER)).decode()
        issuers.setdefault(issuer.certificate.subject.rfc4514_string(), []).append(encoded)
    text = json.dumps(
        {
            "truststore": header.truststore,
            "issuers": issuers,
            "tags": dict(header.tags),
            "blocks": [_values(block) for block in header.blocks],
        }
    ).encode()
    pieces = [text]
    for block, one in zip(header.blocks, records, strict=True):
        pieces += [_fan(block, one), one]
    whole = _HEAD.size + sum(map(len, pieces))
    check = zlib.crc32(_HEAD.pack(MAGIC, 0, len(text), whole)[_CHECKED_FROM:])
    for piece in pieces:
        check = zlib.crc32(piece, check)
    yield _HEAD.pack(MAGIC, check, len(text), whole)
    yield from pieces


def _checked(buffer: Buffer) -> int:
    """The length of the header of *buffer*."""
    if len(buffer) < _HEAD.size:
        raise BrokenIndex(f"{len(buffer)} octets are no index")
    magic, check, header, whole = _HEAD.unpack(buffer[: _HEAD.size])
    if magic != MAGIC:
        raise BrokenIndex("not an index, or one of another version")
    if whole != len(buffer) or header > whole - _HEAD.size:
        raise BrokenIndex(f"{len(buffer)} octets, where {whole} were written")
    with memoryview(buffer) as view, view[_CHECKED_FROM:] as checked:
        if zlib.crc32(checked) != check:
            raise BrokenIndex("its checksum is wrong")
    return int(header)


def _values(block: Block) -> dict[str, Any]:
    values = asdict(block)
    values |= {name: values[name].timestamp() for name in ("this_update", "next_update")}
    return values


def _placed(blocks: Iterable[Mapping[str, Any]], begin: int, end: int) -> Iterator[Block]:
    for values in blocks:
        times = {n: datetime.fromtimestamp(values[n], UTC) for n in ("this_update", "next_update")}
        points = tuple(values["points"])
        block = Block(**{**values, **times, "points": points, "offset": begin})
        begin = block.end
        yield block
    if begin != end:
        raise BrokenIndex("the blocks are not what the header says")


def _points(leaf: x509.Certificate) -> frozenset[str]:
    """Where *leaf* says that its CRL is."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return frozenset()
    names = [name for point in found if not point.reasons for name in point.full_name or ()]
    return frozenset(n.value for n in names if isinstance(n, x509.UniformResourceIdentifier))
