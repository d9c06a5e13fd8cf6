"""What the environment says about revocation, as one frozen value; config.py reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from service.certificate import Name

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
_LONGEST = 365 * 86400
_FILES = (".pem", ".crl", ".der")


@dataclass(frozen=True, slots=True)
class RevocationSettings:
    """Where CRLs come from, and what happens when they do not."""

    sources: tuple[str, ...]  #: paths, http(s) and s3 URLs
    truststore: tuple[str, ...]  #: the CAs whose CRLs count: absolute paths, and s3 URLs
    folder: Path | None = None  #: of the index; None: one of our own in the system's temporary one
    grace: timedelta = timedelta(0)  #: how long a CRL counts after its nextUpdate
    refresh: float = 60.0  #: seconds from one look at the sources to the next
    exempt: frozenset[Name] = frozenset()  #: issuers without a CRL, on purpose


@dataclass(frozen=True, slots=True)
class S3Object:
    """What is named by s3://bucket/key, or s3://bucket/key?versionId=VERSION."""

    bucket: str
    key: str
    version_id: str = ""

    @classmethod
    def of(cls, url: str) -> S3Object:
        """Raises ValueError. A key is taken as it stands, "%" and "?" in it too."""
        found = re.fullmatch(
            r"s3://([^/?#]+)/(.+?)(?:\?versionId=([\w.-]+))?", url, re.ASCII | re.DOTALL
        )
        if found is None or "?versionId=" in found[2]:
            raise ValueError("expected s3://bucket/key, or s3://bucket/key?versionId=VERSION")
        return cls(found[1], found[2], found[3] or "")


def sources(text: str) -> tuple[str, ...]:
    """Entries separated by blanks or commas; raises ValueError."""
    found = tuple(re.split(r"[,\s]+", text.strip(", \t\n")))
    for entry in found:
        _require_source(entry)
    return found


def _require_source(entry: str) -> None:
    url = urlsplit(entry)
    if url.scheme in {"http", "https"} and url.hostname:
        return
    if url.scheme == "s3" and _has_news(entry):
        return
    if not url.scheme and entry.endswith(_FILES):
        return
    raise ValueError(
        f"{entry!r} is no source; expected a file that ends in .pem, .crl or .der, "
        "or a URL that begins with http://, https:// or s3://bucket/"
    )


def truststores_in_s3(text: str) -> tuple[str, ...]:
    """The objects that *text* names: one, one version of it, or that and the newest one.

    Raises ValueError.
    """
    url = text.removesuffix("&newest")
    found = S3Object.of(url)
    if url == text:
        return (url,)
    if not found.version_id:
        raise ValueError("expected &newest behind ?versionId=VERSION alone")
    return url, f"s3://{found.bucket}/{found.key}"


def _has_news(url: str) -> bool:
    """Whether it is an object in S3, and not one version of it: no CRL holds for ever."""
    try:
        return not S3Object.of(url).version_id
    except ValueError:
        return False


def grace(text: str) -> timedelta:
    """How long an expired CRL counts: "fail-closed" or "grace=24h"; raises ValueError."""
    policy, _, duration = text.partition("=")
    if policy == "grace":
        return timedelta(seconds=seconds(duration))
    if text != "fail-closed":
        raise ValueError("expected fail-closed or grace=DURATION, such as grace=24h")
    return timedelta(0)


def seconds(text: str) -> float:
    """A duration such as 90, 90s, 15m, 24h, 7d, from a second to a year; raises ValueError."""
    match = re.fullmatch(r"(\d{1,9})([smhd]?)", text, re.ASCII)
    found = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= found <= _LONGEST:
        raise ValueError("expected a duration such as 60s, 15m, 24h or 7d")
    return float(found)
