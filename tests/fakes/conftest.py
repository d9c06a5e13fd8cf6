"""What the tests of the fake begin with."""

from __future__ import annotations

import pytest

from tests.builders import Holder, authority
from tests.fakes.alb import Alb
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import Protected, protected_domain


@pytest.fixture(scope="session")
def root() -> Holder:
    return authority(subject="CN=First Root,O=Test")


@pytest.fixture(scope="session")
def other() -> Holder:
    return authority(subject="CN=Other Root,O=Test")


@pytest.fixture
def made(fake: ControlPlane, root: Holder) -> Protected:
    """A domain whose truststore is *root*."""
    return protected_domain(fake, root.pem.encode())


@pytest.fixture
def alb(fake: ControlPlane) -> Alb:
    return Alb(fake)


@pytest.fixture
def store(alb: Alb, root: Holder) -> str:
    """The ARN of a trust store that has *root*."""
    return alb.create(root.pem.encode())
