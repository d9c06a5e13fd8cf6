"""The fixtures `moto` and `fake`, for every test; loaded by tests/conftest.py.

def test_a_lost_answer(fake: ControlPlane) -> None:
    made = protected_domain(fake, truststore)
    fake.fail("UpdateDomainName", faults.ANSWER_LOST, times=faults.ALWAYS)
    ...                                      # what is tested, in this process or another
    fake.clock.sleep(fake.behaviour.updating_for)
    assert fake.accepts(made.name, leaf)
    assert [call.name for call in fake.calls] == [...]
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # boto3 is slow to import, and most tests do without
    from tests.fakes.control_plane import ControlPlane


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a moto server; all tests of the session share it: name things unlike others."""
    from tests.unit.aws import moto_server

    with moto_server.running(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture(scope="session")
def quick_models() -> Iterator[None]:
    """botocore reads its megabytes of JSON once, and not for every client anew."""
    import botocore.loaders

    reader = botocore.loaders.JSONFileLoader()
    read = functools.cache(reader.load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders.JSONFileLoader, "load_file", lambda _, path: read(path))
        yield


@pytest.fixture
def fake(
    moto: str,
    quick_models: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ControlPlane]:
    """A control plane of the test's own, and boto3 asks it: nobody's profile or credentials.

    botocore waits between its attempts by the clock of the fake, so that nobody waits.
    """
    import botocore.endpoint

    from tests.fakes.control_plane import ControlPlane

    with ControlPlane(moto).running() as running:
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.delenv(name, raising=False)
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=running.clock.sleep))
        yield running
