"""The authorities whose CRLs count: those of the truststore, or of the index while it is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from service.certificate import UNREADABLE

from .fetched import SourceUnavailable
from .index import Index
from .issuer import Issuer, issuers
from .sources import shown, source


@dataclass(frozen=True, slots=True)
class Trusted:
    """*digest*: SHA-256 of what was read; *tags*: of its sources, as an index has them."""

    digest: str
    issuers: tuple[Issuer, ...]
    tags: Mapping[str, str]


def name(entry: str) -> str:
    """Of a source, in the tags of an index: a URL may carry a password."""
    return hashlib.sha256(entry.encode()).hexdigest()


def trusted(entries: Sequence[str], old: Index | None) -> tuple[Trusted | None, list[str]]:
    """The authorities in all of *entries*, and what is wrong with these.

    Of what cannot be read the last index knows what was in it, if that was made of the same
    entries. Without one, those that can be read have to do; None where there are none.
    """
    before = _as_before(entries, old)
    if before is not None:
        try:
            news = [source(entry)(before.tags[name(entry)]) for entry in entries]
        except SourceUnavailable:
            news = []  # which one it is, is found out below
        if news and not any(news):
            return before, []
    found, tags, problems = [], {}, []
    for entry in entries:
        try:
            content, tags[name(entry)] = _read(entry)
            found.append(content)
        except (SourceUnavailable, *UNREADABLE) as error:
            problems.append(f"TRUSTSTORE {shown(entry)!r} cannot be read: {error}")
    if problems and (before is not None or not found):
        return before, problems
    certificates = [certificate for content in found for certificate in _certificates(content)]
    digest = hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in found)).hexdigest()
    return Trusted(digest, issuers(certificates), tags), problems


def _as_before(entries: Sequence[str], old: Index | None) -> Trusted | None:
    """What *entries* had when *old* was made; None if that was made of other ones."""
    tags = {name(entry): old.tags.get(name(entry), "") for entry in entries} if old else {}
    return Trusted(old.truststore, old.all_issuers(), tags) if old and all(tags.values()) else None


def _read(entry: str) -> tuple[bytes, str]:
    fetched = source(entry)("")
    if fetched is None:  # nobody has said what there was
        raise SourceUnavailable("nothing came")
    _certificates(fetched.data)
    return fetched.data, fetched.tag


def _certificates(pem: bytes) -> list[x509.Certificate]:
    found = x509.load_pem_x509_certificates(pem)
    # cryptography passes over a block without an end in silence.
    if len(found) != pem.count(b"-----BEGIN "):
        raise ValueError("something in it is no whole certificate")
    return found
