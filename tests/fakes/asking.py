"""What the tests of the fake ask it, in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.exceptions
import pytest

from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import Protected

#: Since then, a certificate of a year has expired.
OLD = datetime.now(UTC) - timedelta(days=400)
URI = "/mutualTlsAuthentication/truststoreUri"
VERSION = "/mutualTlsAuthentication/truststoreVersion"


def operation(path: str, value: str | None = None, op: str = "replace") -> dict[str, str]:
    """A patch operation."""
    return {"op": op, "path": path, **({} if value is None else {"value": value})}


def update(fake: ControlPlane, name: str, *operations: dict[str, str]) -> dict[str, Any]:
    """The answer to UpdateDomainName; 30 seconds after whatever was before."""
    fake.clock.sleep(fake.behaviour.change_every)
    client = fake.client("apigateway")
    answer: dict[str, Any] = client.update_domain_name(domainName=name, patchOperations=operations)
    return answer


def get(made: Protected) -> dict[str, Any]:
    """What v1 says of the domain."""
    answer: dict[str, Any] = made.fake.client("apigateway").get_domain_name(domainName=made.name)
    return answer


def refused(fake: ControlPlane, service: str, method: str, **parameters: Any) -> tuple[str, str]:
    """Code and message of the error to that call, which must be refused."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(fake.client(service), method)(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def update_refused(fake: ControlPlane, name: str, *operations: dict[str, str]) -> tuple[str, str]:
    """The same of UpdateDomainName; 30 seconds after whatever was before."""
    fake.clock.sleep(fake.behaviour.change_every)
    given = {"domainName": name, "patchOperations": operations}
    return refused(fake, "apigateway", "update_domain_name", **given)
