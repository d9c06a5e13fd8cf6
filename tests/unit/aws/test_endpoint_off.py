"""endpoint off: the least that closes it, what a deployment would do besides, and every fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from tests.fakes import apis
from tests.fakes.control_plane import ControlPlane
from tests.unit.aws.hands import (
    FAULTS,
    Case,
    as_json,
    error_of,
    refused,
    run,
    succeeds,
    with_faults,
)


@pytest.fixture(autouse=True)
def default_endpoints(fake: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{fake.url}/execute-api/{{id}}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_EXECUTE_API", url)


def rest(fake: ControlPlane, *stages: str, **more: Any) -> apis.Api:
    """A REST API that is deployed to *stages*."""
    api = fake.apis.add("REST", "the API", **more)
    for stage in stages:
        fake.apis.deploy(api, stage)
    return api


def http(fake: ControlPlane, *stages: str, routes: tuple[str, ...] = ("$default",)) -> apis.Api:
    """An HTTP API; a stage that ends in "+" deploys by itself."""
    api = fake.apis.add("HTTP", "the API")
    for stage in stages:
        deployment = fake.apis.deploy(api)
        automatic = stage.endswith("+")
        name, label = stage.rstrip("+"), "" if automatic else deployment.label
        fake.apis.add_stage(api, name, label, deploys_itself=automatic)
    served = cast("dict[str, Callable[[Any], Any]]", fake.operations["apigatewayv2"])
    served["GetRoutes"] = lambda _: {"Items": [{"RouteKey": key} for key in routes]}
    return api


def changes(fake: ControlPlane) -> list[str]:
    """The calls that change something."""
    return [c.operation for c in fake.calls if not c.operation.startswith(("Get", "List"))]


def test_a_rest_api_is_closed_and_nothing_undeployed_goes_live(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    before = dict(api.deployments)
    said = succeeds(fake, "endpoint", "off", api.label, "--yes")
    assert (api.is_disabled, api.is_shut, api.deployments) == (True, True, before)
    assert changes(fake) == ["UpdateRestApi", "UpdateStage"]
    assert "change the description of the stage live" in said
    assert "puts nothing undeployed live" in said
    assert "goes live with it" not in said
    assert said.splitlines()[-2:] == [
        f"the default endpoint of {api.label} is off",
        "  live: closed (HTTP 403, Forbidden)",
    ]


def test_the_description_keeps_what_it_said(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    api.stages["live"].more["description"] = "of the team"
    for _ in range(2):
        api.is_shut = False
        succeeds(fake, "endpoint", "off", api.label, "--yes")
        text = api.stages["live"].more["description"]
        assert text.startswith("of the team [default endpoint off: 20")
        assert text.count("[") == 1


def test_off_twice_is_off(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    succeeds(fake, "endpoint", "off", api.label, "--yes")
    fake.forget()
    said = succeeds(fake, "endpoint", "off", api.label)
    assert said.startswith(f"the default endpoint of {api.label} is off already\n")
    assert changes(fake) == []


def test_off_and_not_deployed_is_not_off(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    api.is_disabled = True
    succeeds(fake, "endpoint", "off", api.label, "--yes")
    assert (changes(fake), api.is_shut) == (["UpdateStage"], True)


def test_where_a_change_of_the_stage_is_not_enough_a_deployment_is_offered(
    fake: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = rest(fake, "live")
    deploy = fake.apis.deploy
    monkeypatch.setattr(fake.apis, "touch", lambda *_: None)
    error, hint = refused(fake, "endpoint", "off", api.label, "--yes")
    assert error == (
        f"{api.label}: the default endpoint still answers at live: HTTP 200, hello, after 120 s"
    )
    assert hint.startswith(f"python -m aws endpoint off {api.label} --stage live --redeploy: ")
    assert hint.endswith("it puts undeployed changes of the API live as well")

    def deployed(*given: Any) -> apis.Deployment:
        api.is_shut = api.is_disabled
        return deploy(*given)

    monkeypatch.setattr(fake.apis, "deploy", deployed)
    said = succeeds(fake, "endpoint", "off", api.label, "--redeploy", "--yes")
    assert api.is_shut
    assert "what was changed in the API and not deployed yet goes live with it" in said


def test_the_plan_warns_of_a_deployment_before_it_is_made(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    done = run(fake, "endpoint", "off", api.label, "--redeploy", answer="n\n")
    assert done.exit_code == 130
    assert "goes live with it" in done.stdout
    assert changes(fake) == []


def test_of_several_stages_any_will_do_or_the_one_that_is_named(fake: ControlPlane) -> None:
    api = rest(fake, "b", "a")
    found = as_json(fake, "endpoint", "off", api.label, "--yes")
    assert found["steps"] == [{"how": "touch", "stage": "a"}]
    assert {one["stage"]: one["state"] for one in found["endpoints"]} == {
        "a": "closed",
        "b": "closed",
    }
    api.is_shut = False
    found = as_json(fake, "endpoint", "off", api.label, "--stage", "b", "--yes")
    assert found["steps"] == [{"how": "touch", "stage": "b"}]


def test_a_stage_that_is_not_there(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    error, _ = refused(fake, "endpoint", "off", api.label, "--stage", "prod", "--yes")
    assert error == f"{api.label} has no stage 'prod', expected live"
    assert not api.is_disabled


def test_without_a_stage_nothing_answers(fake: ControlPlane) -> None:
    api = rest(fake)
    said = succeeds(fake, "endpoint", "off", api.label, "--yes")
    assert "it has no stage, so nothing answers" in said
    assert (api.is_disabled, changes(fake)) == (True, ["UpdateRestApi"])
    assert "off already" in succeeds(fake, "endpoint", "off", api.label)


def test_an_http_api_that_deploys_by_itself(fake: ControlPlane) -> None:
    api = http(fake, "$default+")
    succeeds(fake, "endpoint", "off", api.label, "--yes")
    assert (api.is_shut, changes(fake)) == (True, ["UpdateApi"])
    assert "off already" in succeeds(fake, "endpoint", "off", api.label)


def test_an_http_api_that_does_not_is_deployed_and_that_is_said(fake: ControlPlane) -> None:
    api = http(fake, "live", routes=("GET /things/{id}", "POST /things"))
    found = run(fake, "endpoint", "off", api.label, "--yes")
    assert (found.exit_code, api.is_shut) == (0, True)
    assert changes(fake) == ["UpdateApi", "CreateDeployment"]
    assert "goes live with it" in found.stdout
    assert "live: closed (HTTP 404, Not Found)" in found.stdout


def test_of_several_stages_of_an_http_api_one_is_chosen(fake: ControlPlane) -> None:
    api = http(fake, "a", "b")
    error, hint = refused(fake, "endpoint", "off", api.label, "--yes")
    assert error == f"{api.label} has to be deployed, and has the stages a, b"
    assert hint == f"choose one: python -m aws endpoint off {api.label} --stage a"
    assert not api.is_disabled
    succeeds(fake, "endpoint", "off", api.label, "--stage", "b", "--yes")
    assert api.is_shut


@pytest.mark.parametrize("routes", [(), ("POST /things",)])
def test_what_cannot_be_asked_is_told(fake: ControlPlane, routes: tuple[str, ...]) -> None:
    api = http(fake, "$default+", routes=routes)
    done = run(fake, "endpoint", "off", api.label, "--yes")
    assert (done.exit_code, api.is_shut) == (0, True)
    assert "$default: not known (no route of it is known that a GET could ask)" in done.stdout
    assert "warning: endpoint.not-verified: nobody has seen" in done.stderr


def test_who_may_not_see_the_routes_can_close_it_all_the_same(fake: ControlPlane) -> None:
    api = http(fake, "$default+")
    fake.fail("GetRoutes", FAULTS["denied"])
    assert run(fake, "endpoint", "off", api.label, "--yes").exit_code == 0
    assert api.is_shut


def test_an_endpoint_that_is_out_of_reach_is_not_said_to_be_closed(
    fake: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EXECUTE_API", "http://127.0.0.1:1/{id}")
    api = rest(fake, "live")
    done = run(fake, "endpoint", "off", api.label, "--yes")
    assert (done.exit_code, api.is_shut) == (0, True)
    assert "closed" not in done.stdout.splitlines()[-1]
    assert "endpoint.not-verified" in done.stderr
    assert as_json(fake, "endpoint", "off", api.label, "--yes")["endpoints"][0]["state"] == (
        "unknown"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda fake: fake.apis.add("WEBSOCKET", "x"), "is a WEBSOCKET API, expected a REST or"),
        (lambda fake: rest(fake, "live", endpoint_type="PRIVATE"), "is private"),
    ],
)
def test_what_has_no_such_endpoint(
    fake: ControlPlane, make: Callable[[ControlPlane], apis.Api], message: str
) -> None:
    api = make(fake)
    assert message in refused(fake, "endpoint", "off", api.label, "--yes")[0]
    assert not api.is_disabled


def test_an_api_that_is_not_there(fake: ControlPlane) -> None:
    error, _ = refused(fake, "endpoint", "off", "abcdef", "--yes")
    assert error.startswith("there is no API 'abcdef' in eu-central-1 of account")


def test_an_api_of_a_stack_is_told_of(fake: ControlPlane) -> None:
    tags = {"tags": {"aws:cloudformation:stack-name": "mtls-api"}}
    api = rest(fake, "live", more=tags)
    done = run(fake, "endpoint", "off", api.label, "--dry-run")
    assert "warning: endpoint.of-a-stack: the stack mtls-api made" in done.stderr
    assert done.stdout.endswith("nothing was changed\n")
    assert not api.is_disabled


def test_nobody_is_asked_who_cannot_answer(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    done = run(fake, "endpoint", "off", api.label)
    assert (done.exit_code, api.is_disabled) == (2, False)
    assert "--yes" in error_of(done)[0]


def test_who_may_not_is_told_the_action(fake: ControlPlane) -> None:
    api = rest(fake, "live")
    fake.fail("UpdateStage", FAULTS["denied"])
    error, hint = refused(fake, "endpoint", "off", api.label, "--yes")
    assert error.startswith(f"cannot change the description of the stage 'live' of {api.label}")
    assert hint == "ask for the permission apigateway:PATCH"


@pytest.mark.parametrize("kind", ["rest", "rest-deployed", "http"])
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, fault: str, kind: str
) -> None:
    """Half of it is no state of its own: until it is shut, clients meet the old one."""

    def make() -> Case:
        api = http(fake, "live") if kind == "http" else rest(fake, "live")
        more = ("--redeploy",) if kind == "rest-deployed" else ()
        words = ("endpoint", "off", api.label, "--yes", *more)
        return Case(words, lambda: "new" if api.is_disabled and api.is_shut else "old")

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
