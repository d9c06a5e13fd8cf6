"""A registration as JSON, as both stores and the audit trail keep it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from service.rate import Rate

from .matcher import Matcher
from .registration import Registration, Status
from .store import UnreadableRegistration


def encode(registration: Registration) -> str:
    """Return *registration* as JSON text; last_seen, which is no change, is not in it."""
    value = {
        "id": registration.id,
        "organization": registration.organization,
        "matchers": [[one.kind, one.value, one.issuer] for one in registration.matchers],
        "scopes": sorted(registration.scopes),
        "status": registration.status.value,
        "rate": asdict(registration.rate) if registration.rate else None,
        "note": registration.note,
        "api_keys": list(registration.api_keys),
        "version": registration.version,
        "created": _text(registration.created),
        "updated": _text(registration.updated),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode(text: str, last_seen: str | None = None) -> Registration:
    """Return the registration in *text*, last seen at *last_seen* (ISO 8601).

    Raises UnreadableRegistration where it cannot be read, as of a newer version of this code.
    """
    try:
        return _read(json.loads(text), last_seen)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableRegistration(f"a registration cannot be read: {error!r}") from error


def _read(value: dict[str, Any], last_seen: str | None) -> Registration:
    return Registration(
        id=value["id"],
        organization=value["organization"],
        matchers=tuple(Matcher.of(*one) for one in value["matchers"]),
        scopes=frozenset(value["scopes"]),
        status=Status(value["status"]),
        rate=Rate(**value["rate"]) if value["rate"] else None,
        note=value["note"],
        api_keys=tuple(value["api_keys"]),
        version=value["version"],
        created=_time(value["created"]),
        updated=_time(value["updated"]),
        last_seen=_time(last_seen),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
