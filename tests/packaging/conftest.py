"""The function, built once per architecture as `sam build` does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging import package
from tests.packaging.package import Package


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    """Architecture → what SAM would ship."""
    made = {}
    for architecture in package.ARCHITECTURES:
        folder = tmp_path_factory.mktemp(architecture)
        done = package.sam_build(folder, architecture)
        assert done.returncode == 0, done.stderr
        made[architecture] = Package(architecture, package.built(folder))
    return made


@pytest.fixture(params=package.ARCHITECTURES)
def built(request: pytest.FixtureRequest, packages: dict[str, Package]) -> Package:
    """The package, of either architecture."""
    return packages[request.param]


@pytest.fixture(scope="session")
def zips(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Architecture → the zip that SAM uploads."""
    folder = tmp_path_factory.mktemp("zips")
    return {
        name: package.zip_as_sam(made.folder, folder / f"{name}.zip")
        for name, made in packages.items()
    }
