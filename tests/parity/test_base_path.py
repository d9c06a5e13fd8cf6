"""Behind a base path mapping the application is the same, one step further down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from proxy.request import Payload, Settings
from tests.builders import Holder
from tests.conftest import Pki
from tests.parity.fronts import GatewayHere
from tests.parity.message import GATEWAY, GATEWAY_2, TEST_CLIENT, Answer, Front, Request

PAYLOADS: Mapping[str, Payload] = {GATEWAY: "1.0", GATEWAY_2: "2.0"}
#: Below the mapping; what stands in the echo is the same, but for the step.
PATHS = (
    "/echo/a%2Bb/%C3%A9",
    "/echo/",
    "/echo/v1/x",
    "/echo/a%20b/?a=1&a=2",
    "/tree",
    "/elsewhere",
)


@pytest.fixture(scope="module")
def mapped(pki: Pki) -> Mapping[str, Front]:
    """By name: the gateway with the mapping v1, before a function that knows of it."""
    made: dict[str, Any] = {"base_path": "/v1", "binary_media_types": frozenset({"*/*"})}
    return {
        name: GatewayHere(name, Settings(payload, **made), pki.truststore, "/v1")
        for name, payload in PAYLOADS.items()
    }


def moved(answer: Answer) -> Answer:
    """*answer* as it is one step further down."""
    if answer.is_echo:
        url = answer.json()["url"].replace(".com/", ".com/v1/")
        return answer.echoing(script_root="/v1", url=url)
    (location,) = answer.headers["location"]
    # Flask's own redirects know of the mapping; that of a view says what the view says.
    if not location.startswith("https://"):
        return answer
    below = location.replace(".com/", ".com/v1/")
    body = answer.body.replace(location.encode(), below.encode())
    return Answer(answer.status, answer.headers | {"location": (below,)}, body)


@pytest.mark.parametrize("front", PAYLOADS)
@pytest.mark.parametrize("path", PATHS)
def test_the_mapping_is_in_the_script_name_alone(
    here: Mapping[str, Front], mapped: Mapping[str, Front], billing: Holder, front: str, path: str
) -> None:
    wanted = moved(here[TEST_CLIENT].ask(Request(path, path), billing))
    got = mapped[front].ask(Request(path, f"/v1{path}"), billing)
    assert (got.status, got.body) == (wanted.status, wanted.body)
    assert got.headers.get("location") == wanted.headers.get("location")


@pytest.mark.parametrize(("front", "status"), [(GATEWAY, 403), (GATEWAY_2, 404)])
def test_beside_the_mapping_there_is_nothing(
    mapped: Mapping[str, Front], billing: Holder, front: str, status: int
) -> None:
    assert mapped[front].ask(Request("beside", "/echo/"), billing).status == status
    assert mapped[front].ask(Request("longer", "/v11/echo/"), billing).status == status
