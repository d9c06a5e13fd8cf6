"""REST APIs, their stages and deployments, and the account's settings: API Gateway v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes import api_patch, pages
from tests.fakes.apis import Api, Apis, Deployment, Stage
from tests.fakes.refusal import not_found
from tests.fakes.rest_domains import Operation

_KEPT = ("description", "version", "policy", "tags", "securityPolicy", "endpointAccessMode")


class RestApis:
    """Operations over *apis*."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateRestApi": self._create,
            "GetRestApi": lambda given: _api(self._get(given)),
            "GetRestApis": self._list,
            "UpdateRestApi": self._update,
            "DeleteRestApi": self._delete,
            "CreateDeployment": self._deploy,
            "GetDeployment": self._deployment,
            "GetDeployments": self._deployments,
            "CreateStage": self._create_stage,
            "GetStage": lambda given: _stage(self._get(given).stage(given["stageName"])),
            "GetStages": self._stages,
            "UpdateStage": self._update_stage,
            "GetAccount": lambda _: self._account(),
            "UpdateAccount": self._update_account,
        }

    def _get(self, given: dict[str, Any]) -> Api:
        return self._apis.get(given["restApiId"], is_rest=True)

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        (kind,) = given.get("endpointConfiguration", {}).get("types", ["EDGE"])
        api = self._apis.add(
            "REST",
            given["name"],
            endpoint_type=kind,
            is_disabled=given.get("disableExecuteApiEndpoint", False),
            more={name: given[name] for name in _KEPT if name in given},
        )
        return _api(api)

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        return pages.of_rest([_api(api) for api in self._apis.of(is_rest=True)], given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._get(given)
        api_patch.rest_api(api, given.get("patchOperations", ()))
        return _api(api)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        del self._apis.found[self._get(given).label]
        return {}

    def _deploy(self, given: dict[str, Any]) -> dict[str, Any]:
        api, stage = self._get(given), given.get("stageName", "")
        return _deployment(self._apis.deploy(api, stage, given.get("description", "")))

    def _deployment(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._get(given).deployments.get(given["deploymentId"])
        if found is None:
            raise not_found("Deployment")
        return _deployment(found)

    def _deployments(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._get(given).deployments.values()
        return pages.of_rest([_deployment(one) for one in found], given)

    def _create_stage(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._get(given)
        more = {n: given[n] for n in ("description", "variables", "tracingEnabled") if n in given}
        stage = self._apis.add_stage(api, given["stageName"], given["deploymentId"], more=more)
        return _stage(stage)

    def _stages(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = given.get("deploymentId")
        found = self._get(given).stages.values()
        return {"item": [_stage(s) for s in found if wanted in (None, s.deployment)]}

    def _update_stage(self, given: dict[str, Any]) -> dict[str, Any]:
        api = self._get(given)
        stage = api.stage(given["stageName"])
        api_patch.stage(api, stage, given.get("patchOperations", ()))
        self._apis.touch(api, stage)
        return _stage(stage)

    def _account(self) -> dict[str, Any]:
        return {
            "cloudwatchRoleArn": self._apis.log_role or None,
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        }

    def _update_account(self, given: dict[str, Any]) -> dict[str, Any]:
        for _, _, value in api_patch.checked(given.get("patchOperations", ()), api_patch.ACCOUNT):
            self._apis.log_role = value
        return self._account()


def _api(api: Api) -> dict[str, Any]:
    return {
        "id": api.label,
        "name": api.name,
        "createdDate": api.created,
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": [api.endpoint_type]},
        "disableExecuteApiEndpoint": api.is_disabled,
        **api.more,
    }


def _deployment(made: Deployment) -> dict[str, Any]:
    return {
        "id": made.label,
        "createdDate": made.created,
        "description": made.description or None,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "stageName": stage.name,
        "deploymentId": stage.deployment,
        "createdDate": stage.created,
        "lastUpdatedDate": stage.updated,
        "cacheClusterEnabled": False,
        "methodSettings": {},
        "tracingEnabled": False,
        **stage.more,
    }
