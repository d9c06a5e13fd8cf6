"""Whether somebody listens: a TCP connection, and nothing said on it."""

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["answers", "refused", "no-answer", "unreachable"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What became of a connection to *address*; *said*: the system's words if it failed."""

    address: str
    outcome: Outcome
    said: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return ipaddress.ip_address(self.address.partition("%")[0]).is_loopback


def reach(address: str, port: int, seconds: float) -> Reach:
    """Return whether *address* takes connections on *port*."""
    try:
        socket.create_connection((address, port), timeout=seconds).close()
    except TimeoutError:
        return Reach(address, "no-answer", f"no answer in {seconds:g} s")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        refused = error.errno in {errno.ECONNREFUSED, errno.ECONNRESET}
        return Reach(address, "refused" if refused else "unreachable", said)
    return Reach(address, "answers")
