"""Every cause that can be found, as data; docs/troubleshooting.md is made of it."""

from collections.abc import Mapping

from . import of_account, of_answer, of_client, of_domain, of_reach, of_server, of_service
from .cause import PLACEHOLDERS, Cause

__all__ = ["CAUSES", "GROUPS", "INSIDE", "PLACEHOLDERS", "Cause"]

#: What takes an account to be seen.
INSIDE = "Within AWS"
#: In the order in which it is looked for.
GROUPS: Mapping[str, tuple[Cause, ...]] = {
    "From the URL to TLS": of_reach.ROWS,
    "The server's certificate": of_server.ROWS,
    "The client's certificate": of_client.ROWS,
    "What the API answers": (*of_answer.ROWS, *of_service.ROWS),
    INSIDE: (*of_domain.ROWS, *of_account.ROWS),
}
CAUSES: Mapping[str, Cause] = {row.code: row for rows in GROUPS.values() for row in rows}
