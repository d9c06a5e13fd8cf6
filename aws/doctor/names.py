"""What DNS says of a host, as this machine resolves it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .task import Task

Lookup = Callable[..., list[Any]]  #: as socket.getaddrinfo
_MOST = 8  # addresses looked at
_NO_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@dataclass(frozen=True, slots=True)
class Names:
    """The addresses of *host*, in the order in which a client tries them.

    canonical: the name at the end of the CNAMEs, *host* itself if there are none (an alias of
    Route 53 cannot be seen); fault: why there are no addresses, "" if there are.
    """

    host: str
    addresses: tuple[str, ...] = ()
    canonical: str = ""
    fault: Literal["", "no-name", "no-answer"] = ""
    said: str = ""

    def leads_to(self, target: "Names") -> bool:
        """Whether it ends where *target* does: by name, or by one of its addresses."""
        names = {target.host, target.canonical} - {""}
        return self.canonical in names or bool(set(self.addresses) & set(target.addresses))


def resolve(host: str, port: int, lookup: Lookup, seconds: float) -> Names:
    """Return what *lookup* says of *host*; nothing is raised."""
    asked = Task(lambda: lookup(host, port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME))
    try:
        found = asked.result(seconds)
    except TimeoutError:
        return Names(host, fault="no-answer", said=f"no answer in {seconds:g} s")
    except socket.gaierror as error:
        said = (error.strerror or str(error)).lower()
        return Names(host, fault="no-name" if error.errno in _NO_NAME else "no-answer", said=said)
    except (OSError, UnicodeError) as error:
        return Names(host, fault="no-name", said=str(error).lower())
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    canonical = next((str(entry[3]) for entry in found if entry[3]), "")
    if not addresses:
        return Names(host, fault="no-name", said="it has no address")
    return Names(host, tuple(addresses)[:_MOST], canonical.rstrip(".").lower() or host)
