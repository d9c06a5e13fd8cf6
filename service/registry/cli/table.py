"""Clients as a table, CSV (RFC 4180): what a spreadsheet reads and writes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from service.contract.i_json import NotIJson, parse
from service.rate import Rate
from service.registry.matcher import KINDS

from . import rate

# Several in one cell are on a line each.
COLUMNS = (
    *("id", "organization", "status", *KINDS, "issuer"),
    *("scopes", "rate", "burst", "note", "api_keys", "matchers"),
)
_NEEDED = ("id", "organization")


class NoTable(ValueError):
    """Says what is wrong with it, and where."""


def rows(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each client is in *text*, and the client, as draft.read takes it.

    Raises NoTable.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _require_columns(reader.fieldnames or ())
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                raise NoTable(f"{where} has not as many cells as line 1")
            if any(row.values()):
                yield where, _client(where, row)
    except csv.Error as error:
        raise NoTable(f"line {reader.reader.line_num}: {error}") from error


def text(clients: Iterable[Mapping[str, Any]]) -> str:
    """Return the table of *clients*, each as draft.written has it."""
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_row(client) for client in clients)
    return made.getvalue()


def _require_columns(found: Sequence[str]) -> None:
    for name in found:
        if name not in COLUMNS:
            raise NoTable(f"line 1 has {name!r}, expected some of {', '.join(COLUMNS)}")
    twice = {name for name in found if found.count(name) > 1}
    missing = [name for name in _NEEDED if name not in found]
    if twice or missing:
        raise NoTable(f"line 1 has {', '.join(found)!r}, expected {', '.join(_NEEDED)}, each once")


def _client(where: str, row: Mapping[str, str]) -> dict[str, Any]:
    cells = {name: row.get(name, "").strip() for name in COLUMNS}
    issuer = cells["issuer"]
    found = [
        {"kind": kind, "value": value, "issuer": issuer}
        for kind in KINDS
        for value in _lines(cells[kind])
    ]
    return {
        "id": cells["id"],
        "organization": cells["organization"],
        "status": cells["status"] or "active",
        "matchers": found + _json(where, cells["matchers"]),
        "scopes": cells["scopes"].split(),
        "rate": _rate(where, cells),
        "note": cells["note"].replace("\r\n", "\n"),
        "api_keys": cells["api_keys"].split(),
    }


def _row(client: Mapping[str, Any]) -> dict[str, Any]:
    issuers = {matcher["issuer"] for matcher in client["matchers"]}
    values = [matcher["value"] for matcher in client["matchers"]]
    # What a cell cannot say is said in JSON.
    is_plain = len(issuers) <= 1 and all([value] == _lines(value) for value in values)
    plain = client["matchers"] if is_plain else ()
    row = {
        kind: "\n".join(matcher["value"] for matcher in plain if matcher["kind"] == kind)
        for kind in KINDS
    }
    if is_plain:
        row["issuer"] = next(iter(issuers), "")
    else:
        row["matchers"] = json.dumps(client["matchers"], ensure_ascii=False)
    if client["rate"]:
        limit = Rate(client["rate"]["per_second"], client["rate"]["burst"])
        row |= {"rate": rate.text(limit), "burst": str(limit.burst)}
    named = {name: client[name] for name in ("id", "organization", "status", "note")}
    lists = {name: " ".join(client[name]) for name in ("scopes", "api_keys")}
    return {**named, **row, **lists}


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _json(where: str, cell: str) -> list[Any]:
    if not cell:
        return []
    try:
        found = parse(cell.encode())
    except NotIJson as error:
        raise NoTable(f"{where}, matchers: {error}") from error
    if not isinstance(found, list):
        raise NoTable(f"{where}, matchers is {cell[:80]!r}, expected a list as JSON")
    return found


def _rate(where: str, cells: Mapping[str, str]) -> dict[str, float] | None:
    if not cells["rate"]:
        if cells["burst"]:
            raise NoTable(f"{where} has a burst and no rate")
        return None
    try:
        steady = rate.per_second(cells["rate"])
    except ValueError as error:
        raise NoTable(f"{where}: {error}") from error
    if cells["burst"] and not (cells["burst"].isascii() and cells["burst"].isdecimal()):
        raise NoTable(f"{where}: burst is {cells['burst'][:80]!r}, expected a number")
    burst = int(cells["burst"][:20]) if cells["burst"] else None
    return rate.chosen(steady, burst, None)
