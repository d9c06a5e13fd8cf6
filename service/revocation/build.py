"""One look at the sources, in a process of its own: `python -m service.revocation.build`.

What it takes to read a million entries, in memory and time, is gone with the process; and whoever
answers requests never waits for a network. Settings come as JSON on stdin, and what there is to
tell goes as JSON to stdout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from . import crl, der
from .crl import Crl, RejectedCrl
from .fetched import Fetched, SourceUnavailable
from .file import IndexFile
from .index import Block, BrokenIndex, Header, Index, pack, sort
from .settings import RevocationSettings
from .sources import shown, source
from .truststore import Trusted, name, trusted

Scope = tuple[str, tuple[str, ...]]


def refresh(
    settings: RevocationSettings,
    file: IndexFile,
    now: datetime,
    unless_since: float | None = None,
) -> list[str] | None:
    """Bring the index in *file* up to date, and return what is wrong with the sources.

    None: somebody else has looked at them, after *unless_since* (seconds of the epoch).
    """
    with file.locked():
        if unless_since is not None and file.was_attempted(unless_since):
            return None
        try:
            return _refresh(settings, file, now)
        finally:
            file.attempt()


def _refresh(settings: RevocationSettings, file: IndexFile, now: datetime) -> list[str]:
    old, problems = _old(file)
    found, more = trusted(settings.truststore, old)
    problems += more
    if found is None:
        return problems
    round_ = _Round(settings, found, now, problems, tags=dict(found.tags))
    if old is not None:
        round_.take_over(old)
    for entry in settings.sources:
        round_.look_at(entry)
    if round_.is_changed:
        file.write(round_.packed())
    return problems


def _old(file: IndexFile) -> tuple[Index | None, list[str]]:
    """The index that is there, and what is wrong with it."""
    try:
        return file.open(), []
    except BrokenIndex as error:
        is_there = file.version() is not None
        return None, [f"the index was broken, and is built anew: {error}"] * is_there


@dataclass(frozen=True, slots=True)
class _Part:
    block: Block
    records: bytes


@dataclass(slots=True)
class _Round:
    """One look at all sources."""

    settings: RevocationSettings
    trusted: Trusted
    now: datetime
    problems: list[str]
    parts: dict[Scope, _Part] = field(default_factory=dict)
    old_tags: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    is_changed: bool = True

    def take_over(self, old: Index) -> None:
        """Keep what the last index knows: what is not new, and the numbers that may not fall."""
        known = {issuer.id for issuer in self.trusted.issuers}
        for block in old.blocks:
            if block.issuer in known:
                self.parts[block.scope] = _Part(block, old.records(block))
        if old.truststore == self.trusted.digest:
            self.old_tags = dict(old.tags)
            self.is_changed = not self.tags.items() <= self.old_tags.items()

    def look_at(self, entry: str) -> None:
        """Take the CRLs of one source; what is wrong with it becomes a problem."""
        key = name(entry)
        tag = self.old_tags.get(key, "")
        try:
            fetched = source(entry)(tag)
        except SourceUnavailable as error:
            self.problems.append(f"{shown(entry)}: {error}")
            self.tags[key] = tag
            return
        if fetched is None:
            self.tags[key] = tag
        elif self._take(entry, fetched):
            self.tags[key] = fetched.tag
        self.is_changed |= self.tags.get(key, "") != tag

    def _take(self, entry: str, fetched: Fetched) -> bool:
        """Whether nothing was wrong, so that the same bytes need not be looked at again."""
        is_good = True
        try:
            for data in crl.split(fetched.data):
                try:
                    self._add(crl.read(data, self.trusted.issuers, self.now, self.settings.grace))
                except (RejectedCrl, der.BrokenDer) as error:
                    self.problems.append(f"{shown(entry)}: a CRL is rejected: {error}")
                    is_good = False
        except RejectedCrl as error:
            self.problems.append(f"{shown(entry)}: {error}")
            return False
        return is_good

    def _add(self, found: Crl) -> None:
        scope = found.issuer.id, tuple(sorted(found.points))
        old = self.parts.get(scope)
        if old is not None and not _is_newer(found, old.block):
            return
        width, records = sort(crl.revoked(found))
        times = found.this_update, found.next_update
        block = Block(*scope, found.number, *times, width=width, count=len(records))
        self.parts[scope] = _Part(block, b"".join(records))
        self.is_changed = True

    def packed(self) -> Sequence[bytes]:
        """The new index."""
        parts = self.parts.values()
        blocks = tuple(part.block for part in parts)
        header = Header(self.trusted.digest, self.trusted.issuers, self.tags, blocks)
        return list(pack(header, [part.records for part in parts]))


def _is_newer(found: Crl, old: Block) -> bool:
    """False: it is the same; raises RejectedCrl where it is older.

    A CRL without a number, of version 1, comes after one by its thisUpdate, and never after one
    that has a number (RFC 5280, 5.2.3: numbers grow, and every CRL has one).
    """
    if (found.number is None) != (old.number is None):
        if found.number is None:
            raise RejectedCrl(f"it has no number, the last one had {old.number}")
        return True
    if found.number is not None and old.number is not None:
        if found.number < old.number:
            raise RejectedCrl(f"its number is {found.number}, the last one had {old.number}")
        if found.number > old.number:
            return True
    if found.this_update < old.this_update:
        raise RejectedCrl(f"it is of {found.this_update:%Y-%m-%dT%H:%M:%SZ}, older than the last")
    return found.this_update > old.this_update


def main() -> int:
    """Look once, by what stdin says."""
    asked = json.load(sys.stdin)
    sys.path += [folder for folder in asked.get("path", ()) if folder not in sys.path]
    settings = RevocationSettings(
        sources=tuple(asked["sources"]),
        truststore=tuple(asked["truststore"]),
        grace=timedelta(seconds=asked["grace"]),
    )
    file = IndexFile(Path(asked["folder"]))
    problems = refresh(settings, file, datetime.now(UTC), asked["unless_since"])
    json.dump(problems, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
