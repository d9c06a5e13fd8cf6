"""One custom domain: what was asked for, and how far that has come."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: Nothing can be changed meanwhile.
BUSY = ("UPDATING", "PENDING")


@dataclass(frozen=True)
class Settings:
    """What callers choose. "" = not set."""

    name: str
    endpoint_type: str = "REGIONAL"
    certificate_arn: str = ""
    ownership_arn: str = ""
    security_policy: str = "TLS_1_2"
    access_mode: str = ""
    routing_mode: str = "BASE_PATH_MAPPING_ONLY"
    ip_address_type: str = "ipv4"
    truststore_uri: str = ""
    truststore_version: str = ""
    policy: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_mutual(self) -> bool:
        return bool(self.truststore_uri)

    @property
    def is_enhanced(self) -> bool:
        """A policy of 2025, whose names all begin alike."""
        return self.security_policy.startswith("SecurityPolicy_")


@dataclass(frozen=True)
class Ending:
    """What a change ends as."""

    status: str = "AVAILABLE"
    message: str = ""


@dataclass
class Domain:
    """A domain; ask `at` before anything else, which lets the time pass."""

    settings: Settings
    created: datetime
    status: str = "AVAILABLE"
    message: str = ""
    in_force: bytes = b""  #: the truststore that clients meet; empty: no mutual TLS
    warnings: tuple[str, ...] = ()  #: of the change that was last
    label: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    ends: list[Ending] = field(default_factory=list)  #: of the next changes, if not AVAILABLE
    _until: float | None = None
    _ending: Ending = field(default_factory=Ending)
    _before: bytes = b""
    _coming: bytes = b""

    def change(
        self, settings: Settings, truststore: bytes, *, until: float, old_stays: bool
    ) -> None:
        """Begin to become *settings* with *truststore*, which takes *until* then."""
        self.settings = settings
        self.status, self.message = "UPDATING", ""
        self._until = until
        self._ending = self.ends.pop(0) if self.ends else Ending()
        self._before, self._coming = self.in_force, truststore
        if not old_stays:
            self.in_force = truststore

    def at(self, now: float) -> Domain:
        """Return itself, as it is at *now*."""
        if self._until is not None and now >= self._until:
            self._until = None
            self.status, self.message = self._ending.status, self._ending.message
            # Nobody knows what FAILED leaves in force: what was there before, is the guess here.
            failed = self.status == "FAILED"
            self.in_force = self._before if failed else self._coming
        return self

    def become(self, status: str, message: str = "") -> None:
        """Have that status from now on, until something is changed."""
        self._until = None
        self.status, self.message = status, message
