"""A domain with everything behind it: an API whose stage is mapped, its default endpoint off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.apis import Api
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import Protected, mapped_api, protected_domain

STAGE = "live"


@dataclass(frozen=True)
class Served:
    """The domain, and the API behind it."""

    made: Protected
    api: Api

    @property
    def fake(self) -> ControlPlane:
        return self.made.fake


def served(fake: ControlPlane, truststore: bytes, kind: str = "REST", **more: Any) -> Served:
    """All of it, right in everything; *more* as of protected_domain."""
    made = protected_domain(fake, truststore, **more)
    api = fake.apis.found[mapped_api(made, kind=kind)]
    fake.forget()
    return Served(made, api)


def execute_api(fake: ControlPlane) -> str:
    """Where the default endpoints of *fake* are."""
    return f"{fake.url}/execute-api/{{id}}"
