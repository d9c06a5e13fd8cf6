"""The built function with a registry: AWS's runtime client and boto3, DynamoDB by AWS's own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.registry.dynamodb import DynamoDbStore
from service.registry.matcher import Matcher
from service.registry.registration import Registration, Status
from service.registry.store import Actor
from tests import builders
from tests.dynamodb import local
from tests.packaging import package, sandbox
from tests.packaging.package import Zips
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.function import environment
from tests.packaging.template.made import made
from tests.packaging.template.source import Job, transform
from tests.unit.aws import moto_server

CA = builders.authority(subject="CN=Example Issuing CA,O=Example")
BILLING, SHOP = (
    builders.leaf(issuer=CA, uri=f"spiffe://example.org/{name}").certificate
    for name in ("billing", "shop")
)
ADMIN = Actor("cli:test")
_TTL = 1  # seconds


@dataclass
class World:
    """A table with a registry, and what starts a function that asks it."""

    task: Path
    folder: Path
    variables: dict[str, str]
    store: DynamoDbStore

    def register(self, name: str) -> Registration:
        uri = Matcher.of("uri", f"spiffe://example.org/{name}")
        return self.store.create(Registration(name, "Example", (uri,)), ADMIN, datetime.now(UTC))

    def suspend(self, found: Registration) -> None:
        suspended = replace(found, status=Status.SUSPENDED)
        self.store.update(suspended, ADMIN, datetime.now(UTC), "suspend")


@pytest.fixture(scope="module")
def task(zips: Zips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = zips["ApiFunction", package.MACHINE]
    return package.unzip_as_lambda(archive, tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sandbox.install_runtime(tmp_path_factory.mktemp("runtime"))


@pytest.fixture
def world(task: Path, runtime: Path, dynamodb_url: str, tmp_path: Path) -> World:
    name = local.make_table(dynamodb_url)
    given = COMBINATIONS["registry alone"]
    (template,) = transform([Job(given)])
    variables = {
        **environment(made(template, given)),
        **moto_server.environment(dynamodb_url),
        "CLIENT_REGISTRY": f"dynamodb://{name}",
        "REGISTRY_TTL": f"{_TTL}s",
        "PYTHONPATH": str(runtime),
        "TMPDIR": str(tmp_path),
    }
    return World(task, tmp_path, variables, DynamoDbStore(local.table(dynamodb_url, name)))


def test_who_is_registered_may_call_and_who_is_suspended_no_more(world: World) -> None:
    found = world.register("billing")
    with sandbox.emulated(world.task, world.variables, world.folder / "log") as function:
        assert function.says(BILLING) == "200"
        assert function.says(SHOP) == "certificate-not-allowed"
        world.suspend(found)
        world.register("shop")
        time.sleep(_TTL * 1.2)
        assert function.says(BILLING) == "client-suspended"
        assert function.says(SHOP) == "200"


def test_what_is_in_a_snapshot_asks_the_table_after_it_is_restored(world: World) -> None:
    """boto3 is in the snapshot already, and so is no answer of the table."""
    log = world.folder / "log"
    with sandbox.snapshot(world.task, world.variables, log) as (function, lambda_):
        world.register("billing")
        sandbox.restore(function, lambda_)
        assert function.says(BILLING) == "200"
        assert function.says(SHOP) == "certificate-not-allowed"


def test_without_the_table_nobody_may_call(world: World) -> None:
    gone = {**world.variables, "CLIENT_REGISTRY": "dynamodb://gone"}
    with sandbox.emulated(world.task, gone, world.folder / "log") as function:
        assert function.says(BILLING) == "registry-unavailable"
        assert function.answer(None, "/health")[1]["registry"]["state"] == "unavailable"
