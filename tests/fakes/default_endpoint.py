"""What a client meets that asks an API's default endpoint, past the custom domain.

/execute-api/API/STAGE/… stands for https://API.execute-api.REGION.amazonaws.com/STAGE/….
"""

from __future__ import annotations

import json

from tests.fakes.apis import Apis
from tests.unit.aws.publisher_servers import Reply, Request

PREFIX = "/execute-api/"


def reply(apis: Apis, request: Request) -> Reply:
    """Return 200 where the endpoint is open, and API Gateway's own refusal where it is not."""
    label, _, rest = request.target.removeprefix(PREFIX).partition("/")
    stage = rest.partition("/")[0].partition("?")[0]
    api = apis.found.get(label)
    is_there = api is not None and (stage in api.stages or "$default" in api.stages)
    if api is not None and is_there and not api.is_shut:
        return Reply(200, {"content-type": "application/json"}, b'{"message":"hello"}')
    if api is not None and api.kind != "REST":
        # Not confirmed for a disabled endpoint; known of a route that is not there.
        return _refused(404, "NotFoundException", "Not Found")
    return _refused(403, "ForbiddenException", "Forbidden")


def _refused(status: int, kind: str, message: str) -> Reply:
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "x-amzn-errortype": kind}
    return Reply(status, headers, body)
