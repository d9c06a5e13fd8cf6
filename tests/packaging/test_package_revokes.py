"""Revocation in the built function: AWS's runtime client and emulator, S3 by moto."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import builders, crls
from tests.conftest import free_port
from tests.packaging import package, sandbox
from tests.packaging.package import Zips
from tests.packaging.revoking import BILLING, CA, PARTNER, SHOP, World, crl, soon, until
from tests.unit.aws import moto_server
from tests.unit.aws.publisher_servers import Between, Reply, Request, serving


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_server.running(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sandbox.install_runtime(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="module")
def task(zips: Zips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda makes of the zip; x86_64's, where this machine is one."""
    archive = zips["ApiFunction", package.MACHINE]
    return package.unzip_as_lambda(archive, tmp_path_factory.mktemp("task"))


@pytest.fixture
def world(task: Path, runtime: Path, endpoint: str, tmp_path: Path) -> Iterator[World]:
    between = Between(endpoint)
    with serving(free_port(), between.reply) as url:
        variables = {
            **moto_server.environment(url),
            "PYTHONPATH": str(runtime),
            "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction",
        }
        yield World(task, tmp_path, moto_server.s3(endpoint), between, variables)


def test_a_revoked_client_is_refused_and_another_one_is_not(world: World) -> None:
    world.publish(BILLING, number=1)
    with world.started() as function:
        assert function.says(BILLING) == "certificate-revoked"
        assert function.says(SHOP) == "200"
        status, said = function.answer(BILLING)
        assert (status, set(said)) == (403, {"type", "title", "status"})
        assert function.answer(None, "/health")[1]["status"] == "ok"
        assert function.health() == "fresh"


def test_in_s3_it_reads_one_version_of_the_truststore_once_and_the_rest_when_it_is_new(
    world: World,
) -> None:
    world.publish(number=1)
    with world.started() as function:
        assert function.says(SHOP) == "200"
        for _ in range(2):
            time.sleep(1.1)
            assert function.says(SHOP) == "200"
    asked = [(one.method, urlsplit(one.target)) for one in world.between.seen]
    pinned = [parse_qs(where.query)["versionId"] for _, where in asked if "version" in where.query]
    assert pinned == [[world.version]]
    assert asked[0][1].path.endswith("/truststore.pem")
    for name in ("/truststore.pem", "/crl/crl.pem"):
        gets = [one for one in world.between.seen if name in one.target.partition("?versionId")[0]]
        gets = [one for one in gets if "versionId" not in one.target]
        assert len(gets) >= 3
        conditional = ["if-none-match" in one.headers for one in gets]
        assert conditional == [False, *[True] * (len(gets) - 1)]
    # The function's role may do no more than this.
    assert {method for method, _ in asked} == {"GET"}
    assert {where.path.rpartition(f"{world.bucket}/")[2] for _, where in asked} == {
        "truststore.pem",
        "crl/crl.pem",
    }


def test_a_new_crl_is_in_force_at_the_first_request_after_the_refresh(world: World) -> None:
    world.publish(number=1)
    with world.started() as function:
        assert function.says(BILLING) == "200"
        world.publish(BILLING, number=2)
        time.sleep(1.1)
        assert function.says(BILLING) == "certificate-revoked"
        assert function.says(SHOP) == "200"


def test_before_the_refresh_nobody_looks(world: World) -> None:
    """The twin: what the test above sees comes from the look, and not from elsewhere."""
    world.publish(number=1)
    with world.started(RevocationRefresh="1h") as function:
        assert function.says(BILLING) == "200"
        world.publish(BILLING, number=2)
        time.sleep(1.1)
        assert function.says(BILLING) == "200"


def test_who_came_with_a_truststore_that_was_pushed_may_call_and_nobody_is_lost(
    world: World,
) -> None:
    """API Gateway has it in force, or the deployment's again; the function cannot know which."""
    both = crl(CA, BILLING, number=1), crl(PARTNER, BILLING, number=1)
    world.put("crl/crl.pem", crls.pem(*both))
    friend, foe = (builders.leaf(issuer=PARTNER, serial_number=n).certificate for n in (6, 5))
    with world.started() as function:
        assert function.says(SHOP) == "200"
        assert function.says(friend) == "certificate-status-unknown"
        world.push(PARTNER)
        time.sleep(1.1)
        assert [function.says(leaf) for leaf in (friend, SHOP)] == ["200", "200"]
        assert {function.says(leaf) for leaf in (foe, BILLING)} == {"certificate-revoked"}


