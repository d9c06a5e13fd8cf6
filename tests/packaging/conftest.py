"""The functions, built once per architecture as `sam build` does it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest

from stack import docker as stack_docker
from stack.settings import Settings
from tests.conftest import missing
from tests.packaging import package
from tests.packaging.package import Package, Packages, Zips

KEYS = [(name, kind) for name in package.FOLDERS for kind in package.ARCHITECTURES]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Function and architecture → what SAM would ship."""
    made = {}
    for function, architecture in KEYS:
        folder = tmp_path_factory.mktemp(architecture)
        done = package.sam_build(folder, architecture, function)
        assert done.returncode == 0, done.stderr
        folder = package.built(folder, function)
        made[function, architecture] = Package(function, architecture, folder)
    return made


@pytest.fixture(params=KEYS, ids="-".join)
def built(request: pytest.FixtureRequest, packages: Packages) -> Package:
    """The package, of either function and architecture."""
    return packages[request.param]


@pytest.fixture(params=package.ARCHITECTURES)
def api(request: pytest.FixtureRequest, packages: Packages) -> Package:
    """The package of the API, of either architecture."""
    return packages["ApiFunction", request.param]


@pytest.fixture(scope="session")
def zips(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Zips:
    """Function and architecture → the zip that SAM uploads."""
    folder = tmp_path_factory.mktemp("zips")
    return {
        key: package.zip_as_sam(made.folder, folder / f"{'-'.join(key)}.zip")
        for key, made in packages.items()
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """The Docker engine, where there is one with the images."""
    inherited = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    if wrong := stack_docker.why_not(Settings(inherited=inherited)):
        missing(wrong)
    client = docker.from_env()
    yield client
    client.close()
