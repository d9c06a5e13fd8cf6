"""HTTP and WebSocket APIs, their stages and deployments: API Gateway v2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes import pages
from tests.fakes.apis import Api, Apis, Deployment, Stage
from tests.fakes.refusal import not_found
from tests.fakes.rest_domains import Operation
from tests.unit.aws.moto_server import REGION

_KEPT = ("Description", "Version", "Tags", "CorsConfiguration")
_STAGE_KEPT = (
    *("AccessLogSettings", "DefaultRouteSettings", "Description", "StageVariables", "Tags"),
    "RouteSettings",
)


class HttpApis:
    """Operations over *apis*."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateApi": self._create,
            "GetApi": lambda given: _api(self._get(given)),
            "GetApis": self._list,
            "UpdateApi": self._update,
            "DeleteApi": self._delete,
            "CreateDeployment": self._deploy,
            "GetDeployment": self._deployment,
            "GetDeployments": self._deployments,
            "CreateStage": self._create_stage,
            "GetStage": lambda given: _stage(self._get(given).stage(given["StageName"])),
            "GetStages": self._stages,
            "UpdateStage": self._update_stage,
        }

    def _get(self, given: dict[str, Any]) -> Api:
        return self._apis.get(given["ApiId"], is_rest=False)

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._apis.add(
            given["ProtocolType"],
            given["Name"],
            is_disabled=given.get("DisableExecuteApiEndpoint", False),
            more={name: given[name] for name in _KEPT if name in given},
        )
        if "Target" in given:  # quick create
            self._apis.add_stage(api, "$default", "", deploys_itself=True)
        return _api(api)

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        return pages.of_http([_api(api) for api in self._apis.of(is_rest=False)], given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._get(given)
        api.name = given.get("Name", api.name)
        api.is_disabled = given.get("DisableExecuteApiEndpoint", api.is_disabled)
        api.more |= {name: given[name] for name in _KEPT if name in given}
        self._apis.settle(api)
        return _api(api)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        del self._apis.found[self._get(given).label]
        return {}

    def _deploy(self, given: dict[str, Any]) -> dict[str, Any]:
        api, stage = self._get(given), given.get("StageName", "")
        if stage:
            api.stage(stage)
        return _deployment(self._apis.deploy(api, stage, given.get("Description", "")))

    def _deployment(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._get(given).deployments.get(given["DeploymentId"])
        if found is None:
            raise not_found("Deployment")
        return _deployment(found)

    def _deployments(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._get(given).deployments.values()
        return pages.of_http([_deployment(one) for one in found], given)

    def _create_stage(self, given: dict[str, Any]) -> dict[str, Any]:
        stage = self._apis.add_stage(
            self._get(given),
            given["StageName"],
            given.get("DeploymentId", ""),
            deploys_itself=given.get("AutoDeploy", False),
            more={name: given[name] for name in _STAGE_KEPT if name in given},
        )
        return _stage(stage)

    def _stages(self, given: dict[str, Any]) -> dict[str, Any]:
        return pages.of_http([_stage(s) for s in self._get(given).stages.values()], given)

    def _update_stage(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._get(given)
        stage = api.stage(given["StageName"])
        stage.deploys_itself = given.get("AutoDeploy", stage.deploys_itself)
        wanted = given.get("DeploymentId", stage.deployment)
        if wanted and wanted not in api.deployments:
            raise not_found("Deployment")
        stage.deployment = wanted
        stage.more |= {name: given[name] for name in _STAGE_KEPT if name in given}
        self._apis.touch(api, stage)
        return _stage(stage)


def _api(api: Api) -> dict[str, Any]:
    return {
        "ApiId": api.label,
        "ApiEndpoint": f"https://{api.label}.execute-api.{REGION}.amazonaws.com",
        "ProtocolType": api.kind,
        "Name": api.name,
        "CreatedDate": api.created,
        "DisableExecuteApiEndpoint": api.is_disabled,
        **api.more,
    }


def _deployment(made: Deployment) -> dict[str, Any]:
    return {
        "DeploymentId": made.label,
        "CreatedDate": made.created,
        "DeploymentStatus": "DEPLOYED",
        "AutoDeployed": made.is_automatic,
        "Description": made.description or None,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "StageName": stage.name,
        "DeploymentId": stage.deployment or None,
        "CreatedDate": stage.created,
        "LastUpdatedDate": stage.updated,
        "AutoDeploy": stage.deploys_itself,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "RouteSettings": {},
        **stage.more,
    }
