"""Who may call."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .certificate import ClientCertificate, Name


@dataclass(frozen=True, slots=True)
class Allowed:
    """*because* names the rule that let the client in."""

    because: str


@dataclass(frozen=True, slots=True)
class Denied:
    """*because* is for the log; the caller never sees it."""

    because: str


Verdict = Allowed | Denied

# "." and ".." segments, also percent-encoded, empty segments and backslashes: some reader below
# "prefix/" would resolve them to a place outside.
_CLIMBING = re.compile(r"(^|/)(\.|%2e){0,2}([/?#;]|$)|\\|%2f|%5c", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AllowList:
    """The clients that may call, as plain data. Empty admits nobody.

    *issuers* narrows: when given, the certificate must come from one of them. The other three say
    who: any one match suffices. With *issuers* alone, every client of these issuers may call.
    """

    issuers: frozenset[Name] = frozenset()
    subjects: frozenset[Name] = frozenset()
    uris: frozenset[str] = frozenset()  #: exact, or ending in "/*": everything below
    fingerprints: frozenset[str] = frozenset()  #: SHA-256 over DER, lower-case hex

    def __bool__(self) -> bool:
        """Whether anybody could be admitted."""
        return bool(self.issuers or self.subjects or self.uris or self.fingerprints)

    def check(self, client: ClientCertificate) -> Verdict:
        """Whether *client*, whose certificate was verified, may call."""
        if self.issuers and client.issuer_name not in self.issuers:
            return Denied("the issuer is not on the list")
        if client.fingerprint in self.fingerprints:
            return Allowed("fingerprint")
        if client.subject_name in self.subjects:
            return Allowed("subject")
        for uri in client.uris:
            if self._admits_uri(uri):
                return Allowed(f"uri {uri}")
        if self.issuers and not (self.subjects or self.uris or self.fingerprints):
            return Allowed("issuer")
        return Denied("neither fingerprint nor subject nor URI is on the list")

    def _admits_uri(self, uri: str) -> bool:
        return uri in self.uris or any(
            _is_below(uri, entry[:-1]) for entry in self.uris if entry.endswith("/*")
        )


def _is_below(uri: str, prefix: str) -> bool:
    rest = uri.removeprefix(prefix)
    return uri.startswith(prefix) and bool(rest) and not _CLIMBING.search(rest)
