"""Good bytes, spoiled: each time in another way, and the same way again for the same seed."""

from __future__ import annotations

import base64
import random
import re

# Lengths, tags and marks that parsers turn at.
_MARKS = (b"-----", b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b"\xef\xbb\xbf")
_ODD = (b"", b"\0", b"\x30", b"\x80", b"\x84\xff\xff\xff\xff", b"\xff" * 9, b"\r", b"\n\n", *_MARKS)


_BLOCK = re.compile(rb"(?<=-----\n)[A-Za-z0-9+/=\n]+(?=-----END)")


def spoiled(good: bytes, dice: random.Random) -> bytes:
    """Return *good* with some of its places changed, or nothing like it at all."""
    if dice.random() < 0.02:
        return dice.randbytes(dice.randrange(300))
    blocks = list(_BLOCK.finditer(good))
    if blocks and dice.random() < 0.7:  # else nothing behind the PEM is ever reached
        block = dice.choice(blocks)
        inside = base64.encodebytes(_changed(base64.b64decode(block[0]), dice))
        return good[: block.start()] + inside + good[block.end() :]
    return _changed(good, dice)


def _changed(good: bytes, dice: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        at = dice.randrange(len(data) + 1)
        to = min(len(data), at + (1 << dice.randrange(9)))
        match dice.randrange(6):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                data[at:to] = b""
            case 2:
                data[at:at] = data[at:to]
            case 3:
                data[at:at] = dice.choice(_ODD)
            case 4 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case _:
                other = dice.randrange(len(data) + 1)
                data[at:to] = data[other : other + to - at]
    return bytes(data)
