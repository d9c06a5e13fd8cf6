"""APIs, stages and deployments, and the default endpoint that leads past the custom domain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.fakes.asking import operation, refused
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import Protected, mapped_api

DISABLED = "/disableExecuteApiEndpoint"


def met(made: Protected, api: str, stage: str = "live") -> tuple[int, str]:
    """What a client meets at the default endpoint."""
    answer = requests.get(made.fake.default_endpoint(api, stage) + "orders?a=1", timeout=60)
    return answer.status_code, answer.json()["message"]


OPEN, SHUT = (200, "hello"), (403, "Forbidden")
DEPLOY: dict[str, Any] = {"stageName": "live"}
TOUCH: dict[str, Any] = {
    "stageName": "live",
    "patchOperations": [operation("/description", "new")],
}


@pytest.mark.parametrize(
    ("method", "parameters"), [("create_deployment", DEPLOY), ("update_stage", TOUCH)]
)
@pytest.mark.parametrize(("value", "after"), [("True", SHUT), ("false", OPEN)])
def test_the_default_endpoint_follows_its_setting_once_a_stage_changes(
    made: Protected, method: str, parameters: dict[str, Any], value: str, after: tuple[int, str]
) -> None:
    is_disabled = after == OPEN
    api = mapped_api(made, is_disabled=is_disabled)
    before = SHUT if is_disabled else OPEN
    client = made.fake.client("apigateway")
    assert met(made, api) == before
    given = [operation(DISABLED, value)]
    answer = client.update_rest_api(restApiId=api, patchOperations=given)
    assert answer["disableExecuteApiEndpoint"] == (not is_disabled)
    assert met(made, api) == before
    client.create_deployment(restApiId=api)  # one that no stage points to
    assert met(made, api) == before
    getattr(client, method)(restApiId=api, **parameters)
    assert met(made, api) == after


def test_a_stage_that_is_not_there_is_forbidden_too(made: Protected) -> None:
    api = mapped_api(made, is_disabled=False)
    assert met(made, api) == OPEN
    assert met(made, api, "none") == SHUT
    assert met(made, "none") == SHUT


def test_a_test_may_begin_with_an_endpoint_that_waits_for_its_redeploy(made: Protected) -> None:
    api = mapped_api(made, is_disabled=True, is_shut=False)
    assert made.fake.client("apigateway").get_rest_api(restApiId=api)["disableExecuteApiEndpoint"]
    assert met(made, api) == OPEN


def test_an_http_api_that_deploys_itself_is_shut_at_once(made: Protected) -> None:
    api = mapped_api(made, kind="HTTP", is_disabled=False)
    client = made.fake.client("apigatewayv2")
    client.update_api(ApiId=api, DisableExecuteApiEndpoint=True)
    assert met(made, api) == OPEN
    client.create_deployment(ApiId=api, StageName="live")
    assert met(made, api) == (404, "Not Found")
    client.update_stage(ApiId=api, StageName="live", AutoDeploy=True)
    client.update_api(ApiId=api, DisableExecuteApiEndpoint=False)
    assert met(made, api) == OPEN


def test_a_deployment_moves_the_stage_to_itself_and_is_dated(made: Protected) -> None:
    api, client = mapped_api(made), made.fake.client("apigateway")
    before = client.get_stage(restApiId=api, stageName="live")
    made.fake.clock.sleep(60)
    deployed = client.create_deployment(restApiId=api, stageName="live", description="again")
    after = client.get_stage(restApiId=api, stageName="live")
    assert after["deploymentId"] == deployed["id"] != before["deploymentId"]
    assert after["lastUpdatedDate"] - before["lastUpdatedDate"] == timedelta(seconds=60)
    assert after["createdDate"] == before["createdDate"]
    listed = client.get_deployments(restApiId=api)["items"]
    assert [one["id"] for one in listed] == [before["deploymentId"], deployed["id"]]
    found = client.get_deployment(restApiId=api, deploymentId=deployed["id"])
    assert found["description"] == "again"
    said = refused(made.fake, "apigateway", "get_deployment", restApiId=api, deploymentId="none")
    assert said == ("NotFoundException", "Invalid Deployment identifier specified")


def test_a_rest_api_is_created_as_it_was_asked_for(fake: ControlPlane) -> None:
    client = fake.client("apigateway")
    given = {
        "name": "orders",
        "description": "all of them",
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "disableExecuteApiEndpoint": True,
    }
    api = client.create_rest_api(**given)["id"]
    assert given.items() <= client.get_rest_api(restApiId=api).items()
    assert client.create_rest_api(name="edge")["endpointConfiguration"]["types"] == ["EDGE"]
    assert [one["name"] for one in client.get_rest_apis()["items"]] == ["orders", "edge"]
    client.delete_rest_api(restApiId=api)
    said = refused(fake, "apigateway", "get_rest_api", restApiId=api)
    assert said == ("NotFoundException", "Invalid API identifier specified")


def test_each_side_has_its_own_apis(made: Protected) -> None:
    rest, http = mapped_api(made), mapped_api(made, kind="HTTP", key="v2")
    v1, v2 = made.fake.client("apigateway"), made.fake.client("apigatewayv2")
    assert [one["id"] for one in v1.get_rest_apis()["items"]] == [rest]
    assert [one["ApiId"] for one in v2.get_apis()["Items"]] == [http]
    assert refused(made.fake, "apigateway", "get_rest_api", restApiId=http)
    assert refused(made.fake, "apigatewayv2", "get_api", ApiId=rest)
    assert v2.get_api(ApiId=http)["DisableExecuteApiEndpoint"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (operation("/disableExecuteApiEndpoint", "yes"), f"{DISABLED} Invalid request input"),
        (operation("/disableExecuteApiEndpoint", "true", "add"), "choose supported operations"),
        (operation("/disableExecuteApiEndpoint"), f"{DISABLED} Invalid request input"),
        (operation("/description"), "/description Invalid request input"),
        (operation("/endpoint", "true"), "Must be one of: ["),
        (operation("/endpointConfiguration/types/EDGE", "REGIONAL"), "Invalid request input"),
    ],
)
def test_the_patch_of_an_api_is_checked(
    made: Protected, given: dict[str, str], message: str
) -> None:
    api = mapped_api(made, is_disabled=False)
    operations = [operation("/name", "new"), given]
    said = refused(
        made.fake, "apigateway", "update_rest_api", restApiId=api, patchOperations=operations
    )
    assert said[0] == "BadRequestException"
    assert message in said[1]
    right = [operation("/name", "new"), operation("/endpointConfiguration/types/REGIONAL", "EDGE")]
    answer = made.fake.client("apigateway").update_rest_api(restApiId=api, patchOperations=right)
    assert (answer["name"], answer["endpointConfiguration"]["types"]) == ("new", ["EDGE"])


def test_a_stage_has_logs_and_variables(made: Protected) -> None:
    api, client = mapped_api(made), made.fake.client("apigateway")
    operations = [
        operation("/*/*/logging/loglevel", "INFO"),
        operation("/*/*/metrics/enabled", "true"),
        operation("/~1orders/GET/logging/dataTrace", "false"),
        operation("/variables/color", "blue"),
        operation("/accessLogSettings/destinationArn", "arn:aws:logs:::x"),
    ]
    client.update_stage(restApiId=api, stageName="live", patchOperations=operations)
    said = client.get_stage(restApiId=api, stageName="live")
    assert said["methodSettings"] == {
        "*/*": {"loggingLevel": "INFO", "metricsEnabled": True},
        "orders/GET": {"dataTraceEnabled": False},
    }
    assert said["variables"] == {"color": "blue"}
    assert said["accessLogSettings"] == {"destinationArn": "arn:aws:logs:::x"}
    given = {"restApiId": api, "stageName": "live"}
    wrong = [operation("/logging/loglevel", "INFO")]
    assert refused(made.fake, "apigateway", "update_stage", **given, patchOperations=wrong)[
        1
    ].startswith("Invalid patch path  '/logging/loglevel'")
    wrong = [operation("/deploymentId", "none")]
    assert refused(made.fake, "apigateway", "update_stage", **given, patchOperations=wrong)[1] == (
        "Invalid deployment identifier specified"
    )


def test_a_stage_is_made_of_a_deployment(made: Protected) -> None:
    api, client = mapped_api(made), made.fake.client("apigateway")
    deployment = client.get_stages(restApiId=api)["item"][0]["deploymentId"]
    given = {"restApiId": api, "deploymentId": deployment}
    client.create_stage(stageName="next", **given)
    names = [one["stageName"] for one in client.get_stages(restApiId=api)["item"]]
    assert names == ["live", "next"]
    assert client.get_stages(restApiId=api, deploymentId="none")["item"] == []
    said = refused(made.fake, "apigateway", "create_stage", stageName="next", **given)
    assert said == ("ConflictException", "Stage already exists")
    given["deploymentId"] = "none"
    said = refused(made.fake, "apigateway", "create_stage", stageName="third", **given)
    assert said[0] == "BadRequestException"
    said = refused(made.fake, "apigateway", "get_stage", restApiId=api, stageName="third")
    assert said == ("NotFoundException", "Invalid stage identifier specified")


def test_stages_of_http_apis(fake: ControlPlane) -> None:
    client = fake.client("apigatewayv2")
    api = client.create_api(Name="orders", ProtocolType="HTTP", Target="arn:aws:lambda:::f")
    (stage,) = client.get_stages(ApiId=api["ApiId"])["Items"]
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    client.create_stage(ApiId=api["ApiId"], StageName="live")
    assert "DeploymentId" not in client.get_stage(ApiId=api["ApiId"], StageName="live")
    deployed = client.create_deployment(ApiId=api["ApiId"], StageName="live")
    found = client.get_stage(ApiId=api["ApiId"], StageName="live")
    assert found["DeploymentId"] == deployed["DeploymentId"]
    assert len(client.get_deployments(ApiId=api["ApiId"])["Items"]) == 1
    wrong = {"ApiId": api["ApiId"], "StageName": "none"}
    assert refused(fake, "apigatewayv2", "create_deployment", **wrong)[0] == "NotFoundException"
    client.delete_api(ApiId=api["ApiId"])
    assert refused(fake, "apigatewayv2", "get_api", ApiId=api["ApiId"])[0] == "NotFoundException"


def test_the_account_may_have_a_role_for_logs(fake: ControlPlane) -> None:
    client = fake.client("apigateway")
    assert "cloudwatchRoleArn" not in client.get_account()
    given = [operation("/cloudwatchRoleArn", "arn:aws:iam::123456789012:role/logs")]
    client.update_account(patchOperations=given)
    assert client.get_account()["cloudwatchRoleArn"] == given[0]["value"]
    fake.apis.log_role = ""
    assert "cloudwatchRoleArn" not in client.get_account()
