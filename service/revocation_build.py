"""One look at the sources, in a process of its own: `python -m service.revocation_build`.

What it takes to read a million entries, in memory and time, is gone with the process; and whoever
answers requests never waits for a network. Settings come as JSON on stdin, and what there is to
tell goes as JSON to stdout.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from . import crl, der
from .certificate import UNREADABLE
from .crl import Crl, RejectedCrl
from .issuer import Issuer, issuers
from .revocation import Block, BrokenIndex, Header, Index, pack, sort
from .revocation_fetched import Fetched, SourceUnavailable
from .revocation_file import IndexFile
from .revocation_settings import RevocationSettings
from .revocation_sources import shown, source

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
    try:
        trusted = _trusted(settings.truststore, old)
    except (SourceUnavailable, *UNREADABLE) as error:
        problems.append(f"TRUSTSTORE {shown(settings.truststore)!r} cannot be read: {error}")
        trusted = _as_before(settings.truststore, old)
    if trusted is None:
        return problems
    round_ = _Round(settings, trusted, now, problems)
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
class _Trusted:
    """The truststore: SHA-256 of the bundle, the authorities in it, and its source's tag."""

    digest: str
    issuers: tuple[Issuer, ...]
    tag: str


def _trusted(entry: str, old: Index | None) -> _Trusted | None:
    """The truststore in *entry*; raises SourceUnavailable, or one of UNREADABLE."""
    before = _as_before(entry, old)
    fetched = source(entry)(before.tag if before else "")
    if fetched is None:
        return before
    certificates = x509.load_pem_x509_certificates(fetched.data)
    # cryptography passes over a block without an end in silence.
    if len(certificates) != fetched.data.count(b"-----BEGIN "):
        raise ValueError("something in it is no whole certificate")
    return _Trusted(hashlib.sha256(fetched.data).hexdigest(), issuers(certificates), fetched.tag)


def _as_before(entry: str, old: Index | None) -> _Trusted | None:
    """What *entry* had when *old* was made; None if that was made of another truststore."""
    tag = old.tags.get(_name(entry), "") if old else ""
    return _Trusted(old.truststore, old.all_issuers(), tag) if old and tag else None


def _name(entry: str) -> str:
    """As the index has it: a URL may carry a password."""
    return hashlib.sha256(entry.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Part:
    block: Block
    records: bytes


@dataclass(slots=True)
class _Round:
    """One look at all sources."""

    settings: RevocationSettings
    trusted: _Trusted
    now: datetime
    problems: list[str]
    parts: dict[Scope, _Part] = field(default_factory=dict)
    old_tags: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    is_changed: bool = True

    def __post_init__(self) -> None:
        self.tags[_name(self.settings.truststore)] = self.trusted.tag

    def take_over(self, old: Index) -> None:
        """Keep what the last index knows: what is not new, and the numbers that may not fall."""
        known = {issuer.id for issuer in self.trusted.issuers}
        for block in old.blocks:
            if block.issuer in known:
                self.parts[block.scope] = _Part(block, old.records(block))
        if old.truststore == self.trusted.digest:
            self.old_tags = dict(old.tags)
            name = _name(self.settings.truststore)
            self.is_changed = self.tags[name] != self.old_tags.get(name)

    def look_at(self, entry: str) -> None:
        """Take the CRLs of one source; what is wrong with it becomes a problem."""
        name = _name(entry)
        tag = self.old_tags.get(name, "")
        try:
            fetched = source(entry)(tag)
        except SourceUnavailable as error:
            self.problems.append(f"{shown(entry)}: {error}")
            self.tags[name] = tag
            return
        if fetched is None:
            self.tags[name] = tag
        elif self._take(entry, fetched):
            self.tags[name] = fetched.tag
        self.is_changed |= self.tags.get(name, "") != tag

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
        truststore=asked["truststore"],
        grace=timedelta(seconds=asked["grace"]),
    )
    file = IndexFile(Path(asked["folder"]))
    problems = refresh(settings, file, datetime.now(UTC), asked["unless_since"])
    json.dump(problems, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
