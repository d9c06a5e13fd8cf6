"""A domain that has no mutual TLS yet."""

from __future__ import annotations

from tests.fakes.control_plane import ControlPlane
from tests.fakes.domain import Settings
from tests.fakes.protected import NAME, issued_certificate


def without(fake: ControlPlane, name: str = NAME, **more: str) -> None:
    """A domain that has no mutual TLS."""
    arn = more.pop("certificate_arn", "") or issued_certificate(fake, name)
    tags = {"aws:cloudformation:stack-name": more.pop("stack")} if "stack" in more else {}
    domain = fake.domains.create(Settings(name=name, certificate_arn=arn, tags=tags, **more))
    domain.become("AVAILABLE")


def pin(fake: ControlPlane, name: str = NAME) -> tuple[str, str]:
    settings = fake.domains.get(name).settings
    return settings.truststore_uri, settings.truststore_version