def test_an_older_crl_is_not_taken(world: World) -> None:
    world.publish(BILLING, number=7)
    with world.started() as function:
        assert function.says(BILLING) == "certificate-revoked"
        world.publish(number=6)
        time.sleep(1.1)
        assert function.says(BILLING) == "certificate-revoked"
        assert "its number is 6, the last one had 7" in function.problems()
        world.publish(number=8)
        time.sleep(1.1)
        assert function.says(BILLING) == "200"


POLICIES = [("fail-closed", "certificate-status-unknown"), ("grace=24h", "200")]


def test_while_s3_is_down_the_last_crl_counts(world: World) -> None:
    world.publish(BILLING, number=1)
    with world.started() as function:
        assert function.says(SHOP) == "200"
        world.go_down()
        time.sleep(1.1)
        assert [function.says(leaf) for leaf in (SHOP, BILLING)] == ["200", "certificate-revoked"]
        assert "503" in function.problems()
        assert function.health() == "fresh"


@pytest.mark.parametrize(("policy", "said"), POLICIES)
def test_once_it_has_expired_the_policy_decides_and_health_says_so(
    world: World, policy: str, said: str
) -> None:
    world.publish(BILLING, number=1)
    with world.started(Revocation=policy) as function:
        assert function.says(SHOP) == "200"
        world.publish(BILLING, number=2, next_update=soon())
        time.sleep(1.1)
        assert function.says(SHOP) == "200"
        world.go_down()
        until(lambda: function.health() == "stale")
        assert function.answer(None, "/health")[1]["status"] == "degraded"
        assert function.says(SHOP) == said
        assert function.says(BILLING) == "certificate-revoked"
        world.between.meddle = lambda _request: None
        world.publish(number=3)
        time.sleep(1.1)
        assert [function.says(leaf) for leaf in (SHOP, BILLING)] == ["200", "200"]
        assert function.health() == "fresh"


@pytest.mark.parametrize("missing", ["truststore.pem", "crl.pem"])
def test_without_the_truststore_or_a_crl_nobody_gets_in(world: World, missing: str) -> None:
    world.publish(BILLING, number=1)

    def denied(request: Request) -> Reply | None:
        return Reply(403) if missing in request.target else None

    world.between.meddle = denied
    with world.started() as function:
        assert [function.says(leaf) for leaf in (SHOP, BILLING)] == [
            "certificate-status-unknown"
        ] * 2
        assert function.health() == "none"
        assert missing in function.problems()
        assert "S3 says too of an object that is not there" in function.problems()
        world.between.meddle = lambda _request: None
        time.sleep(1.1)
        assert [function.says(leaf) for leaf in (SHOP, BILLING)] == ["200", "certificate-revoked"]


def test_a_function_that_was_frozen_looks_before_it_answers(world: World) -> None:
    world.publish(number=1)
    with world.started(RevocationRefresh="2s") as function:
        assert function.says(BILLING) == "200"
        function.freeze()
        world.publish(BILLING, number=2)
        time.sleep(2.1)
        function.thaw()
        assert function.says(BILLING) == "certificate-revoked"
        assert function.says(SHOP) == "200"


def test_a_function_restored_from_a_snapshot_looks_before_it_answers(world: World) -> None:
    world.publish(number=1)
    with world.snapshot(RevocationRefresh="2s") as (function, lambda_):
        world.publish(BILLING, number=2)
        time.sleep(2.1)
        sandbox.restore(function, lambda_)
        assert function.says(BILLING) == "certificate-revoked"
        assert function.says(SHOP) == "200"
        assert lambda_.errors == []


def test_a_function_restored_at_once_answers_by_the_index_of_the_snapshot(world: World) -> None:
    world.publish(BILLING, number=1)
    with world.snapshot(RevocationRefresh="1h") as (function, lambda_):
        looks = len(world.between.seen)
        world.go_down()
        sandbox.restore(function, lambda_)
        assert [function.says(leaf) for leaf in (BILLING, SHOP)] == ["certificate-revoked", "200"]
        assert len(world.between.seen) == looks


@pytest.mark.parametrize(("policy", "said"), POLICIES)
def test_a_snapshot_whose_crl_has_expired_lets_in_by_the_policy_alone(
    world: World, policy: str, said: str
) -> None:
    end = soon()
    world.publish(BILLING, number=1, next_update=end)
    with world.snapshot(Revocation=policy) as (function, lambda_):
        world.go_down()
        time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1)
        sandbox.restore(function, lambda_)
        assert function.says(SHOP) == said
        assert function.says(BILLING) == "certificate-revoked"
        assert function.health() == "stale"


def test_without_revocation_nobody_asks_s3(world: World) -> None:
    world.publish(BILLING, number=1)
    with world.started(Revocation="off") as function:
        assert function.says(BILLING) == "200"
        said = json.dumps(function.answer(None, "/health")[1])
        assert '"state": "off"' in said
        assert world.between.seen == []
