"""The application with a registry in a file, and who calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from flask import Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Config
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Actor, Store
from tests.unit.service.certs import HEADER, as_alb_sends, leaf

SETUP = Actor("cli:setup")
URI = "spiffe://example.org/shipping"
#: What POST /clients takes; SETTINGS: what PUT does.
NEW: dict[str, Any] = {
    "id": "shipping",
    "organization": "Ships",
    "matchers": [{"kind": "uri", "value": URI}],
    "scopes": ["orders:read", "orders:write"],
    "rate": {"per_second": 2.5, "burst": 10},
    "note": "call Ann\nbefore noon",
}
SETTINGS = {name: value for name, value in NEW.items() if name != "id"}
#: Every change of a client that is there.
CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", "/clients/billing", SETTINGS),
    ("DELETE", "/clients/billing", None),
    ("POST", "/clients/billing/suspend", None),
    ("POST", "/clients/billing/resume", None),
]


def holder(name: str) -> str:
    """The leaf of spiffe://example.org/*name*, as ALB sends it."""
    uri = x509.UniformResourceIdentifier(f"spiffe://example.org/{name}")
    return as_alb_sends(leaf(subject=f"CN={name},O=Example", names=(uri,)))


def registration(name: str, *scopes: str, **changes: Any) -> Registration:
    """Of the holder *name*."""
    matchers = (Matcher.of("uri", f"spiffe://example.org/{name}"),)
    changes = {"organization": "Example", "matchers": matchers, **changes}
    return Registration(id=name, scopes=frozenset(scopes), **changes)


@dataclass
class Registered:
    """An application, its store, and the lines that it has logged."""

    app: Flask
    store: Store
    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def at(cls, path: Path, env: Mapping[str, str] = {}) -> Registered:
        """With the store in the file *path*."""
        return cls.over(f"sqlite:///{path}", env)

    @classmethod
    def over(cls, url: str, env: Mapping[str, str] = {}) -> Registered:
        """With the clients root (who may administer) and billing (who may not)."""
        store = open_store(url)
        made = cls(Flask("none"), store)
        made.app = create_app(
            Config.from_env(
                {
                    "CLIENT_CERT_SOURCE": "alb-verify",
                    "TRUSTED_PROXIES": "127.0.0.1",
                    "CLIENT_REGISTRY": url,
                    **env,
                }
            ),
            log=lambda line: made.lines.append(json.loads(line)),
        )
        made.add(registration("root", "clients:admin"))
        made.add(registration("billing", "orders:read"))
        return made

    def add(self, new: Registration) -> Registration:
        return self.store.create(new, SETUP, datetime.now(UTC))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        caller: str = "root",
        headers: Mapping[str, str] = {},
    ) -> TestResponse:
        """The answer to *caller*; *body*: JSON, bytes as they are."""
        sent = {HEADER: holder(caller), **headers}
        if body is None:
            return self.app.test_client().open(path, method=method, headers=sent)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
        return self.app.test_client().open(path, method=method, headers=sent, data=data)


def problem(response: TestResponse) -> str:
    """The slug of a problem, as it should be."""
    assert response.content_type == "application/problem+json"
    body = json.loads(response.text)
    assert body["status"] == response.status_code
    return str(body["type"]).removeprefix("urn:problem-type:")


def faults(response: TestResponse) -> list[tuple[str, str]]:
    """Where the faults are."""
    return [(one["in"], one["pointer"]) for one in json.loads(response.text)["errors"]]
