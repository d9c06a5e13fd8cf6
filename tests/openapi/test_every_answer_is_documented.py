"""openapi.json is held to its word through both fronts, by a client that may do everything."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.registry.matcher import Matcher
from service.registry.registration import Registration
from service.registry.sqlite import SqliteStore
from service.registry.store import Actor
from stack.native import NativeStack
from tests.builders import Files
from tests.conftest import Pki, settings, started
from tests.e2e import wire
from tests.openapi.asking import Asker, Seen, run

FRONTS = ("alb", "api-gateway")
EXAMPLES = 40  #: an operation and phase: some 1,500 requests by each front
ACTOR = Actor("tests")
SCOPES = frozenset({"clients:admin", "orders:read", "orders:write"})


@pytest.fixture(scope="module")
def administrator(pki: Pki) -> Files:
    return Files(*pki.client("administrator"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry") / "clients.sqlite"


@pytest.fixture(scope="module")
def store(path: Path) -> Iterator[SqliteStore]:
    """A registry in which the administrator stands alone."""
    made = SqliteStore(str(path))
    uri = Matcher.of("uri", "spiffe://example.org/administrator")
    admin = Registration("administrator", "Example", (uri,), SCOPES)
    made.create(admin, ACTOR, datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture(scope="module")
def running(pki: Pki, path: Path, store: SqliteStore) -> Iterator[NativeStack]:
    assert store.get("administrator").version == 1
    with tempfile.TemporaryDirectory(prefix="openapi") as run_dir:
        registry = f"sqlite:///{path}"
        yield from started(settings(pki, Path(run_dir), CLIENT_REGISTRY=registry))


@pytest.fixture(scope="module")
def asking(
    running: NativeStack,
    pki: Pki,
    administrator: Files,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Asker]:
    """Who asks, by front."""
    urls = running.settings.urls
    folder = tmp_path_factory.mktemp
    return {f: Asker(folder(f), urls[f], pki.ca, administrator) for f in FRONTS}


@pytest.fixture(scope="module")
def documents(running: NativeStack, pki: Pki, administrator: Files) -> Mapping[str, dict[str, Any]]:
    """The document, as each front gives it."""
    ports = (running.settings.alb_port, running.settings.api_gateway_port)
    context = wire.tls(pki.ca, administrator)
    request = wire.WHOAMI.replace(b"/whoami", b"/openapi.json")
    found = {}
    for front, port in zip(FRONTS, ports, strict=True):
        answer = wire.ask(port, context, request)
        assert answer is not None
        assert answer.status == 200
        found[front] = answer.json()
    return found


@pytest.fixture(scope="module")
def seen(
    asking: Mapping[str, Asker], documents: Mapping[str, dict[str, Any]], store: SqliteStore
) -> Mapping[str, Seen]:
    """What came back, by front; to each the registry is as good as new."""
    found = {}
    for front in FRONTS:
        found[front] = asking[front].ask(documents[front], EXAMPLES)
        while others := [o for o in store.list().items if o.id != "administrator"]:
            for other in others:
                store.delete(other.id, other.version, ACTOR, datetime.now(UTC))
    return found


def test_the_document_is_one(documents: Mapping[str, dict[str, Any]], tmp_path: Path) -> None:
    assert documents["alb"] == documents["api-gateway"]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(documents["alb"]))
    assert run("openapi-spec-validator", tmp_path, "--schema", "3.1", file).returncode == 0
    file.write_text(json.dumps({**documents["api-gateway"], "info": {}}))
    assert run("openapi-spec-validator", tmp_path, "--schema", "3.1", file).returncode != 0


@pytest.mark.parametrize("front", FRONTS)
def test_no_answer_is_undocumented_and_none_is_our_fault(
    seen: Mapping[str, Seen], front: str
) -> None:
    assert seen[front].exit == 0, seen[front].said
    sys.stdout.write(f"schemathesis through {front}: {seen[front].summary}\n")  # pytest -s
    every = {status for statuses in seen[front].statuses.values() for status in statuses}
    assert not [status for status in every if status >= 500]


@pytest.mark.parametrize("front", FRONTS)
def test_every_operation_was_done_and_was_refused(
    seen: Mapping[str, Seen], documents: Mapping[str, dict[str, Any]], front: str
) -> None:
    operations = {
        f"{method.upper()} {path}": operation
        for path, item in documents["api-gateway"]["paths"].items()
        for method, operation in item.items()
    }
    statuses = seen[front].statuses
    # Whether the version is right that a change names is known to who read it: see "links".
    changes = {name for name, one in operations.items() if "428" in one["responses"]}
    assert [n for n in set(operations) - changes if not _some(statuses[n], 2)] == []
    assert [name for name in changes if _some(statuses[name], 2)]
    takes = [name for name, one in operations.items() if "422" in one["responses"]]
    assert [name for name in takes if not _some(statuses[name], 4)] == []


@pytest.mark.parametrize("front", FRONTS)
def test_an_answer_that_is_not_documented_is_seen(
    asking: Mapping[str, Asker], documents: Mapping[str, dict[str, Any]], front: str
) -> None:
    """The teeth: one status less, or one member more, and the front does not keep its word."""
    words = ("--include-operation-id", "clients_listing", "--phases", "coverage")
    whole = json.dumps(documents["api-gateway"])
    assert asking[front].ask(json.loads(whole), 5, *words).exit == 0
    less, more = json.loads(whole), json.loads(whole)
    del less["paths"]["/clients"]["get"]["responses"]["422"]
    more["components"]["schemas"]["Page_Client_"]["required"].append("previous")
    for broken, fault in ((less, "Undocumented status code"), (more, "Response violates schema")):
        found = asking[front].ask(broken, 5, *words)
        assert found.exit == 1
        assert fault in found.said, found.said


def _some(statuses: Mapping[int, int], hundreds: int) -> bool:
    return any(status // 100 == hundreds for status in statuses)
