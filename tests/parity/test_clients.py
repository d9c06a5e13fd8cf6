"""/clients by every front: one registry, one answer, and no way in for who is no administrator."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from service.lambda_event import MalformedEvent
from service.rate import Rate
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Actor
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e.vectors import Cast, Vector
from tests.e2e.wire import WHOAMI
from tests.parity import amazon, forgeries
from tests.parity.differences import expected, without_added
from tests.parity.forgeries import API_GATEWAY, TARGET
from tests.parity.fronts import OverTls, behind, respond
from tests.parity.message import ALB, GATEWAY, GATEWAY_2, NAMES, TEST_CLIENT, Answer, Front, unlike
from tests.parity.message import Request as Asked

_JSON = ("Content-Type", "application/json")
_TAG = ("If-Match", '"1"')
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_KEPT = tuple(f"zz-{number}" for number in range(4))
_SETTINGS = {"organization": "Kept é€🔑", "matchers": [], "scopes": ["orders:read"]}
#: What might be taken for what an event has.
_EVENT = {"requestContext": {"identity": {"clientCert": {"clientCertPem": "x"}}}}


@dataclass(frozen=True)
class Row:
    """A request of the administrator, and the status that it gets by every front."""

    status: int
    request: Asked


def _row(
    status: int, target: str, method: str = "GET", *headers: tuple[str, str], body: Any = None
) -> Row:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    name = (
        f"{method} {target} {' '.join(value for _, value in headers)} {data[-30:]!r} {len(headers)}"
    )
    return Row(status, Asked(name, target, method, headers, data))


#: None of them changes anything.
ROWS = [
    _row(200, "/clients?cursor=zz"),
    _row(200, "/clients?cursor=zz&limit=2"),
    _row(200, "/clients?organization=Kept%20%C3%A9%E2%82%AC%F0%9F%94%91"),
    _row(200, "/clients?organization=Kept+%C3%A9%E2%82%AC%F0%9F%94%91&status=suspended"),
    _row(422, "/clients?organization=%FF"),
    _row(422, "/clients?limit=0&color=red"),
    _row(405, "/clients", "DELETE"),
    _row(200, "/clients", "OPTIONS"),
    _row(200, "/clients/-/usage?cursor=zz"),
    _row(422, "/clients/-/usage?limit=5001"),
    _row(200, "/clients/zz-1"),
    _row(200, "/clients/zz-1", "HEAD"),
    _row(404, "/clients/zz-9"),
    _row(404, "/clients/zz-1/"),
    _row(422, "/clients/zz_1"),
    _row(422, "/clients/%C3%A9"),
    _row(405, "/clients/zz-1", "PATCH"),
    _row(200, "/clients/zz-1/audit"),
    _row(404, "/clients/zz-9/audit"),
    _row(422, "/clients/zz-1/audit?cursor=%20"),
    _row(428, "/clients/zz-1", "DELETE"),
    _row(412, "/clients/zz-1", "DELETE", ("If-Match", '"2"')),
    _row(412, "/clients/zz-1", "DELETE", ("If-Match", 'W/"1"')),
    _row(422, "/clients/zz-1", "DELETE", ("If-Match", "*")),
    _row(422, "/clients/zz-1", "DELETE", ("If-Match", "")),
    _row(428, "/clients/zz-1/suspend", "POST"),
    _row(412, "/clients/zz-1/resume", "POST", ("If-Match", '"0", "2"')),
    _row(405, "/clients/zz-1/suspend"),
    _row(409, "/clients/alice/suspend", "POST", _TAG),
    _row(409, "/clients", "POST", _JSON, body={**_SETTINGS, "id": "zz-1"}),
    _row(422, "/clients", "POST", _JSON, body={**_SETTINGS, **_EVENT, "id": "zz-9"}),
    _row(422, "/clients", "POST", _JSON, body={}),
    _row(400, "/clients", "POST", _JSON, body=b"{"),
    _row(400, "/clients", "POST", _JSON),
    _row(415, "/clients", "POST", ("Content-Type", "text/plain"), body=_SETTINGS),
    _row(422, "/clients/zz-1", "PUT", _JSON, _TAG, body={**_SETTINGS, "id": "zz-1"}),
    _row(428, "/clients/zz-1", "PUT", _JSON, body=_SETTINGS),
    _row(404, "/clients/zz-9", "PUT", _JSON, _TAG, body=_SETTINGS),
    _row(200, "/openapi.json"),
    _row(200, "/docs"),
]


@pytest.fixture(scope="module", autouse=True)
def kept(registry: str) -> None:
    """Clients of whom nobody calls."""
    store = open_store(registry)
    for id_ in _KEPT:
        matchers = (Matcher.of("dns", f"{id_}.example.org", "CN=é,O=Example"),)
        made = Registration(id_, _SETTINGS["organization"], matchers, rate=Rate(0.5, 3))  # type: ignore[arg-type]
        store.create(made, Actor("tests"), _AT)


@pytest.fixture(scope="module")
def admin(cast: Cast) -> Holder:
    """Whose leaf the forgeries bring."""
    return cast.other_client


@pytest.fixture(scope="module")
def references(registered: Mapping[str, Front], admin: Holder) -> Mapping[str, Answer]:
    """What the test client answers, by the name of the request."""
    return {row.request.name: registered[TEST_CLIENT].ask(row.request, admin) for row in ROWS}


def test_the_names_of_the_rows_are_unique() -> None:
    assert len({row.request.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request.name)
def test_every_front_gives_the_same_answer(
    registered: Mapping[str, Front], admin: Holder, references: Mapping[str, Answer], row: Row
) -> None:
    reference = references[row.request.name]
    assert reference.status == row.status, reference.body
    differences = {}
    for name in NAMES:
        wanted = expected(name, row.request, reference)
        got = without_added(name, registered[name].ask(row.request, admin), wanted)
        differences[name] = unlike(wanted, got)
    assert {name: what for name, what in differences.items() if what} == {}


@pytest.mark.parametrize("name", NAMES)
def test_by_every_front_a_client_is_made_changed_and_forgotten(
    registered: Mapping[str, Front], admin: Holder, name: str
) -> None:
    id_ = f"made-{NAMES.index(name)}"
    place = f"/clients/{id_}"

    def ask(method: str, target: str, tag: str = "", body: Any = None) -> Answer:
        tagged = (("If-Match", tag),) if tag else ()
        return registered[name].ask(
            _row(0, target, method, _JSON, *tagged, body=body).request, admin
        )

    made = ask("POST", "/clients", body={**_SETTINGS, "id": id_})
    assert (made.status, made.headers["location"], made.headers["etag"]) == (
        201,
        (place,),
        ('"1"',),
    )
    assert made.json()["organization"] == _SETTINGS["organization"]
    put = ask("PUT", place, '"1"', {**_SETTINGS, "note": "é"})
    assert (put.status, put.headers["etag"], put.json()["note"]) == (200, ('"2"',), "é")
    suspended = ask("POST", f"{place}/suspend", '"2"')
    assert (suspended.status, suspended.json()["status"]) == (200, "suspended")
    resumed = ask("POST", f"{place}/resume", '"3"')
    assert (resumed.status, resumed.json()["status"]) == (200, "active")
    assert ask("DELETE", place, '"3"').status == 412
    gone = ask("DELETE", place, '"4"')
    assert (gone.status, gone.body) == (204, b"")
    assert ask("GET", place).status == 404
    trail = ask("GET", f"{place}/audit").json()["items"]
    actions = ["delete", "resume", "suspend", "update", "create"]
    assert [entry["action"] for entry in trail] == actions
    assert {entry["actor"] for entry in trail} == {"client:alice"}


@pytest.mark.parametrize("name", NAMES)
def test_who_is_no_administrator_gets_nothing_by_any_front(
    registered: Mapping[str, Front], billing: Holder, admin: Holder, name: str
) -> None:
    for row in ROWS:
        path = row.request.path
        if (
            not path.startswith("/clients")
            or row.status in {404, 405}
            or row.request.method
            in {
                "HEAD",
                "OPTIONS",
            }
        ):
            continue
        answer = registered[name].ask(row.request, billing)
        assert answer.status == 403, row
        assert answer.json()["type"] == "urn:problem-type:insufficient-scope"
    assert registered[name].ask(ROWS[0].request, admin).status == 200


CASES = list(forgeries.cases())
each = pytest.mark.parametrize(
    ("folder", "vector"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
HONEST = Vector("honest", "none", ("as-sender",), WHOAMI.decode().replace("\r\n", "\n"))
KINDS: Mapping[str, Any] = {**API_GATEWAY, **TARGET}


@pytest.fixture(scope="module")
def apps(registry: str) -> Mapping[str, Flask]:
    """By the kind of event, the application that takes it."""
    more = {"CLIENT_REGISTRY": registry}
    gateway, target = behind("api-gateway", "", more), behind("alb-verify", "elb", more)
    return {kind: gateway if kind in API_GATEWAY else target for kind in KINDS}


def _status(app: Flask, event: Any) -> int:
    """Of GET /clients with *event*, which asks for /whoami; 502 for a malformed one."""
    there = json.loads(json.dumps(event).replace("/whoami", "/clients"))
    try:
        return amazon.read("GET", respond()(app, there, None)).status
    except MalformedEvent:
        return 502


@each
@pytest.mark.parametrize("kind", KINDS)
def test_no_forgery_in_an_event_makes_an_administrator(
    apps: Mapping[str, Flask], cast: Cast, billing: Holder, kind: str, folder: str, vector: Vector
) -> None:
    headers, make, app = forgeries.forged(folder, vector, cast.values), KINDS[kind], apps[kind]
    assert _status(app, make(headers, billing)) in {400, 403, 502}
    assert _status(app, make(headers, cast.outsider)) in {400, 403, 502}
    assert _status(app, make([], billing)) == 403
    assert _status(app, make([], cast.other_client)) == 200


@each
@pytest.mark.parametrize("front", [ALB, GATEWAY, GATEWAY_2])
def test_no_forgery_over_the_wire_makes_an_administrator(
    registered: Mapping[str, OverTls],
    pki: Pki,
    cast: Cast,
    billing: Holder,
    keep: Callable[[Holder], Files],
    front: str,
    folder: str,
    vector: Vector,
) -> None:
    attack = (folder, forgeries.asking(vector, "/clients"))
    port = registered[front].port
    for answer in forgeries.send(port, pki.ca, keep(billing), attack, cast.values):
        assert answer.status in {400, 403, 404, 405, 413, 414, 431, 501}, answer
        assert b'"items"' not in answer.body
    honest = ("http1", forgeries.asking(HONEST, "/clients"))
    for client, status in ((billing, 403), (cast.other_client, 200)):
        (answer,) = forgeries.send(port, pki.ca, keep(client), honest, cast.values)
        assert answer.status == status
