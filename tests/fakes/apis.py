"""REST and HTTP APIs, as far as their default endpoint, stages and deployments go."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.clock import Clock
from tests.fakes.refusal import bad_request, conflict, not_found


@dataclass(frozen=True)
class Deployment:
    """What a stage can point to."""

    label: str
    created: datetime
    description: str = ""
    is_automatic: bool = False


@dataclass
class Stage:
    """One stage; *more*: what else was said of it, by the model's names."""

    name: str
    deployment: str
    created: datetime
    updated: datetime
    deploys_itself: bool = False  #: HTTP APIs alone
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Api:
    """An API. kind: REST, HTTP or WEBSOCKET."""

    label: str
    kind: str
    name: str
    created: datetime
    endpoint_type: str = "REGIONAL"
    is_disabled: bool = False  #: its default endpoint, as it is set
    is_shut: bool = False  #: and as clients meet it
    more: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def stage(self, name: str) -> Stage:
        """Return a stage that is there."""
        if name not in self.stages:
            raise not_found("stage")
        return self.stages[name]


def new_label(size: int = 10) -> str:
    """An id as API Gateway gives them."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=size))  # noqa: S311


@dataclass
class Apis:
    """All APIs of the account, by id, and its settings."""

    clock: Clock
    found: dict[str, Api] = field(default_factory=dict)
    log_role: str = ""  #: cloudwatchRoleArn

    def get(self, label: str, *, is_rest: bool) -> Api:
        """Return an API of that side; v1 does not see those of v2, nor v2 those of v1."""
        api = self.found.get(label)
        if api is None or (api.kind == "REST") != is_rest:
            raise not_found("API")
        return api

    def of(self, *, is_rest: bool) -> list[Api]:
        """Return all of that side."""
        return [api for api in self.found.values() if (api.kind == "REST") == is_rest]

    def add(self, kind: str, name: str, **more: Any) -> Api:
        """Make one; *more* of Api."""
        if not name:
            raise bad_request("Invalid API name specified")
        api = Api(new_label(), kind, name, self.clock.now(), **more)
        self.found[api.label] = api
        return api

    def deploy(self, api: Api, stage: str = "", description: str = "") -> Deployment:
        """Make a deployment, and let *stage* point to it; made if it is not there yet."""
        now = self.clock.now()
        made = Deployment(new_label(6), now, description)
        api.deployments[made.label] = made
        if stage:
            known = api.stages.setdefault(stage, Stage(stage, made.label, now, now))
            known.deployment = made.label
            self.touch(api, known)
        return made

    def add_stage(self, api: Api, name: str, deployment: str, **more: Any) -> Stage:
        """Make a stage; a REST API's needs a deployment that is there."""
        if name in api.stages:
            raise conflict("Stage already exists")
        if deployment not in api.deployments and (deployment or api.kind == "REST"):
            raise bad_request("Invalid deployment identifier specified")
        now = self.clock.now()
        stage = Stage(name, deployment, now, now, **more)
        api.stages[name] = stage
        self.touch(api, stage)
        return stage

    def touch(self, api: Api, stage: Stage) -> None:
        """Something of *stage* has changed.

        [D:rest-api-disable-default-endpoint]: then, and not before, the default endpoint of all
        stages is what it was set to be.
        """
        stage.updated = self.clock.now()
        api.is_shut = api.is_disabled

    def settle(self, api: Api) -> None:
        """Deploy what deploys itself, after *api* has changed."""
        for stage in api.stages.values():
            if stage.deploys_itself:
                self.touch(api, stage)
