"""/openapi.json and /docs: all that there is, and nothing else."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any

import pytest
from flask import Blueprint, Flask
from msgspec import Struct

from service.authorization import requires, requires_api_key, requires_token
from service.contract.answers import REFERENCE
from service.contract.declared import Answer, declaration, declared, undocumented
from service.contract.header import Header
from service.contract.openapi import document
from service.problems import TYPE_PREFIX, Problem
from service.registry import api_keys
from tests.unit.service.certs import HEADER
from tests.unit.service.registered import Registered, holder


class Thing(Struct):
    """What is made.

    Of whatever kind.
    """

    name: str


@pytest.fixture
def api(tmp_path: Path) -> Registered:
    return Registered.at(tmp_path / "registry.db")


@pytest.fixture
def described(api: Registered) -> dict[str, Any]:
    found = api.ask("GET", "/openapi.json").json
    assert isinstance(found, dict)
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def odd(app: Flask) -> dict[str, Any]:
    """The document of *app* with more views: plain, hidden, with a token, with a header."""
    bp = Blueprint("odd", __name__)

    @bp.get("/plain/<int:number>")
    def plain(number: int) -> dict[str, int]:
        """Say nothing of itself."""
        return {"number": number}

    @bp.get("/hidden")
    @undocumented
    def hidden() -> dict[str, int]:
        return {}

    @bp.post("/token/<name>")
    @requires_token
    @requires("things:write")
    @declared(status=(201, 200), headers=("ETag",))
    def token(name: str, body: Thing, kind: Annotated[str, Header("X-Kind")] = "") -> Answer[Thing]:
        """Make it."""
        return Answer(Thing(name + body.name + kind))

    @bp.get("/keyed")
    @requires_api_key
    @declared()
    def keyed() -> Thing:
        return Thing("")

    app.register_blueprint(bp)
    return document(app, "/v1")


def test_each_route_is_in_it_and_nothing_else(api: Registered, described: dict[str, Any]) -> None:
    found = {(method, path) for method, path, _ in operations(described)}
    wanted = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == wanted
    assert ("PUT", "/clients/{client_id}") in found


def test_every_view_of_ours_is_declared(api: Registered) -> None:
    assert [name for name, view in api.app.view_functions.items() if not declaration(view)] == []


def test_each_problem_is_declared(api: Registered) -> None:
    """Those of a token and a key where a view wants one."""
    described = document(api.app, "/")
    found = odd(api.app)["components"]["schemas"]
    for problem in Problem.__subclasses__():
        assert found[problem.slug]["properties"]["type"]["const"] == TYPE_PREFIX + problem.slug
    known = {problem.slug for problem in Problem.__subclasses__()}
    asked_for = {"invalid-token", "token-keys-unavailable", "invalid-api-key"}
    assert known - set(described["components"]["schemas"]) == asked_for


def test_every_reference_leads_somewhere_and_every_schema_is_used(
    described: dict[str, Any],
) -> None:
    schemas = described["components"]["schemas"]
    used = set(
        re.findall(re.escape(REFERENCE.format(name="")) + r"([^\"]+)", json.dumps(described))
    )
    assert used == set(schemas)


def test_ids_of_operations_are_unique(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for *_, operation in operations(described)]
    assert len(ids) == len(set(ids)) >= 14


def test_who_may_call_is_in_it(described: dict[str, Any]) -> None:
    found = {(m, path): operation["security"] for m, path, operation in operations(described)}
    assert found[("GET", "/health")] == [{}]
    assert found[("GET", "/whoami")] == [{"certificate": []}]
    assert found[("GET", "/clients")] == [{"certificate": ["clients:admin"]}]
    answers = {(m, path): operation["responses"] for m, path, operation in operations(described)}
    assert "insufficient-scope" in json.dumps(answers[("GET", "/clients")])
    assert "insufficient-scope" not in json.dumps(answers[("GET", "/whoami")])
    assert "certificate-required" not in json.dumps(answers[("GET", "/health")])


def test_what_a_change_takes_is_in_it(described: dict[str, Any]) -> None:
    put = described["paths"]["/clients/{client_id}"]["put"]
    required = {(one["in"], one["name"]): one["required"] for one in put["parameters"]}
    assert required == {("path", "client_id"): True, ("header", "If-Match"): True}
    assert put["requestBody"]["required"]
    assert {"200", "404", "409", "412", "415", "422", "428"} <= set(put["responses"])
    query = described["paths"]["/clients"]["get"]["parameters"]
    assert {one["name"] for one in query} == {"limit", "cursor", "organization", "status"}
    assert not any(one["required"] for one in query)


def test_what_was_read_leads_to_its_changes(described: dict[str, Any]) -> None:
    made = described["paths"]["/clients"]["post"]["responses"]["201"]["links"]
    assert made["clients_update"] == {
        "operationId": "clients_update",
        "parameters": {"client_id": "$response.body#/id", "If-Match": "$response.header.ETag"},
    }
    one = described["paths"]["/clients/{client_id}"]
    read, changed = (one[method]["responses"]["200"]["links"] for method in ("get", "put"))
    assert read["clients_delete"]["parameters"]["client_id"] == "$request.path.client_id"
    assert set(made) == set(read) == set(changed)
    assert "links" not in described["paths"]["/clients"]["get"]["responses"]["200"]


def test_a_view_that_declares_nothing_is_in_it_too(api: Registered) -> None:
    found = odd(api.app)
    plain = found["paths"]["/plain/{number}"]["get"]
    assert plain["summary"] == "Say nothing of itself"
    assert [one["name"] for one in plain["parameters"]] == ["number"]
    assert "/hidden" not in found["paths"]
    assert found["servers"] == [{"url": "/v1"}]


def test_what_a_view_declares_is_in_it(api: Registered) -> None:
    found = odd(api.app)
    post = found["paths"]["/token/{name}"]["post"]
    assert post["security"] == [{"certificate": ["things:write"], "token": ["things:write"]}]
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert post["responses"]["401"]["headers"]["WWW-Authenticate"]["required"]
    assert post["responses"]["201"]["headers"] == post["responses"]["200"]["headers"]
    keyed = found["paths"]["/keyed"]["get"]["security"]
    assert keyed == [{"certificate": [], "api_key": []}]
    assert found["components"]["securitySchemes"]["api_key"]["name"] == api_keys.HEADER
    header = next(one for one in post["parameters"] if one["in"] == "header")
    assert (header["name"], header["required"]) == ("X-Kind", False)
    assert found["components"]["schemas"]["Thing"]["description"] == (
        "What is made.\n\nOf whatever kind."
    )


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_it_is_for_admitted_clients_alone(api: Registered, path: str) -> None:
    assert api.ask("GET", path, caller="billing").status_code == 200
    assert api.ask("GET", path, caller="nobody").status_code == 403
    assert api.app.test_client().get(path).status_code == 403


class Page(HTMLParser):
    """What a browser would fetch or run, and what can be followed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in {"script", "link", "img", "iframe", "object", "form"} or "src" in found:
            self.loaded.append(tag)
        self.loaded += [name for name in found if name.startswith("on") or name == "style"]
        self.links |= {found["href"]} if "href" in found else set()
        self.ids |= {found["id"]} if "id" in found else set()


def test_the_page_needs_nothing_from_elsewhere(api: Registered) -> None:
    answer = api.ask("GET", "/docs")
    page = Page(answer.text)
    assert page.loaded == []
    assert {link.removeprefix("#") for link in page.links} - page.ids == {"openapi.json"}
    assert "clients_update" in page.ids
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert Page('<script src="x"></script>').loaded == ["script"]


def test_the_page_may_have_its_style(api: Registered) -> None:
    answer = api.ask("GET", "/docs")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_what_is_said_is_escaped_in_the_page(api: Registered) -> None:
    bp = Blueprint("evil", __name__)

    @bp.get("/evil")
    @declared()
    def evil() -> Thing:
        """<script>alert(1)</script>."""
        return Thing("")

    api.app.register_blueprint(bp)
    text = api.ask("GET", "/docs").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_behind_a_base_path_it_says_so(api: Registered) -> None:
    def at(root: str) -> Any:
        environ = {"SCRIPT_NAME": root}
        answer = api.app.test_client().get(
            "/openapi.json", headers={HEADER: holder("root")}, environ_overrides=environ
        )
        return answer.json

    assert at("")["servers"] == [{"url": "/"}]
    assert at("/v1")["servers"] == [{"url": "/v1"}]
