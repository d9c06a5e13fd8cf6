"""Clients who are registered, and one who is on the list alone, and how they ask for orders."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from flask import Flask
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Config
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Actor
from tests.unit.service.certs import HEADER, NOW, as_alb_sends, leaf

ENV = {
    "CLIENT_CERT_SOURCE": "alb-verify",
    "TRUSTED_PROXIES": "127.0.0.1",
    "ALLOW_URIS": "spiffe://example.org/*",
}
ALL = frozenset({"orders:read", "orders:write"})
NEW: dict[str, Any] = {"items": [{"sku": "A-1", "quantity": 2}], "reference": "spring"}
#: Well formed, and nobody's.
UNKNOWN = "01900000-0000-7000-8000-000000000000"


def register(url: str, name: str, scopes: frozenset[str] = ALL) -> None:
    matcher = Matcher.of("uri", f"spiffe://example.org/{name}")
    new = Registration(name, name.title(), (matcher,), scopes)
    open_store(url).create(new, Actor("tests"), NOW)


def app_with(url: str) -> Flask:
    """The application; registered are alice and bob, and a reader who may not write."""
    register(url, "alice")
    register(url, "bob")
    register(url, "reader", frozenset({"orders:read"}))
    return create_app(Config.from_env({**ENV, "CLIENT_REGISTRY": url}), log=lambda _: None)


class Caller:
    """A client with a certificate of its own; *name* is the last of its URI."""

    def __init__(self, app: Flask, name: str) -> None:
        uri = x509.UniformResourceIdentifier(f"spiffe://example.org/{name}")
        self._app = app
        self.leaf = as_alb_sends(leaf(subject=f"CN={name},O=Example", names=(uri,)))

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        sent = {HEADER: self.leaf, **(headers or {})}
        return self._app.test_client().open(path, method=method, headers=sent, **options)

    def create(self, key: str = "key-1", new: Any = NEW, **headers: str) -> TestResponse:
        sent = {"Idempotency-Key": key, **headers}
        return self.ask("POST", "/orders", headers=sent, json=new)

    def created(self, key: str = "key-1", new: Any = NEW) -> dict[str, Any]:
        """The order, which must be created."""
        answer = self.create(key, new)
        assert answer.status_code == 201, answer.text
        assert isinstance(answer.json, dict)
        return answer.json

    def get(self, path: str) -> TestResponse:
        return self.ask("GET", path)

    def found(self, path: str) -> Any:
        """The JSON at *path*, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def ids(self) -> list[str]:
        """Of all its orders, the latest first."""
        found, cursor = [], ""
        while True:
            page = self.found(f"/orders?limit=2&cursor={cursor}")
            found += [order["id"] for order in page["items"]]
            if not (cursor := page["next"]):
                return found
