"""Requests are held against botocore's own models; and so is what the fake claims to serve."""

from __future__ import annotations

import json
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests

from tests.fakes import shapes
from tests.fakes.asked import Asked, model
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME, Protected
from tests.fakes.refusal import Refusal
from tests.unit.aws.moto_server import REGION


def ask(
    fake: ControlPlane, method: str, path: str, body: Any = None, scope: str = "apigateway"
) -> tuple[int, str, str]:
    """Status, code and message of the answer to a request that botocore would not make."""
    data = body if isinstance(body, str) else json.dumps(body)
    request = botocore.awsrequest.AWSRequest(method, fake.url + path, data=data)
    who = botocore.credentials.Credentials("testing", "testing")
    botocore.auth.SigV4Auth(who, scope, REGION).add_auth(request)
    answer = requests.request(
        method, fake.url + path, data=data, headers=dict(request.headers), timeout=60
    )
    message = answer.json().get("message", "") if "json" in answer.headers["content-type"] else ""
    return answer.status_code, answer.headers.get("x-amzn-errortype", ""), message or answer.text


DOMAIN = f"/domainnames/{NAME}"
WRONG = [
    (
        ("POST", "/domainnames", {}),
        "'createDomainNameInput.domainName' failed to satisfy constraint: Member must not be null",
    ),
    (("POST", "/domainnames", {"domainName": 7}), "Member must have type string"),
    (
        ("POST", "/domainnames", {"domainName": NAME, "securityPolicy": "TLS_1_3"}),
        "Member must satisfy enum value set: [TLS_1_0, TLS_1_2, SecurityPolicy_",
    ),
    (
        ("POST", "/domainnames", {"domainName": NAME, "mutualTlsAuthentication": "on"}),
        "Member must have type structure",
    ),
    (
        ("POST", "/domainnames", {"domainName": NAME, "truststore": "s3://a/b"}),
        "Unknown member 'truststore'",
    ),
    (
        ("PATCH", DOMAIN, {"patchOperations": [{"op": "swap", "path": "/securityPolicy"}]}),
        "Member must satisfy enum value set: [add, remove, replace, move, copy, test]",
    ),
    (
        ("PATCH", DOMAIN, {"patchOperations": [{"operation": "replace"}]}),
        "Unknown member 'updateDomainNameInput.patchOperations.1.member.operation'",
    ),
    (("GET", "/domainnames?limit=many", None), "Member must have type integer"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_the_model_does_not_allow_is_refused(
    made: Protected, given: tuple[str, str, Any], said: str
) -> None:
    status, code, message = ask(made.fake, *given)
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("1 validation error detected: ")
    assert said in message


def test_the_same_requests_pass_where_they_are_right(made: Protected) -> None:
    assert ask(made.fake, "GET", "/domainnames?limit=5")[0] == 200
    right = {"patchOperations": [{"op": "replace", "path": "/routingMode", "value": "x"}]}
    assert ask(made.fake, "PATCH", DOMAIN, right)[0] == 200


def test_all_that_is_wrong_is_said_at_once(made: Protected) -> None:
    body = {"tags": {"a": 1}, "x": 1}
    message = ask(made.fake, "POST", "/domainnames", body)[2]
    assert message.startswith("3 validation errors detected: ")


@pytest.mark.parametrize(("size", "is_fine"), [(0, False), (1, True), (400, True), (401, False)])
def test_numbers_have_their_limits(size: int, *, is_fine: bool) -> None:
    asked = Asked("elbv2", "DescribeTrustStores", {"PageSize": size}, protocol="query")
    if is_fine:
        shapes.check(asked)
    else:
        with pytest.raises(Refusal, match=r"Member must have value (greater|less) than or equal"):
            shapes.check(asked)


def test_no_operation_is_there_for_another_path(made: Protected) -> None:
    status, code, _ = ask(made.fake, "GET", "/nowhere")
    assert (status, code) == (403, "MissingAuthenticationTokenException")
    assert ask(made.fake, "PUT", DOMAIN)[1] == "MissingAuthenticationTokenException"


def test_what_nobody_wrote_yet_is_no_answer_of_aws(made: Protected) -> None:
    status, code, message = ask(made.fake, "GET", "/usageplans")
    assert (status, code) == (501, "NotServedByTheFake")
    assert message == "tests/fakes serves no apigateway:GetUsagePlans"


def test_all_that_is_served_is_in_botocores_models(fake: ControlPlane) -> None:
    served = [(s, name) for s, found in fake.operations.items() for name in found]
    assert served
    assert [one for one in served if one[1] not in model(one[0]).operation_names] == []
